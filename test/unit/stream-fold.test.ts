import { describe, expect, it } from 'vitest';
import { differenceText } from '../../ledger/audit/difference.ts';
import { type AuditedRow, StreamFold } from '../../ledger/audit/stream-fold.ts';

const NOTE: AuditedRow = {
  symbol: 'KRW-BTC',
  seq: 1,
  kind: 'decision',
  side: null,
  quantity: null,
  price: null,
  notional: null,
  fee: null,
  cost_removed: null,
  realized: null,
  quantity_after: null,
  cost_after: null,
  realized_after: null,
};

const BUY: AuditedRow = {
  ...NOTE,
  kind: 'fill',
  side: 'buy',
  quantity: '3',
  price: '0.5',
  notional: '1.5',
  fee: '0.1',
  cost_removed: '0',
  realized: '0',
  quantity_after: '3',
  cost_after: '1.5',
  realized_after: '0',
};

/** A third of the cost, rounded half to even. */
const SELL: AuditedRow = {
  ...BUY,
  seq: 2,
  side: 'sell',
  quantity: '1',
  price: '0.7',
  notional: '0.7',
  cost_removed: '0.5',
  realized: '0.2',
  quantity_after: '2',
  cost_after: '1',
  realized_after: '0.2',
};

function fold(...rows: readonly AuditedRow[]): StreamFold {
  const stream = new StreamFold('KRW-BTC');
  for (const row of rows) expect(stream.take(row)).toBeUndefined();
  return stream;
}

describe('StreamFold', () => {
  it('takes a sound stream, knows its cash, and agrees with its position', () => {
    const stream = fold(BUY, SELL, { ...NOTE, seq: 3, quantity_after: '2', cost_after: '1', realized_after: '0.2' });
    // −1.5 − 0.1 + 0.7 − 0.1
    expect(stream.cash).toBe(-100_000_000n);
    const position = { quantity: 200_000_000n, cost: 100_000_000n, realizedPnl: 20_000_000n };
    expect(stream.end({ version: 3, position })).toBeUndefined();
    expect(stream.end({ version: 3, position: null })).toBeUndefined();
    expect(stream.end({ version: 4, position })).toMatchObject({ what: 'version', expected: '3', found: '4' });
    expect(stream.end({ version: 3, position: { ...position, cost: 0n } })).toMatchObject({ what: 'cost' });
  });

  it.each<[string, AuditedRow, object]>([
    ['a number left out', { ...SELL, seq: 3 }, { what: 'seq', seq: 3, expected: '2' }],
    ['a number twice', { ...SELL, seq: 1 }, { what: 'seq', seq: 1, expected: '2' }],
    ['more sold than held', { ...SELL, quantity: '3.00000001' }, { what: 'quantity sold', expected: 'at most 3' }],
    ['a wrong notional', { ...SELL, notional: '0.70000001' }, { what: 'notional', expected: '0.7' }],
    ['a wrong cost removed', { ...SELL, cost_removed: '0.49999999' }, { what: 'cost removed', expected: '0.5' }],
    ['a wrong profit', { ...SELL, realized: '0.20000001' }, { what: 'realized profit of the fill', expected: '0.2' }],
    ['a negative fee', { ...SELL, fee: '-0.1' }, { what: 'fill' }],
    ['no price', { ...SELL, price: null }, { what: 'fill' }],
    ['no side', { ...SELL, side: null }, { what: 'fill' }],
    ['a quantity of nothing', { ...SELL, quantity: '0' }, { what: 'fill' }],
    ['no number at all', { ...SELL, fee: 'NaN' }, { what: 'fill', found: 'sell 1 at 0.7, fee NaN' }],
    ['a wrong quantity after it', { ...SELL, quantity_after: '2.5' }, { what: 'quantity after', expected: '2' }],
    ['a wrong cost after it', { ...SELL, cost_after: '1.5' }, { what: 'cost after' }],
    ['a wrong profit after it', { ...SELL, realized_after: '0' }, { what: 'realized profit after' }],
    ['half a position after it', { ...SELL, cost_after: null }, { what: 'position after' }],
  ])('objects to %s', (_, row, difference) => {
    expect(fold(BUY).take(row)).toMatchObject({ symbol: 'KRW-BTC', ...difference });
  });

  it('lets a sell of everything take the rest of the cost', () => {
    const third = { ...BUY, quantity: '3', price: '0.33333333', notional: '0.99999999', cost_after: '0.99999999' };
    const all = { ...SELL, quantity: '3', notional: '2.1', cost_removed: '0.99999999', realized: '1.10000001' };
    fold(third, { ...all, quantity_after: '0', cost_after: '0', realized_after: '1.10000001' });
  });
});

describe('differenceText', () => {
  it('names the place and both values', () => {
    const difference = { what: 'cost', symbol: 'KRW-BTC', seq: 7, expected: '1', found: '2' };
    expect(differenceText(difference)).toBe('KRW-BTC 7: cost is 2, expected 1');
    expect(differenceText({ ...difference, seq: null })).toBe('KRW-BTC: cost is 2, expected 1');
  });
});
