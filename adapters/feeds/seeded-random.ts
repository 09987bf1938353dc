/**
 * Reproducible randomness: the same parts give the same numbers, on every machine and after every restart (I9). Not for
 * anything that has to be unpredictable.
 */
import type { Random } from '../../protocol/ports/clock.ts';

/** A 32-bit seed out of whatever identifies a stream of numbers. Near inputs give unrelated seeds. */
export function seedOf(...parts: readonly (number | string)[]): number {
  let hash = 0x9e3779b9;
  for (const part of parts) {
    const text = String(part);
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    hash = scramble(hash + 0x7f4a7c15);
  }
  return hash >>> 0;
}

/** The stream number `index` of a family that shares `seed`; much cheaper than seedOf. */
export function seedAt(seed: number, index: number): number {
  return scramble(seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
}

/** sfc32 (PractRand): small, fast, period of at least 2^32. */
export class SeededRandom implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spare: number | undefined;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = scramble(seed + 1) | 0;
    this.c = scramble(seed + 2) | 0;
    for (let round = 0; round < 8; round += 1) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** Whole number, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** Standard normal (Marsaglia's polar method, which gives two at a time). */
  normal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.next() - 1;
      const y = 2 * this.next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square);
        this.spare = y * factor;
        return x * factor;
      }
    }
  }
}

/** Finalizer of MurmurHash3: every input bit reaches every output bit. */
function scramble(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
