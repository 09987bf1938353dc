/** How long the feed waits before it connects again. */
import { invariant } from '../../domain/invariant.ts';
import type { Random } from '../../protocol/ports/clock.ts';
import type { LossCause } from './connection-state.ts';

const FIRST_MS = 500;
const MOST_MS = 10_000;
/** A gateway that is full, or says that rules were broken, is left alone for longer from the first time on. */
const REFUSED_MS = 30_000;
/** The same token will hardly be good a moment later; a person who has another one calls `reconnect`. */
const UNAUTHORIZED_MS = 60_000;

/**
 * Milliseconds before the next attempt. `attempt`: 0 for the first after a connection that worked. Half of it is jitter, so
 * that clients that were lost together do not come back together.
 */
export function reconnectDelay(cause: LossCause, attempt: number, random: Random): number {
  invariant(attempt >= 0, 'attempts are counted from 0');
  return longest(cause, attempt) * (0.5 + random.next() / 2);
}

function longest(cause: LossCause, attempt: number): number {
  switch (cause) {
    case 'unauthorized':
      return UNAUTHORIZED_MS;
    case 'refused':
    case 'full':
      return REFUSED_MS;
    case 'network':
    case 'silent':
      // 2 ** attempt overflows to infinity at worst, which the minimum takes.
      return Math.min(MOST_MS, FIRST_MS * 2 ** attempt);
  }
}
