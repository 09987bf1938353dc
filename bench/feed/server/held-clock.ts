/**
 * The machine's clock that can be held: time and timers stand still while other contenders are measured. Otherwise the
 * heartbeats of a server at rest, to thousands of clients, would fall into the slice of another.
 */
import type { Clock } from '../../../protocol/ports/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
  handle: NodeJS.Timeout | undefined;
}

export class HeldClock implements Clock {
  readonly #timers = new Set<Timer>();
  /** Milliseconds it went before it was held last. */
  #went = 0;
  /** By the machine's clock; undefined while it is held. */
  #goesSince: number | undefined;

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return this.#went + (this.#goesSince === undefined ? 0 : performance.now() - this.#goesSince);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueAt: this.monotonic() + delayMs, callback, handle: undefined };
    this.#timers.add(timer);
    if (this.#goesSince !== undefined) this.#start(timer);
    return () => {
      clearTimeout(timer.handle);
      this.#timers.delete(timer);
    };
  }

  go(): void {
    if (this.#goesSince !== undefined) return;
    this.#goesSince = performance.now();
    for (const timer of this.#timers) this.#start(timer);
  }

  hold(): void {
    this.#went = this.monotonic();
    this.#goesSince = undefined;
    for (const { handle } of this.#timers) clearTimeout(handle);
  }

  #start(timer: Timer): void {
    timer.handle = setTimeout(
      () => {
        this.#timers.delete(timer);
        timer.callback();
      },
      Math.max(0, timer.dueAt - this.monotonic()),
    );
  }
}
