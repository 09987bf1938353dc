/** The golden month through the backtest: the live actors, account, paper venue and commits, in virtual time (I8, I9). */
import { beforeAll, describe, expect, it } from 'vitest';
import { closedTradeJson } from '../../../domain/trade.ts';
import type { BacktestOutcome } from '../../../research/backtest/backtest.ts';
import { backtestFiles } from '../../support/backtests.ts';
import { differsFromGolden, readGolden } from '../../support/golden.ts';
import { hasSharedData, sharedFile } from '../../support/shared-data.ts';

const SOURCES = [{ path: sharedFile('data/btc-perp-1m.csv'), symbol: 'KRW-BTC' }];

describe.runIf(hasSharedData)('the golden month, backtested (needs ../shared)', () => {
  let outcome: BacktestOutcome;

  beforeAll(async () => {
    outcome = await backtestFiles(SOURCES);
  }, 60_000);

  it('makes every trade of the golden file', () => {
    expect(differsFromGolden(outcome.trades.map(closedTradeJson), readGolden())).toEqual([]);
  });

  it('counts every close as the golden file does', () => {
    expect(outcome.funnel).toEqual(readGolden().funnel);
  });

  it('ends with as much money as its trades brought', () => {
    const profit = outcome.trades.reduce((sum, trade) => sum + trade.profit, 0n);
    expect(outcome.curve.last.equity).toBe(outcome.curve.start.equity + profit);
  });

  it('decides the same from a later start: what lies before warms everything up', async () => {
    const from = Date.parse('2022-01-15T00:00:00Z');
    const later = await backtestFiles(SOURCES, { from });
    const held = outcome.trades.find(({ entryTime, exitTime }) => entryTime < from && exitTime >= from);
    const expected = outcome.trades.filter(({ entryTime }) => entryTime >= from);
    expect(held).toBeUndefined();
    expect(later.trades.map(({ entryTime, exitTime, reason }) => [entryTime, exitTime, reason])).toEqual(
      expected.map(({ entryTime, exitTime, reason }) => [entryTime, exitTime, reason]),
    );
    expect(expected.length).toBeGreaterThan(10);
    expect(later.spans[0]).toMatchObject({ candles: 31_000 - (from - Date.parse('2021-12-31T23:01:00Z')) / 60_000 });
    expect(later.curve.start.at).toBe(from);
  });

  it('leaves out what lies at and after its end', async () => {
    const to = Date.parse('2022-01-12T00:00:00Z');
    const { trades, spans } = await backtestFiles(SOURCES, { to });
    expect(trades.map(({ exitTime }) => exitTime)).toEqual(
      outcome.trades.map(({ exitTime }) => exitTime).filter((exitTime) => exitTime < to),
    );
    expect(spans[0]?.last?.at).toBe(to);
  });
});
