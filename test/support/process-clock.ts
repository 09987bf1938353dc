/** A process's view of a shared clock: when the process is frozen time goes on, and its timers fire once it runs again. */
import type { Clock } from '../../protocol/ports/clock.ts';

export class ProcessClock implements Clock {
  readonly #clock: Clock;
  readonly #due: (() => void)[] = [];
  #frozen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    const fire = (): void => {
      if (cancelled) return;
      if (this.#frozen) this.#due.push(fire);
      else callback();
    };
    const cancel = this.#clock.after(delayMs, fire);
    return () => {
      cancelled = true;
      cancel();
    };
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const fire of this.#due.splice(0)) fire();
  }
}
