/**
 * When to try again and when to give up: capped exponential backoff with full jitter, and a limit of restarts within a
 * sliding window. More failures than that are not bad luck; escalating is then the right answer.
 */
import type { Clock, Random } from '../protocol/ports/clock.ts';

export interface RestartSettings {
  readonly restartsMax: number;
  readonly windowMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
}

export type RestartDecision =
  | { readonly type: 'restart'; readonly delayMs: number }
  | { readonly type: 'give-up'; readonly failures: number };

export class RestartPolicy {
  readonly #settings: RestartSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  #failures: number[] = [];

  constructor(settings: RestartSettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
  }

  /** Counts a failure and says what to do about it. */
  failed(): RestartDecision {
    const { restartsMax, windowMs, backoffFirstMs, backoffMaxMs } = this.#settings;
    const now = this.#clock.monotonic();
    this.#failures = this.#failures.filter((at) => now - at < windowMs);
    this.#failures.push(now);
    if (this.#failures.length > restartsMax) return { type: 'give-up', failures: this.#failures.length };
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** (this.#failures.length - 1));
    // Half fixed, half random: never at once, never all together.
    return { type: 'restart', delayMs: Math.round(ceiling / 2 + (ceiling / 2) * this.#random.next()) };
  }

  /** A person has looked: the past is forgotten. */
  reset(): void {
    this.#failures = [];
  }
}
