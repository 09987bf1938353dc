/**
 * The clock of a backtest: wall time is market time, and it stands still while anything is worked on. So deadlines are
 * never missed, and the same input gives the same run (I9).
 */
import { invariant } from '../../domain/invariant.ts';
import type { Clock } from '../../protocol/ports/clock.ts';

export class VirtualClock implements Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Goes to this market time; it never goes back. */
  advance(at: number): void {
    if (at > this.#now) this.#now = at;
  }

  /** Only retries wait, and over the memory ledger nothing fails that could be retried. */
  after(): never {
    invariant(false, 'a backtest waits for no time');
  }
}
