/**
 * Time for the feed, in a browser as in Node. Unlike the engine's clock, a pending timer keeps a Node process alive: a feed
 * that waits to connect again is at work until it is closed.
 */
import type { Clock, Random } from '../../protocol/ports/clock.ts';

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const SYSTEM_RANDOM: Random = { next: () => Math.random() };
