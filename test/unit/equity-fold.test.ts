/** Cash and holdings at any past moment, from sums: exact, bounded, and right under two clocks. */
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../domain/candle.ts';
import { EquityFold } from '../../ledger/equity-fold.ts';
import { mulberry32 } from '../support/seeded.ts';

const minute = (index: number): number => index * MINUTE_MS;

function fill(at: number, quantity: bigint, parts: { symbol?: string; recordedAt?: number } = {}) {
  const { symbol = 'KRW-BTC', recordedAt = at } = parts;
  return { symbol, end: at, cash: -quantity * 10n, quantity, cost: quantity * 10n, recordedAt };
}

const cash = (at: number, amount: bigint, recordedAt = at) => ({ end: at, cash: amount, recordedAt });

describe('the fold', () => {
  it('sums up to each time, what happens at it included, and everything at the last', () => {
    const fold = new EquityFold();
    fold.addCash(cash(minute(1), 1_000n));
    fold.addFills(fill(minute(2), 5n));
    fold.addFills(fill(minute(4), -5n));
    fold.addFills(fill(minute(4), 1n, { symbol: 'KRW-ETH' }));
    const moments = [...fold.timeline(minute(9)).moments([minute(1), minute(2), minute(3), minute(3) + 1])];
    expect(moments.map((moment) => [moment.at, moment.cash, [...moment.held.keys()]])).toEqual([
      [minute(1), 1_000n, []],
      [minute(2), 950n, ['KRW-BTC']],
      [minute(3), 950n, ['KRW-BTC']],
      [minute(3) + 1, 990n, ['KRW-ETH']],
    ]);
    expect(moments.map((moment) => moment.netDeposits)).toEqual([1_000n, 1_000n, 1_000n, 1_000n]);
    expect(fold.timeline(minute(9)).beginning).toBe(minute(1));
    expect(new EquityFold().timeline(minute(9)).beginning).toBeUndefined();
  });

  it('has a deposit there before what was recorded after it, whatever the clock on the wall says', () => {
    const fold = new EquityFold();
    const years = minute(1_000_000);
    // A recorded market: its fills lie years before the deposits that paid for them.
    fold.addCash(cash(years, 100n));
    fold.addFills(fill(minute(2), 5n, { recordedAt: years + 10 }));
    fold.addFills(fill(minute(3), 5n, { recordedAt: years + 20 }));
    fold.addCash(cash(years + MINUTE_MS, 7n, years + 25));
    fold.addFills(fill(minute(6), 1n, { recordedAt: years + 30 }));
    fold.addCash(cash(years + 2 * MINUTE_MS, 1n, years + 40));
    expect(fold.timeline(minute(8)).beginning).toBe(minute(2));
    const times = [2, 3, 5, 6, 7, 8].map(minute);
    expect([...fold.timeline(minute(8)).moments(times)].map((moment) => moment.cash)).toEqual([
      50n,
      0n,
      0n,
      -3n,
      -3n,
      -2n,
    ]);
  });

  it('stays within its bound by looking less closely, and loses nothing', () => {
    const fold = new EquityFold(20);
    const random = mulberry32(3);
    let total = 0n;
    for (let index = 0; index < 500; index += 1) {
      const quantity = BigInt(1 + Math.floor(random() * 9));
      total += quantity;
      fold.addFills(fill(minute(index), quantity, { symbol: random() < 0.5 ? 'KRW-BTC' : 'KRW-ETH' }));
    }
    expect(fold.gridMs).toBeGreaterThanOrEqual((500 / 20) * MINUTE_MS);
    const [last] = fold.timeline(minute(500)).moments([minute(500)]);
    const held = [...(last?.held.values() ?? [])].reduce((sum, { quantity }) => sum + quantity, 0n);
    expect([held, last?.cash]).toEqual([total, -total * 10n]);
  });
});
