/** What the feed knows of one connection: as little as it can, because there are thousands. No timers, no closures. */
import { LIMITS } from '../../protocol/limits.ts';
import type { LiveSocket } from '../live-server.ts';
import type { FeedChannel } from './feed-channel.ts';

/** The data of a connection to the feed: the gateway makes one for each that it admits. */
export class FeedSession {
  /** What it subscribed to; made when it first does. */
  channels: FeedChannel[] | undefined;
  /** It reads too slowly: nothing is sent until what waits has been read, then snapshots. */
  isOverflowing = false;
  isClosed = false;
  /** With whom it is told prices. */
  cohort = 0;
  #tokens: number = LIMITS.feedMessagesBurstMax;
  #refilledAt = 0;

  /** Counts a message at monotonic time `now`; false when it came too fast after those before it. */
  takeMessage(now: number): boolean {
    const refill = ((now - this.#refilledAt) / 1_000) * LIMITS.feedMessagesPerSecondMax;
    this.#tokens = Math.min(this.#tokens + refill, LIMITS.feedMessagesBurstMax) - 1;
    this.#refilledAt = now;
    return this.#tokens >= 0;
  }
}

export type FeedSocket = LiveSocket<FeedSession>;
