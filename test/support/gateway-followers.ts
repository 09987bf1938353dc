/**
 * Clients of the feed that keep what they are told: one is `coinpilot/feed`, the other is written from docs/FEED.md alone
 * and uses nothing of the engine. Both come back for ever until they are closed.
 */
import { WebSocket } from 'ws';
import { FeedClient } from '../../gateway/client/node.ts';
import { ToldStream } from './gateway-stream.ts';

export interface Follower {
  readonly name: string;
  readonly streams: readonly ToldStream[];
  /** Connections that it has had. */
  readonly connections: number;
  /** Whatever it reports beside its streams. */
  readonly problems: readonly string[];
  close(): void;
}

export interface FollowerOptions {
  /** Of the gateway, http. */
  readonly url: string;
  readonly channels: readonly string[];
  readonly token?: string;
}

const RECONNECT_MS = 100;
const CHANNELS_PER_MESSAGE = 64;
const PROBLEMS_KEPT = 20;

/** By the typed client. */
export function followByClient(name: string, { url, channels, token }: FollowerOptions): Follower {
  const problems: string[] = [];
  const feed = new FeedClient({ url, token, onError: (error) => problems.push(String(error)) });
  const streams = channels.map((channel) => {
    const told = new ToldStream(channel);
    feed.subscribe(channel, {
      snapshot: (message) => told.snapshot(message as never),
      event: (message) => told.event(message as never),
    });
    return told;
  });
  return {
    name,
    streams,
    problems,
    get connections() {
      return feed.stats.connections;
    },
    close: () => feed.close(),
  };
}

/** By the protocol as it is written down. */
export class RawFollower implements Follower {
  readonly name: string;
  readonly streams: readonly ToldStream[];
  readonly problems: string[] = [];
  connections = 0;
  /** Close codes of the connections it has lost. */
  readonly closings: number[] = [];
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #byChannel: ReadonlyMap<string, ToldStream>;
  /** Channels that have said `live` on this connection. */
  readonly #live = new Set<string>();
  #socket!: WebSocket;
  #timer: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #heartbeatMs = 10_000;
  #isClosed = false;

  constructor(name: string, { url, channels, token }: FollowerOptions) {
    this.name = name;
    this.#url = `${url.replace(/^http/, 'ws')}/feed`;
    this.#token = token;
    this.streams = channels.map((channel) => new ToldStream(channel));
    this.#byChannel = new Map(this.streams.map((stream) => [stream.channel, stream]));
    this.#connect();
  }

  /** Everything up to now has been sent, on all channels. */
  get isLive(): boolean {
    return this.#live.size === this.streams.length;
  }

  /** Stops reading: what is sent waits on the way, and then in the gateway. */
  pause(): void {
    clearTimeout(this.#silence);
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
    this.#heard();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#socket.terminate();
  }

  #connect(): void {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const socket = new WebSocket(this.#url, { headers, perMessageDeflate: false });
    this.#socket = socket;
    this.#live.clear();
    socket.on('open', () => {
      this.connections += 1;
      this.#heard();
      this.#subscribe();
    });
    socket.on('message', (data: Buffer) => this.#take(String(data)));
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      this.closings.push(code);
      clearTimeout(this.#silence);
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }

  #subscribe(): void {
    for (let start = 0; start < this.streams.length; start += CHANNELS_PER_MESSAGE) {
      const part = this.streams.slice(start, start + CHANNELS_PER_MESSAGE);
      const known = part.filter(({ seq }) => seq !== undefined);
      const since = Object.fromEntries(known.map(({ channel, seq }) => [channel, seq]));
      this.#socket.send(JSON.stringify({ op: 'subscribe', channels: part.map(({ channel }) => channel), since }));
    }
  }

  #take(text: string): void {
    this.#heard();
    const message = JSON.parse(text) as Record<string, unknown> & { type: string; channel?: string; seq: number };
    if (message.type === 'hello') this.#heartbeatMs = message.heartbeatMs as number;
    if (message.type === 'error' && message.code !== 'UNAVAILABLE') this.#problem(text);
    if (message.channel === undefined) return;
    const stream = this.#byChannel.get(message.channel);
    if (stream === undefined) this.#problem(`nobody asked for ${text}`);
    else if (message.type === 'snapshot') stream.snapshot(message as never);
    else if (message.type === 'event') stream.event(message as never);
    else if (message.type === 'live') {
      stream.live(message.seq);
      this.#live.add(stream.channel);
    }
  }

  /** Two heartbeats without a word: nobody is there. */
  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#socket.terminate(), 2 * this.#heartbeatMs);
  }

  #problem(what: string): void {
    if (this.problems.length < PROBLEMS_KEPT) this.problems.push(what.slice(0, 300));
  }
}
