/**
 * One channel: its subscribers share one subscription at the gateway, each with a place of its own in the stream. Whatever
 * the connection loses, doubles or reorders, each gets every row once and in order, or a snapshot that holds them all (I7).
 *
 * It asks the gateway again when it has to, with one request on its way at a time:
 * - without `since` when somebody needs a snapshot; it goes to those who need it, the others continue with their rows;
 * - with `since` when the connection is new or rows are missing; a snapshot in answer to it replaces what everybody knew.
 */
import type { Channel, FeedMessage } from '../../protocol/feed.ts';
import { isSequenced } from './channels.ts';
import { recentRows } from './cursor.ts';
import type { FeedHandlers, MessageOf } from './handlers.ts';
import type { Wish } from './request-queue.ts';
import { type Deliver, Subscriber } from './subscriber.ts';

/** Asked so often in a row for rows that did not come, it gives up on them and takes a snapshot. */
const FRUITLESS_MAX = 3;
/** Heartbeat intervals in which a request brings nothing; then it is taken for lost. */
const QUIET_BEATS_MAX = 2;

export interface ChannelOptions {
  readonly deliver: Deliver;
  readonly count: (what: 'duplicates' | 'gaps') => void;
  /** Only called while connected. */
  readonly ask: (channel: Channel, wish: Wish) => void;
  /** Calls back after a pause that grows with `attempt`, 0 for the first. */
  readonly later: (attempt: number, callback: () => void) => void;
}

interface Request {
  /** Somebody needs its snapshot, and it has not come yet. */
  wantsSnapshot: boolean;
  /** It has brought a row. */
  fruitful: boolean;
  quietBeats: number;
}

export class ChannelFeed {
  readonly channel: Channel;
  readonly #options: ChannelOptions;
  readonly #subscribers = new Set<Subscriber>();
  #connected = false;
  /** Asked for on this connection, so that the gateway may hold it for subscribed. */
  #asked = false;
  /** What the connection brings continues what subscribers have, as far as is known. */
  #continues = false;
  /** Asked for and not answered to the end (`live`). */
  #request: Request | undefined;
  /** The newest row that the gateway has spoken of on this connection. */
  #head = 0;
  #fruitless = 0;
  #failures = 0;
  /** Not asked for any more: `refused` on this connection, `resting` for a while. */
  #pause: 'refused' | 'resting' | undefined;
  /** Of this connection, for those who come later: both replace all before them. */
  #newest: { tick?: MessageOf<'tick'>; state?: MessageOf<'state'> } = {};

  constructor(channel: Channel, options: ChannelOptions) {
    this.channel = channel;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#subscribers.size === 0;
  }

  add(handlers: FeedHandlers): Subscriber {
    const subscriber = new Subscriber(handlers, this.#options.deliver);
    this.#subscribers.add(subscriber);
    if (this.#pause === 'refused') this.#pause = undefined;
    this.#settle();
    return subscriber;
  }

  remove(subscriber: Subscriber): void {
    subscriber.close();
    this.#subscribers.delete(subscriber);
  }

  connected(): void {
    this.#connected = true;
    this.#settle();
  }

  lost(): void {
    this.#connected = false;
    this.#asked = false;
    this.#continues = false;
    this.#request = undefined;
    this.#head = 0;
    this.#fruitless = 0;
    this.#pause = undefined;
    this.#newest = {};
    for (const subscriber of this.#subscribers) subscriber.stale(!isSequenced(this.channel));
  }

  close(): void {
    this.#connected = false;
    for (const subscriber of this.#subscribers) this.remove(subscriber);
  }

  /** A heartbeat interval has passed. */
  beat(): void {
    if (this.#request === undefined) return;
    this.#request.quietBeats += 1;
    if (this.#request.quietBeats <= QUIET_BEATS_MAX) return;
    this.#request = undefined;
    this.#continues = false;
    this.#settle();
  }

  take(message: Extract<FeedMessage, { readonly channel?: Channel }>): void {
    if (message.type === 'event') this.#event(message);
    else if (message.type === 'snapshot') this.#snapshot(message);
    else if (message.type === 'live') this.#live(message);
    else if (message.type === 'error') this.#error(message);
    else if (message.type === 'tick') this.#each((subscriber) => subscriber.tell('tick', message));
    else if (message.type === 'state') this.#each((subscriber) => subscriber.tell('state', message));
    else this.#each((subscriber) => subscriber.tell('candle', message));
    if (message.type === 'tick') this.#newest.tick = message;
    if (message.type === 'state') this.#newest.state = message;
  }

  #event(event: MessageOf<'event'>): void {
    if (isSequenced(this.channel)) this.#head = Math.max(this.#head, event.seq);
    const judgements = new Set<string | undefined>();
    this.#each((subscriber) => judgements.add(subscriber.offer(event)));
    if (this.#request !== undefined) {
      this.#request.quietBeats = 0;
      if (judgements.has('next')) this.#request.fruitful = true;
    }
    if (judgements.has('gap')) {
      // While an answer is on its way, what is missing may be in it: asked again after it, if it is not.
      if (this.#request === undefined) this.#options.count('gaps');
      this.#settle();
    } else if (judgements.has('old') && !judgements.has('next')) this.#options.count('duplicates');
  }

  #snapshot(snapshot: MessageOf<'snapshot'>): void {
    const isForSome = this.#request?.wantsSnapshot === true;
    if (this.#request !== undefined) {
      this.#request.wantsSnapshot = false;
      this.#request.quietBeats = 0;
    }
    this.#head = snapshot.seq;
    this.#each((subscriber) => {
      // Ahead of the snapshot: the ledger is another one, and nothing of before counts.
      if (isForSome && subscriber.seq !== undefined && subscriber.seq <= snapshot.seq)
        this.#keepOn(subscriber, snapshot);
      else this.#start(subscriber, snapshot);
    });
  }

  #start(subscriber: Subscriber, snapshot: MessageOf<'snapshot'>): void {
    const isNew = subscriber.seq === undefined;
    subscriber.start(this.channel, snapshot);
    if (!isNew) return;
    const { state, tick } = this.#newest;
    if (state !== undefined) subscriber.tell('state', state);
    if (tick !== undefined) subscriber.tell('tick', tick);
  }

  /** The snapshot is somebody else's. Numbered rows that it is ahead by are asked for; the others are in it. */
  #keepOn(subscriber: Subscriber, snapshot: MessageOf<'snapshot'>): void {
    if (isSequenced(this.channel)) return;
    for (const row of recentRows(snapshot)) subscriber.offer({ ...row, type: 'event', channel: this.channel });
  }

  #live(message: MessageOf<'live'>): void {
    // Of an earlier request, when this one's snapshot has not come yet.
    if (this.#request?.wantsSnapshot) return;
    const { fruitful } = this.#request ?? { fruitful: false };
    this.#request = undefined;
    this.#head = Math.max(this.#head, message.seq);
    this.#each((subscriber) => subscriber.caughtUp(message));
    if (!this.#isBehind()) {
      this.#fruitless = 0;
      this.#failures = 0;
    } else if (!fruitful) this.#fruitless += 1;
    this.#settle();
  }

  #error(message: MessageOf<'error'>): void {
    this.#request = undefined;
    this.#continues = false;
    if (message.code === 'UNAVAILABLE') this.#rest();
    else this.#pause = 'refused';
    this.#each((subscriber) => {
      subscriber.stale(false);
      subscriber.tell('error', message);
    });
  }

  /** Asks for what is needed, if anything is and nothing is on its way. */
  #settle(): void {
    if (!this.#connected || this.#request !== undefined || this.#pause !== undefined || this.isEmpty) return;
    if (this.#fruitless >= FRUITLESS_MAX && this.#isBehind()) {
      for (const subscriber of this.#subscribers) subscriber.stale(true);
      // The first time at once; a gateway that keeps naming rows it does not send is not asked without end.
      if (this.#fruitless > FRUITLESS_MAX) {
        this.#rest();
        return;
      }
    }
    const lowest = this.#lowest();
    if (lowest !== undefined && this.#continues && lowest >= this.#head) return;
    const since = isSequenced(this.channel) ? lowest : undefined;
    const wish: Wish = this.#asked && since === undefined ? { op: 'renew' } : { op: 'subscribe', since };
    this.#request = { wantsSnapshot: lowest === undefined, fruitful: false, quietBeats: 0 };
    this.#asked = true;
    this.#continues = true;
    this.#options.ask(this.channel, wish);
  }

  #rest(): void {
    this.#pause = 'resting';
    this.#options.later(this.#failures, () => {
      if (this.#pause !== 'resting') return;
      this.#pause = undefined;
      this.#settle();
    });
    this.#failures += 1;
  }

  #isBehind(): boolean {
    const lowest = this.#lowest();
    return lowest !== undefined && lowest < this.#head;
  }

  /** The row from which all can continue; undefined when somebody needs a snapshot. */
  #lowest(): number | undefined {
    let lowest: number | undefined;
    for (const { seq } of this.#subscribers) {
      if (seq === undefined) return undefined;
      if (lowest === undefined || seq < lowest) lowest = seq;
    }
    return lowest;
  }

  /** Over a copy: handlers subscribe and unsubscribe. */
  #each(tell: (subscriber: Subscriber) => void): void {
    for (const subscriber of [...this.#subscribers]) tell(subscriber);
  }
}
