/** Turns that keep to their pace when some come late. */
import { describe, expect, it } from 'vitest';
import { takeTurns } from '../../../gateway/feed/turns.ts';
import type { Clock } from '../../../protocol/ports/clock.ts';

/** A clock whose one timer fires as late as it is told. */
class LateClock implements Pick<Clock, 'monotonic' | 'after'> {
  #now = 1_000;
  #dueAt = 0;
  #callback: () => void = () => undefined;

  now(): number {
    return this.monotonic();
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    expect(delayMs).toBeGreaterThanOrEqual(0);
    this.#dueAt = this.#now + delayMs;
    this.#callback = callback;
    return () => {
      this.#callback = () => undefined;
    };
  }

  fire(lateMs: number): void {
    this.#now = this.#dueAt + lateMs;
    this.#callback();
  }
}

function turns(clock: LateClock): { readonly taken: (readonly [number, number])[]; readonly cancel: () => void } {
  const taken: (readonly [number, number])[] = [];
  const cancel = takeTurns(clock, { turns: 4, roundMs: 100 }, (turn) => taken.push([turn, clock.monotonic() - 1_000]));
  return { taken, cancel };
}

describe('turns', () => {
  it('come one after another, evenly, until they are cancelled', () => {
    const clock = new LateClock();
    const { taken, cancel } = turns(clock);
    for (let time = 0; time < 6; time += 1) clock.fire(0);
    cancel();
    clock.fire(0);
    const expected = [
      [0, 25],
      [1, 50],
      [2, 75],
      [3, 100],
      [0, 125],
      [1, 150],
    ];
    expect(taken).toEqual(expected);
  });

  it('that are late do not delay those behind them', () => {
    const clock = new LateClock();
    const { taken } = turns(clock);
    for (const lateMs of [20, 20, 30, 0, 0]) clock.fire(lateMs);
    // The fourth was due at 100, when the third was just over: it is taken at once, and the fifth when it is due.
    expect(taken.map(([, at]) => at)).toEqual([45, 70, 105, 105, 125]);
  });

  it('that were missed for longer than half a round are left out, and nobody is left out for it', () => {
    const clock = new LateClock();
    const { taken } = turns(clock);
    for (const lateMs of [0, 51, 0, 0, 0, 400, 0]) clock.fire(lateMs);
    expect(taken).toEqual([
      [0, 25],
      [1, 101],
      [2, 126],
      [3, 151],
      [0, 176],
      [1, 601],
      [2, 626],
    ]);
  });
});
