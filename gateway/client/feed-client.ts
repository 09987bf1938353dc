/**
 * The live feed for a browser or a Node program: subscribe to channels, and each handler gets the snapshot and then every
 * event once and in order, across lost connections and restarts of the gateway. It connects again for ever, until `close`.
 */
import type { Channel, FeedMessage } from '../../protocol/feed.ts';
import type { Clock, Random } from '../../protocol/ports/clock.ts';
import { feedUrl } from './address.ts';
import { reconnectDelay } from './backoff.ts';
import { openBrowserSocket } from './browser-socket.ts';
import { ChannelFeed } from './channel-feed.ts';
import { Connection } from './connection.ts';
import { type ConnectionState, type LossCause, sameConnectionState } from './connection-state.ts';
import type { FeedHandlers, Subscription } from './handlers.ts';
import { RequestQueue } from './request-queue.ts';
import type { OpenSocket } from './socket.ts';
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from './system-clock.ts';

export interface FeedClientOptions {
  /** Of the gateway: `http://127.0.0.1:8080`, or `ws(s)://…` with the path of the feed. */
  readonly url: string;
  readonly token?: string | undefined;
  /** After each change. */
  readonly onConnection?: ((state: ConnectionState) => void) | undefined;
  /** What a handler threw, and messages that make no sense. Default: `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Default: the browser's own; `coinpilot/feed` in Node brings one. */
  readonly webSocket?: OpenSocket | undefined;
  readonly clock?: Clock | undefined;
  /** For jitter. */
  readonly random?: Random | undefined;
}

/** Counted since the start. */
export interface FeedStats {
  /** Connections that came to a `hello`. */
  readonly connections: number;
  /** Events that were dropped because they had come before. */
  readonly duplicates: number;
  /** Times that events were missing and asked for. */
  readonly gaps: number;
}

export class FeedClient {
  readonly #url: string;
  readonly #options: FeedClientOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #channels = new Map<Channel, ChannelFeed>();
  readonly #stats = { connections: 0, duplicates: 0, gaps: 0 };
  readonly #timers = new Set<() => void>();
  #token: string | undefined;
  #state: ConnectionState = { state: 'connecting' };
  #connection: Connection | undefined;
  /** Of the connection, once it may be sent to. */
  #requests: RequestQueue | undefined;
  #cancelReconnect: (() => void) | undefined;
  /** Attempts in a row that came to nothing. */
  #attempts = 0;
  #closed = false;

  /** Begins to connect. Throws TypeError for an address that is none. */
  constructor(options: FeedClientOptions) {
    this.#url = feedUrl(options.url);
    this.#options = options;
    this.#token = options.token;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? SYSTEM_RANDOM;
    this.#connect();
  }

  get connection(): ConnectionState {
    return this.#state;
  }

  get stats(): FeedStats {
    return { ...this.#stats };
  }

  /** Works in any state of the connection. Subscribers of one channel share one subscription at the gateway. */
  subscribe<Name extends Channel>(channel: Name, handlers: FeedHandlers<Name>): Subscription {
    if (this.#closed) throw new Error('the feed was closed: make a new FeedClient');
    const feed = this.#channels.get(channel) ?? this.#open(channel);
    const subscriber = feed.add(handlers as FeedHandlers);
    return {
      channel,
      unsubscribe: () => {
        feed.remove(subscriber);
        if (!feed.isEmpty || this.#channels.get(channel) !== feed) return;
        this.#channels.delete(channel);
        this.#requests?.put(channel, { op: 'unsubscribe' });
      },
    };
  }

  /**
   * Connects anew at once instead of after the pause: after the network came back, or with another token (`undefined`: the
   * one it has). Nothing is lost by it.
   */
  reconnect(token?: string): void {
    if (this.#closed) return;
    this.#token = token ?? this.#token;
    this.#attempts = 0;
    if (this.#requests !== undefined) this.#lost('network', 'connects anew as asked');
    this.#disconnect();
    this.#connect();
  }

  /** Ends everything: no handler is called after this. */
  close(): void {
    this.#closed = true;
    this.#disconnect();
    for (const cancel of this.#timers) cancel();
    for (const feed of this.#channels.values()) feed.close();
    this.#channels.clear();
  }

  #open(channel: Channel): ChannelFeed {
    const feed = new ChannelFeed(channel, {
      deliver: (handler) => this.#deliver(handler),
      count: (what) => {
        this.#stats[what] += 1;
      },
      ask: (name, wish) => this.#requests?.put(name, wish),
      later: (attempt, callback) => this.#later(reconnectDelay('network', attempt, this.#random), callback),
    });
    this.#channels.set(channel, feed);
    if (this.#requests !== undefined) feed.connected();
    return feed;
  }

  #connect(): void {
    const { webSocket: openSocket = openBrowserSocket } = this.#options;
    try {
      this.#connection = new Connection({
        openSocket,
        address: { url: this.#url, token: this.#token },
        clock: this.#clock,
        listener: {
          ready: () => this.#ready(),
          message: (message) => this.#message(message),
          beat: () => this.#beat(),
          problem: (problem) => this.#report(new Error(problem)),
          ended: (cause, detail) => this.#ended(cause, detail),
        },
      });
    } catch (error) {
      // A socket that can't even be made, by a policy of the page for one.
      this.#report(error);
      this.#ended('network', String(error));
    }
  }

  #ready(): void {
    this.#requests = new RequestQueue(this.#clock, (text) => this.#connection?.send(text));
    this.#stats.connections += 1;
    for (const feed of [...this.#channels.values()]) feed.connected();
    this.#say({ state: 'live' });
  }

  #message(message: FeedMessage): void {
    // Not at hello: a gateway that lets everybody in and ends them at once is not to be stormed.
    if (message.type === 'live' || message.type === 'heartbeat') this.#attempts = 0;
    if (!('channel' in message) || message.channel === undefined) {
      if (message.type === 'error') this.#report(new Error(`the gateway says ${message.code}: ${message.message}`));
      return;
    }
    // Unsubscribed, when there is none: what was on its way is for nobody.
    this.#channels.get(message.channel)?.take(message);
  }

  #beat(): void {
    for (const feed of [...this.#channels.values()]) feed.beat();
  }

  #ended(cause: LossCause, detail: string): void {
    this.#disconnect();
    const delayMs = reconnectDelay(cause, this.#attempts, this.#random);
    this.#attempts += 1;
    this.#cancelReconnect = this.#clock.after(delayMs, () => this.#connect());
    this.#lost(cause, detail);
  }

  #lost(cause: LossCause, detail: string): void {
    const since = this.#state.state === 'lost' ? this.#state.since : this.#clock.now();
    this.#say({ state: 'lost', since, cause, detail });
  }

  #disconnect(): void {
    this.#cancelReconnect?.();
    this.#connection?.close();
    this.#connection = undefined;
    if (this.#requests === undefined) return;
    this.#requests.close();
    this.#requests = undefined;
    for (const feed of this.#channels.values()) feed.lost();
  }

  #later(delayMs: number, callback: () => void): void {
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }

  #say(state: ConnectionState): void {
    if (this.#closed || sameConnectionState(this.#state, state)) return;
    this.#state = state;
    this.#deliver(() => this.#options.onConnection?.(state));
  }

  /** Nothing a handler does may stop what others are told. */
  #deliver(handler: () => unknown): void {
    try {
      const result = handler();
      if (result instanceof Promise) result.catch((error) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    const { onError = console.error } = this.#options;
    try {
      onError(error);
    } catch (second) {
      console.error(second);
    }
  }
}
