import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LowerBand, MovingAverage, RelativeStrength, TiledAverage } from '../../domain/indicators.ts';

const closes = fc.array(
  fc.integer({ min: 1, max: 2_000 }).map((value) => value / 8),
  { minLength: 1, maxLength: 120 },
);

/** Wilder's RSI straight from its definition, at the last close. */
function naiveRsi(series: readonly number[], period: number): number | undefined {
  if (series.length <= period) return undefined;
  const changes = series.slice(1).map((close, index) => close - (series[index] ?? 0));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  let gain = mean(changes.slice(0, period).map((change) => Math.max(change, 0)));
  let loss = mean(changes.slice(0, period).map((change) => Math.max(-change, 0)));
  for (const change of changes.slice(period)) {
    gain = (gain * (period - 1) + Math.max(change, 0)) / period;
    loss = (loss * (period - 1) + Math.max(-change, 0)) / period;
  }
  if (gain === 0 && loss === 0) return 50;
  return (100 * gain) / (gain + loss);
}

function naiveBand(series: readonly number[], period: number) {
  if (series.length < period) return undefined;
  const window = series.slice(-period);
  const middle = window.reduce((sum, value) => sum + value, 0) / period;
  const variance = window.reduce((sum, value) => sum + (value - middle) ** 2, 0) / period;
  return { middle, lower: middle - 2 * Math.sqrt(variance) };
}

describe('indicators against their definitions', () => {
  it.each([7, 14])('RSI(%i)', (period) => {
    fc.assert(
      fc.property(closes, (series) => {
        const rsi = new RelativeStrength(period);
        const actual = series.map((close) => rsi.update(close)).at(-1);
        const expected = naiveRsi(series, period);
        if (expected === undefined) expect(actual).toBeUndefined();
        else expect(actual).toBeCloseTo(expected, 8);
      }),
    );
  });

  it('Bollinger(20, 2) and the moving averages', () => {
    fc.assert(
      fc.property(closes, (series) => {
        const bands = new LowerBand({ period: 20, multiplier: 2 });
        const average = new MovingAverage(20);
        const last = series.map((close) => ({ band: bands.update(close), mean: average.update(close) })).at(-1);
        const expected = naiveBand(series, 20);
        if (expected === undefined) {
          expect(last).toEqual({ band: undefined, mean: undefined });
          return;
        }
        expect(last?.mean).toBeCloseTo(expected.middle, 9);
        expect(last?.band?.middle).toBeCloseTo(expected.middle, 9);
        expect(last?.band?.lower).toBeCloseTo(expected.lower, 6);
      }),
    );
  });

  it('a tiled average is the plain average of all its closes', () => {
    fc.assert(
      fc.property(closes, fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 6 }), (series, period, blocks) => {
        const short = new MovingAverage(period);
        const tiled = new TiledAverage({ period, blocks });
        const plain = new MovingAverage(period * blocks);
        for (const close of series) {
          const actual = tiled.update(close, short.update(close));
          const expected = plain.update(close);
          if (expected === undefined) expect(actual).toBeUndefined();
          else expect(actual).toBeCloseTo(expected, 9);
        }
      }),
    );
  });
});
