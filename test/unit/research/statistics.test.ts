/** Figures against numbers worked out by hand from freqtrade's definitions. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../domain/candle.ts';
import { ONE, parseDecimal } from '../../../domain/money.ts';
import type { ClosedTrade } from '../../../domain/trade.ts';
import { EquityCurve } from '../../../research/backtest/equity-curve.ts';
import {
  DAYS_MIN,
  dailyReturns,
  extremes,
  ratios,
  streaks,
  tradeFigures,
} from '../../../research/backtest/statistics.ts';

const START = Date.UTC(2026, 0, 5);

function trade(profit: string, minutes = 10): ClosedTrade {
  return {
    symbol: 'KRW-BTC',
    entryTime: START,
    exitTime: START + minutes * 60_000,
    entryPrice: 100n * ONE,
    exitPrice: 100n * ONE,
    quantity: ONE,
    profit: parseDecimal(profit),
    fees: ONE / 10n,
    reason: 'TAKE_PROFIT',
    regime: 'BULL',
  };
}

/** Equity at the end of so many days, in whole units. */
function curveOf(values: readonly number[], start = START): EquityCurve {
  const curve = new EquityCurve({ at: start, equity: 1_000n * ONE });
  for (const [day, value] of values.entries()) curve.mark(START + (day + 1) * DAY_MS, BigInt(Math.round(value * 1e8)));
  curve.finish();
  return curve;
}

/** Up a hundredth and down half of one, in turn. */
const ZIGZAG = Array.from(
  { length: 40 },
  (_, day) => 1_000 * 1.01 ** Math.ceil((day + 1) / 2) * 0.995 ** Math.floor((day + 1) / 2),
);

describe('figures of trades', () => {
  it('counts and sums exactly', () => {
    const figures = tradeFigures([trade('3'), trade('-1', 30), trade('0')]);
    expect(figures).toMatchObject({ trades: 3, wins: 1, draws: 1, losses: 1, profit: 2n * ONE, fees: 30_000_000n });
    expect(figures.meanShare).toBeCloseTo(0.02 / 3, 12);
    expect(figures.meanDurationMs).toBe(1_000_000);
  });

  it('finds streaks, which a draw ends, and the extremes', () => {
    const trades = ['1', '2', '0', '1', '-1', '-3', '-2'].map((profit) => trade(profit));
    expect(streaks(trades)).toEqual({ wins: 2, losses: 3 });
    expect(extremes(trades)).toMatchObject({ best: { share: 0.02 }, worst: { share: -0.03 } });
    expect(extremes([])).toBeUndefined();
  });

  it('has profit factor, expectancy and its ratio as freqtrade defines them', () => {
    const found = ratios([trade('3'), trade('1'), trade('-2'), trade('-0.5')], curveOf([]));
    expect(found.profitFactor).toBeCloseTo(4 / 2.5, 12);
    // 0.5 × 2 − 0.5 × 1.25
    expect(found.expectancy).toBe(parseDecimal('0.375'));
    // (1 + 2 ÷ 1.25) × 0.5 − 1
    expect(found.expectancyRatio).toBeCloseTo(0.3, 12);
  });

  it('has none of them where there is nothing to divide by', () => {
    expect(ratios([trade('1')], curveOf([]))).toMatchObject({ profitFactor: null, expectancyRatio: null });
    expect(ratios([], curveOf([]))).toMatchObject({ expectancy: null, profitFactor: null });
  });
});

describe('figures of the curve', () => {
  it('says nothing about a year after fewer than thirty whole days', () => {
    const short = ratios([], curveOf(ZIGZAG.slice(0, DAYS_MIN - 1)));
    expect(short).toMatchObject({ yearlyReturn: null, sharpe: null, sortino: null, calmar: null });
    const enough = ratios([], curveOf(ZIGZAG.slice(0, DAYS_MIN)));
    for (const name of ['yearlyReturn', 'sharpe', 'sortino', 'calmar'] as const) expect(enough[name]).not.toBeNull();
  });

  it('takes daily returns between ends of UTC days only', () => {
    expect(dailyReturns(curveOf([1_010, 999.9]))).toEqual([expect.closeTo(0.01, 9), expect.closeTo(-0.01, 9)]);
    const middle = curveOf([1_010, 999.9], START + DAY_MS / 2);
    expect(dailyReturns(middle)).toEqual([expect.closeTo(-0.01, 9)]);
  });

  it('annualises with 365 days', () => {
    const found = ratios([], curveOf(ZIGZAG));
    const [mean, days] = [0.0025, 40];
    // Half of the returns lie 0.0075 above the mean, half below; n − 1 in the divisor.
    const deviation = Math.sqrt((days * 0.0075 ** 2) / (days - 1));
    expect(found.sharpe).toBeCloseTo((mean / deviation) * Math.sqrt(365), 6);
    expect(found.sortino).toBeCloseTo((mean / Math.sqrt(0.005 ** 2 / 2)) * Math.sqrt(365), 6);
    const growth = (1.01 * 0.995) ** 20;
    expect(found.yearlyReturn).toBeCloseTo(growth ** (365 / 40) - 1, 6);
    expect(found.calmar).toBeCloseTo((growth ** (365 / 40) - 1) / 0.005, 4);
  });

  it('has no Sharpe ratio when nothing moves', () => {
    expect(ratios([], curveOf(Array.from({ length: 40 }, () => 1_000)))).toMatchObject({ sharpe: null, calmar: null });
  });
});
