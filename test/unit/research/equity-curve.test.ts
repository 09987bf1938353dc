import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../domain/candle.ts';
import { ONE } from '../../../domain/money.ts';
import { EquityCurve } from '../../../research/backtest/equity-curve.ts';

const START = Date.UTC(2026, 0, 5);

function curveOf(values: readonly number[], stepMs = MINUTE_MS): EquityCurve {
  const curve = new EquityCurve({ at: START, equity: 100n });
  for (const [index, value] of values.entries()) curve.mark(START + (index + 1) * stepMs, BigInt(value));
  curve.finish();
  return curve;
}

describe('the equity curve', () => {
  it('has no drawdown while nothing falls', () => {
    expect(curveOf([100, 110, 110, 120]).drawdown).toBeUndefined();
  });

  it('tells peak, low and recovery of the largest fall as a share of its peak', () => {
    // 100 → 90 is a tenth; 1000 → 920 is more money and less of its peak.
    const { drawdown } = curveOf([90, 100, 1_000, 920, 1_000]);
    expect(drawdown).toEqual({
      peak: { at: START, equity: 100n },
      low: { at: START + MINUTE_MS, equity: 90n },
      recoveredAt: START + 2 * MINUTE_MS,
    });
  });

  it('keeps the fall that was not recovered, and deepens it', () => {
    const { drawdown } = curveOf([200, 150, 160, 120, 199]);
    expect(drawdown).toMatchObject({ peak: { equity: 200n }, low: { equity: 120n }, recoveredAt: null });
  });

  it('does not take the recovery of a smaller fall for that of the largest', () => {
    const { drawdown } = curveOf([50, 100, 95, 100]);
    expect(drawdown).toMatchObject({ low: { equity: 50n }, recoveredAt: START + 2 * MINUTE_MS });
  });

  it('misses no peak and no low when it is told only the values it asks for', () => {
    const changes = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(changes, (steps) => {
        const start = { at: START, equity: 1_000n * ONE };
        const [all, asked] = [new EquityCurve(start), new EquityCurve(start)];
        let equity = start.equity;
        for (const [index, step] of steps.entries()) {
          const at = START + (index + 1) * MINUTE_MS;
          equity += BigInt(step) * 1_000_000n;
          all.mark(at, equity);
          if (index === steps.length - 1 || asked.asksFor(at, Number(equity) / 1e8)) asked.mark(at, equity);
        }
        all.finish();
        asked.finish();
        expect(asked.drawdown).toEqual(all.drawdown);
        expect([asked.hours, asked.days, asked.last]).toEqual([all.hours, all.days, all.last]);
      }),
    );
  });

  it('has a value at the end of each hour and day, and the last one', () => {
    const { hours, days, last } = curveOf(
      Array.from({ length: 50 }, (_, hour) => 100 + hour),
      HOUR_MS,
    );
    expect(hours).toHaveLength(50);
    expect(days.map(({ at }) => at)).toEqual([START + DAY_MS, START + 2 * DAY_MS, START + 50 * HOUR_MS]);
    expect(last).toEqual({ at: START + 50 * HOUR_MS, equity: 149n });
  });
});
