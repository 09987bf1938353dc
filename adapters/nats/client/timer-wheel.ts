/**
 * Time-outs of thousands of requests with one timer of the machine: a time-out is a place in the slot of its moment, so
 * that setting and cancelling one costs a set entry. Coarse on purpose: a waiter is told up to a tick late, never early.
 */
import type { Clock } from '../../../protocol/ports/clock.ts';

const TICK_MS = 5;

/** Who is told that a time is over. An object, not a function: thousands are set a second. */
export interface Waiter {
  onTime(): void;
}

/** A time-out that was set; `cancel` takes it. */
export interface WheelTimer {
  readonly waiter: Waiter;
  readonly tick: number;
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<WheelTimer>>();
  /** The last tick whose slot was emptied; meaningful while the wheel turns. */
  #reached = 0;
  #turning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells the waiter once, `delayMs` from now or at most a tick later. */
  after(delayMs: number, waiter: Waiter): WheelTimer {
    const now = this.#clock.monotonic();
    if (!this.#turning) {
      this.#turning = true;
      this.#reached = Math.floor(now / TICK_MS);
      this.#clock.after(TICK_MS, this.#turn);
    }
    const tick = Math.max(Math.ceil((now + delayMs) / TICK_MS), this.#reached + 1);
    const timer = { waiter, tick };
    const slot = this.#slots.get(tick);
    if (slot === undefined) this.#slots.set(tick, new Set([timer]));
    else slot.add(timer);
    return timer;
  }

  /** Does nothing to a time-out that has been called. */
  cancel(timer: WheelTimer): void {
    const slot = this.#slots.get(timer.tick);
    if (slot?.delete(timer) && slot.size === 0) this.#slots.delete(timer.tick);
  }

  readonly #turn = (): void => {
    const target = Math.floor(this.#clock.monotonic() / TICK_MS);
    // After a long sleep of the machine there are more ticks to pass than slots to look at.
    const due =
      target - this.#reached > this.#slots.size
        ? [...this.#slots.keys()].filter((tick) => tick <= target).sort((a, b) => a - b)
        : Array.from({ length: Math.max(target - this.#reached, 0) }, (_, index) => this.#reached + 1 + index);
    this.#reached = Math.max(target, this.#reached);
    for (const tick of due) {
      // What a waiter cancels leaves the slot while it is gone through; what it sets comes into a later one.
      for (const timer of this.#slots.get(tick) ?? []) timer.waiter.onTime();
      this.#slots.delete(tick);
    }
    this.#turning = this.#slots.size > 0;
    if (this.#turning) this.#clock.after(TICK_MS, this.#turn);
  };
}
