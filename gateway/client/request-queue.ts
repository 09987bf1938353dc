/**
 * What the feed has to ask of the gateway, in as few messages as its bounds allow: channels that are asked for together
 * share messages, and messages stay below the rate above which the gateway closes the connection. What waits is bounded by
 * the number of channels: a later wish for a channel takes the place of the one before.
 */
import type { Channel, FeedRequest } from '../../protocol/feed.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Clock } from '../../protocol/ports/clock.ts';

/** Of what the gateway allows: messages may be delayed on the way and arrive closer together than they were sent. */
const SHARE = 0.75;
const MESSAGES_PER_SECOND = LIMITS.feedMessagesPerSecondMax * SHARE;
const BURST = LIMITS.feedMessagesBurstMax * SHARE;

/** `since` undefined: from a snapshot on. */
export type Wish =
  | { readonly op: 'subscribe'; readonly since: number | undefined }
  | { readonly op: 'unsubscribe' }
  /** Ends the subscription and begins it again, because only a new one is answered by a snapshot. */
  | { readonly op: 'renew' };

export class RequestQueue {
  readonly #clock: Clock;
  readonly #send: (text: string) => void;
  readonly #wishes = new Map<Channel, Wish>();
  /** Messages that may be sent at once, as of `#countedAt`. */
  #allowed = BURST;
  #countedAt: number;
  #flushes = false;
  #cancelTimer: (() => void) | undefined;

  /** One for each connection. */
  constructor(clock: Clock, send: (text: string) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#countedAt = clock.monotonic();
  }

  close(): void {
    this.#wishes.clear();
    this.#cancelTimer?.();
  }

  put(channel: Channel, wish: Wish): void {
    const before = this.#wishes.get(channel)?.op;
    const isRenewed = wish.op === 'subscribe' && (before === 'unsubscribe' || before === 'renew');
    // To the end, so that nothing is overtaken by what is wished for again and again.
    this.#wishes.delete(channel);
    this.#wishes.set(channel, isRenewed ? { op: 'renew' } : wish);
    if (this.#flushes) return;
    this.#flushes = true;
    // After the code that asks has run to its end: what it asks for goes out together.
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    while (this.#wishes.size > 0) {
      const waitMs = this.#takeTurn();
      if (waitMs > 0) {
        this.#cancelTimer = this.#clock.after(waitMs, () => this.#flush());
        return;
      }
      this.#send(JSON.stringify(this.#nextMessage()));
    }
    this.#flushes = false;
  }

  /** Zero when a message may be sent, which is then counted; else milliseconds to wait. */
  #takeTurn(): number {
    const now = this.#clock.monotonic();
    this.#allowed = Math.min(BURST, this.#allowed + ((now - this.#countedAt) * MESSAGES_PER_SECOND) / 1_000);
    this.#countedAt = now;
    if (this.#allowed < 1) return Math.ceil(((1 - this.#allowed) * 1_000) / MESSAGES_PER_SECOND);
    this.#allowed -= 1;
    return 0;
  }

  /** The oldest wish and those of its kind, as many as fit. */
  #nextMessage(): FeedRequest {
    let op: FeedRequest['op'] | undefined;
    const channels: Channel[] = [];
    const since: Record<Channel, number> = {};
    for (const [channel, wish] of this.#wishes) {
      const first = wish.op === 'renew' ? 'unsubscribe' : wish.op;
      op ??= first;
      if (first !== op) continue;
      this.#wishes.delete(channel);
      if (wish.op === 'renew') this.#wishes.set(channel, { op: 'subscribe', since: undefined });
      if (wish.op === 'subscribe' && wish.since !== undefined) since[channel] = wish.since;
      channels.push(channel);
      if (channels.length === LIMITS.feedChannelsPerMessageMax) break;
    }
    if (op === 'unsubscribe') return { op, channels };
    return Object.keys(since).length === 0 ? { op: 'subscribe', channels } : { op: 'subscribe', channels, since };
  }
}
