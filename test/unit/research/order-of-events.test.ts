/** One account for several symbols: who comes first is a matter of time and of the order of the symbols, never of speed. */
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../domain/candle.ts';
import { PRESETS, type Preset } from '../../../domain/preset.ts';
import type { BacktestOutcome } from '../../../research/backtest/backtest.ts';
import { candle, ENTRY_PRICE, HISTORY, SIGNAL, TARGET_PRICE } from '../../support/actor-market.ts';
import { candleEvents, openBacktest } from '../../support/backtests.ts';

/** Enters at the first close below its band in a rising market. */
const EAGER: Preset = {
  ...PRESETS.v1,
  regimes: {
    ...PRESETS.v1.regimes,
    SIDEWAYS: { ...PRESETS.v1.regimes.SIDEWAYS, rsi14Max: 100, volumeMin: 0, size: 1 },
  },
};
const MARKET: readonly Candle[] = [...HISTORY, SIGNAL, candle(HISTORY.length + 1, ENTRY_PRICE, TARGET_PRICE)];
/** Six symbols signal in the same minute; five positions are allowed. */
const SYMBOLS = ['KRW-F', 'KRW-B', 'KRW-E', 'KRW-A', 'KRW-D', 'KRW-C'];

async function backtestAll(symbols: readonly string[]): Promise<BacktestOutcome> {
  const backtest = await openBacktest(symbols, { preset: EAGER, limits: 'on', feeRate: 0.0005 });
  for (const minute of MARKET) await backtest.deliver(symbols.flatMap((symbol) => candleEvents(symbol, [minute])));
  return backtest.finish();
}

describe('symbols that share an account', () => {
  it('have their turn in the order in which they were given', async () => {
    const { trades, refusals } = await backtestAll(SYMBOLS);
    expect(refusals).toEqual({ POSITIONS: 1 });
    expect(trades.map(({ symbol }) => symbol)).toEqual(SYMBOLS.slice(0, 5).sort());
    const other = await backtestAll([...SYMBOLS].reverse());
    expect(other.trades.map(({ symbol }) => symbol)).toEqual(SYMBOLS.slice(1).sort());
  });

  it('give the same outcome each time', async () => {
    expect(await backtestAll(SYMBOLS)).toEqual(await backtestAll(SYMBOLS));
  });

  it('add up: what the account has at the end is what it had and what the trades brought', async () => {
    const { trades, curve } = await backtestAll(SYMBOLS);
    const profit = trades.reduce((sum, trade) => sum + trade.profit, 0n);
    expect(trades).toHaveLength(5);
    expect(curve.last.equity - curve.start.equity).toBe(profit);
  });
});
