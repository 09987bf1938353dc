/** Everything that is left to chance in a run, from one seed: the same seed gives the same run, byte for byte (I9). */
import { SeededRandom, seedOf } from '../../adapters/feeds/seeded-random.ts';
import type { Random } from '../../protocol/ports/clock.ts';

export class Dice implements Random {
  readonly #random: SeededRandom;

  /** `parts` name the stream: two streams of one seed know nothing of each other. */
  constructor(...parts: readonly (number | string)[]) {
    this.#random = new SeededRandom(seedOf(...parts));
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#random.next();
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** Whole number, both ends included. */
  integer(least: number, most: number): number {
    return this.#random.integer(least, most);
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.#random.next();
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let rest = this.#random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      rest -= weight;
      if (rest < 0) return key;
    }
    return (entries.at(-1) as [K, number])[0];
  }

  /** A UUID version 7 of this instant (milliseconds since the Unix epoch). */
  uuid7(at: number): string {
    const time = Math.floor(at).toString(16).padStart(12, '0');
    const rest = `${this.#hex(4)}${this.#hex(4)}`;
    const variant = (8 + this.integer(0, 3)).toString(16);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${this.#hex(3)}-${variant}${this.#hex(3)}-${rest}${this.#hex(4)}`;
  }

  #hex(digits: number): string {
    return this.integer(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, '0');
  }
}
