import { describe, expect, it } from 'vitest';
import { LowerBand, MinuteAverage, MovingAverage, RelativeStrength, TiledAverage } from '../../../domain/indicators.ts';

const last = (values: readonly (number | undefined)[]) => values.at(-1);

describe('RSI', () => {
  it('needs n changes, and its first averages are their plain means', () => {
    const rsi = new RelativeStrength(3);
    const values = [10, 12, 11, 14].map((close) => rsi.update(close));
    expect(values.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    // Gains 2, 0, 3 and losses 0, 1, 0: means 5/3 and 1/3, so 100 − 100 / (1 + 5).
    expect(last(values)).toBeCloseTo(100 - 100 / 6, 12);
  });

  it('smooths as Wilder does: a new change counts for one n-th', () => {
    const rsi = new RelativeStrength(3);
    const values = [10, 12, 11, 14, 13].map((close) => rsi.update(close));
    const gain = ((5 / 3) * 2 + 0) / 3;
    const loss = ((1 / 3) * 2 + 1) / 3;
    expect(last(values)).toBeCloseTo(100 - 100 / (1 + gain / loss), 12);
  });

  it('is exactly 50 while nothing ever moved, where the library says 100', () => {
    const rsi = new RelativeStrength(7);
    const values = Array.from({ length: 50 }, () => rsi.update(0.1));
    expect(values.slice(7)).toEqual(Array.from({ length: 43 }, () => 50));
  });

  it('is 100 when it only rose and 0 when it only fell, even if it stands still afterwards', () => {
    const rising = new RelativeStrength(2);
    const falling = new RelativeStrength(2);
    expect(last([1, 2, 3, 3, 3].map((close) => rising.update(close)))).toBe(100);
    expect(last([3, 2, 1, 1, 1].map((close) => falling.update(close)))).toBe(0);
  });
});

describe('averages and bands', () => {
  it.each([MovingAverage, MinuteAverage])('averages the last n values only: %o', (Average) => {
    const average = new Average(3);
    expect([1, 2, 3, 4, 8].map((value) => average.update(value))).toEqual([undefined, undefined, 2, 3, 5]);
  });

  it('uses the population deviation', () => {
    const band = new LowerBand({ period: 4, multiplier: 2 });
    const [, , , result] = [2, 4, 4, 6].map((close) => band.update(close));
    // Mean 4, squared differences 4, 0, 0, 4 over 4: deviation √2 (the sample deviation would be √(8/3)).
    expect(result?.middle).toBe(4);
    expect(result?.lower).toBeCloseTo(4 - 2 * Math.SQRT2, 12);
  });

  it.each([0.1, 0.00973, 1_234.567, 119_713_000])(
    'keeps a flat series at %s exactly on its averages and bands',
    (close) => {
      const averages = [new MovingAverage(20), new MinuteAverage(20)];
      const band = new LowerBand({ period: 20, multiplier: 2 });
      const tiled = new TiledAverage({ period: 20, blocks: 10 });
      for (let candle = 1; candle <= 250; candle += 1) {
        const means = averages.map((average) => average.update(close));
        const bands = band.update(close);
        const long = tiled.update(close, bands?.middle);
        if (candle >= 20) {
          expect(means).toEqual([close, close]);
          expect(bands).toEqual({ middle: close, lower: close });
        }
        expect(long).toBe(candle >= 200 ? close : undefined);
      }
    },
  );

  it('leaves the flat value as soon as one value differs', () => {
    const average = new MovingAverage(2);
    expect([5, 5, 7].map((value) => average.update(value))).toEqual([undefined, 5, 6]);
  });

  it('tiles a long average from short ones', () => {
    const short = new MovingAverage(2);
    const long = new TiledAverage({ period: 2, blocks: 3 });
    const values = [1, 2, 3, 4, 5, 6, 13].map((close) => long.update(close, short.update(close)));
    expect(values).toEqual([undefined, undefined, undefined, undefined, undefined, 3.5, 5.5]);
  });
});
