/**
 * A clock that moves only when told: timers fire in the order in which they are due, and what they set off (promises
 * included) has run before the next one fires. No test waits for real time.
 */
import type { Clock } from '../../protocol/ports/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  readonly #startedAt: number;
  #elapsedMs = 0;
  /** In the order in which they were set; the first of the earliest fires first. */
  readonly #timers = new Set<Timer>();

  constructor(startedAt = Date.UTC(2026, 0, 31, 9)) {
    this.#startedAt = startedAt;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#startedAt + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueAt: this.#elapsedMs + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, firing what is due; timers set on the way fire too. `advance(0)` only lets promises run. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsedMs + ms;
    await settled();
    for (let timer = this.#next(target); timer !== undefined; timer = this.#next(target)) {
      this.#timers.delete(timer);
      this.#elapsedMs = timer.dueAt;
      timer.callback();
      await settled();
    }
    this.#elapsedMs = target;
  }

  #next(through: number): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= through && (earliest === undefined || timer.dueAt < earliest.dueAt)) earliest = timer;
    }
    return earliest;
  }
}

/** Resolves when every promise that could run has run: the event loop has nothing left but I/O. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
