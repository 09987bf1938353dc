/**
 * A client that believes nothing: it reconstructs each channel from what it reads and compares every message with the ledger.
 * A gap, a repetition, something out of turn, or data that is not of the moment it claims, is a violation.
 */
import { isSymbol } from '../../domain/instrument.ts';
import { eventJson } from '../../protocol/event.ts';
import type { FeedMessage } from '../../protocol/feed.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { FeedLedger } from './feed-ledger.ts';
import type { FeedWorld, TestSocket } from './feed-world.ts';

interface Known {
  /** Everything up to this row; undefined before the first snapshot. */
  seq: number | undefined;
  isLive: boolean;
  /** For `decisions`: the last row heard of each stream. */
  readonly heard: Map<string, number>;
  /** The snapshot was full: what it holds of a stream may begin anywhere. */
  isCut: boolean;
}

type Of<Type extends FeedMessage['type']> = Extract<FeedMessage, { readonly type: Type }>;

export class FeedWatcher {
  readonly violations: string[] = [];
  socket: TestSocket | undefined;
  /** What it wants to watch, also when it is not connected. */
  readonly channels = new Map<string, Known>();
  readonly #world: FeedWorld;

  constructor(world: FeedWorld) {
    this.#world = world;
  }

  get isConnected(): boolean {
    return this.socket !== undefined && !this.socket.isClosed;
  }

  /** Connects and resumes each channel from where it was. */
  connect(): void {
    if (this.isConnected) return;
    this.socket = this.#world.connect((message) => this.#take(message));
    for (const [channel, known] of this.channels) {
      known.isLive = false;
      if (channel === 'decisions') known.seq = undefined;
      this.#subscribe(channel, known.seq);
    }
  }

  disconnect(): void {
    this.socket?.disconnect();
    this.socket = undefined;
  }

  /** Subscribes to a channel, or once more from some rows back. */
  watch(channel: string, back: number): void {
    const known = this.channels.get(channel);
    if (known === undefined) {
      this.channels.set(channel, { seq: undefined, isLive: false, heard: new Map(), isCut: false });
      if (this.isConnected) this.#subscribe(channel, undefined);
      return;
    }
    // While something waits to be read, what was asked before and after can't be told apart.
    if (!this.isConnected || this.socket?.isReading !== true || known.seq === undefined || channel === 'decisions')
      return;
    known.seq = Math.max(known.seq - back, 0);
    known.isLive = false;
    this.#subscribe(channel, known.seq);
  }

  leave(channel: string): void {
    // What waits to be read could not be told apart from what comes when it watches again.
    if (this.isConnected && this.socket?.isReading !== true) return;
    if (!this.channels.delete(channel) || !this.isConnected) return;
    this.socket?.say({ op: 'unsubscribe', channels: [channel] });
  }

  /** Nothing is to come any more: everything must be here. */
  finish(ledger: FeedLedger): void {
    for (const [channel, known] of this.channels) {
      if (!known.isLive) this.violations.push(`${channel} never became live`);
      if (channel === 'decisions') {
        for (const [stream, rows] of ledger.streams) {
          const last = isSymbol(stream) ? rows.findLast(isDecision)?.seq : undefined;
          const heard = known.heard.get(stream);
          if (heard === last || (heard === undefined && known.isCut)) continue;
          this.#wrong(channel, `${stream} ends at ${heard}`, last);
        }
      } else if (known.seq !== ledger.head(streamOf(channel))) {
        this.#wrong(channel, `ends at ${known.seq}`, ledger.head(streamOf(channel)));
      }
    }
  }

  #subscribe(channel: string, since: number | undefined): void {
    this.socket?.say({
      op: 'subscribe',
      channels: [channel],
      ...(since === undefined ? {} : { since: { [channel]: since } }),
    });
  }

  #take(message: FeedMessage): void {
    if (!('channel' in message) || message.channel === undefined) return;
    const known = this.channels.get(message.channel);
    if (known === undefined) {
      // What waited to be read when it left is no violation.
      if (this.socket?.isReading === true && message.type === 'event' && this.socket.topics.has(message.channel)) {
        this.#wrong(message.channel, `event ${message.seq}`, 'nothing, it had left');
      }
      return;
    }
    if (message.type === 'snapshot') this.#snapshot(message, known);
    else if (message.type === 'event') {
      if (message.channel === 'decisions') this.#decision(message, known);
      else this.#event(message, known);
    } else if (message.type === 'live') {
      known.isLive = true;
      if (message.seq !== known.seq) this.#wrong(message.channel, `live ${message.seq}`, known.seq);
    }
  }

  #snapshot({ channel, seq, data }: Of<'snapshot'>, known: Known): void {
    known.seq = seq;
    const { ledger } = this.#world;
    if (channel !== 'decisions') {
      const lastId = ledger.streams.get(streamOf(channel))?.[seq - 1]?.id ?? null;
      if (data.lastId !== lastId) this.#wrong(channel, `snapshot ${seq} with ${String(data.lastId)}`, lastId);
      return;
    }
    known.heard.clear();
    const recent = data.recent as { readonly stream: string; readonly seq: number }[];
    known.isCut = recent.length >= LIMITS.feedRecentDecisionsMax;
    for (const event of recent) this.#next(channel, event, known);
  }

  #event(message: Of<'event'>, known: Known): void {
    const { channel, seq } = message;
    if (known.seq === undefined || seq !== known.seq + 1) {
      this.#wrong(channel, `event ${seq}`, known.seq === undefined ? 'a snapshot' : known.seq + 1);
    }
    known.seq = seq;
    this.#same(message, this.#world.ledger.streams.get(streamOf(channel))?.[seq - 1]);
  }

  #decision(message: Of<'event'>, known: Known): void {
    if (known.seq === undefined) this.#wrong(message.channel, `event ${message.seq}`, 'a snapshot');
    this.#next(message.channel, message, known);
    this.#same(message, this.#world.ledger.streams.get(message.stream)?.[message.seq - 1]);
  }

  /** The decision after the last one heard of its stream, no other. */
  #next(channel: string, { stream, seq }: { readonly stream: string; readonly seq: number }, known: Known): void {
    const last = known.heard.get(stream) ?? (known.isCut ? seq - 1 : 0);
    const expected = this.#world.ledger.streams.get(stream)?.find((row) => row.seq > last && isDecision(row))?.seq;
    if (seq !== expected) this.#wrong(channel, `${stream} ${seq}`, expected);
    known.heard.set(stream, seq);
  }

  #same(message: Of<'event'>, row: StoredRow | undefined): void {
    const { type: _type, channel, ...event } = message;
    const expected = row === undefined ? 'a row that exists' : eventJson(row);
    if (JSON.stringify(event) !== expected) this.#wrong(channel, JSON.stringify(event), expected);
  }

  #wrong(channel: string, got: string, expected: unknown): void {
    this.violations.push(`${channel}: ${got} instead of ${String(expected)}`);
  }
}

function isDecision({ kind }: StoredRow): boolean {
  return kind === 'decision' || kind === 'signal';
}

function streamOf(channel: string): string {
  return channel.startsWith('symbol:') ? channel.slice('symbol:'.length) : channel;
}
