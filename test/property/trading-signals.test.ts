/** Our indicators do the arithmetic of trading-signals, step for step: what they give is the same to the last bit. */
import fc from 'fast-check';
import { BollingerBands, RSI, SMA } from 'trading-signals';
import { describe, expect, it } from 'vitest';
import { LowerBand, MinuteAverage, RelativeStrength } from '../../domain/indicators.ts';

const closes = fc.array(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 150 });

/** A series without two equal neighbours: for those we have guards that the library lacks. */
const moving = closes.map((series) => series.filter((close, index) => close !== series[index - 1]));

describe('indicators against trading-signals', () => {
  it.each([7, 14])('RSI(%i)', (period) => {
    fc.assert(
      fc.property(moving, (series) => {
        const ours = new RelativeStrength(period);
        const theirs = new RSI(period);
        for (const close of series) expect(ours.update(close)).toBe(theirs.update(close, false) ?? undefined);
      }),
    );
  });

  it('SMA(20) and Bollinger(20, 2)', () => {
    fc.assert(
      fc.property(moving, (series) => {
        const average = new MinuteAverage(20);
        const band = new LowerBand({ period: 20, multiplier: 2 });
        const sma = new SMA(20);
        const bands = new BollingerBands(20, 2);
        for (const close of series) {
          expect(average.update(close)).toBe(sma.update(close, false) ?? undefined);
          const expected = bands.update(close, false);
          const found = band.update(close);
          expect(found?.lower).toBe(expected?.lower);
          expect(found?.middle).toBe(expected?.middle);
        }
      }),
    );
  });
});
