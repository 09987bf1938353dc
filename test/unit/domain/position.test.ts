import { describe, expect, it } from 'vitest';
import { fromNumber, parseDecimal } from '../../../domain/money.ts';
import { applyFill, averagePrice, cashDelta, FLAT, type Position, priceFill } from '../../../domain/position.ts';

const execution = (side: 'buy' | 'sell', quantity: string, price: string, fee = '0') => ({
  side,
  quantity: parseDecimal(quantity),
  price: parseDecimal(price),
  fee: parseDecimal(fee),
});

const held = (quantity: string, cost: string): Position => ({
  quantity: parseDecimal(quantity),
  cost: parseDecimal(cost),
  realizedPnl: 0n,
});

describe('a position', () => {
  it('keeps quantity and cost without fees and derives the average price', () => {
    const fill = priceFill(FLAT, execution('buy', '10', '100', '5'));
    const position = applyFill(FLAT, fill);
    expect(position).toEqual({ quantity: fromNumber(10), cost: fromNumber(1_000), realizedPnl: 0n });
    expect(averagePrice(position)).toBe(fromNumber(100));
    expect(averagePrice(FLAT)).toBeUndefined();
  });

  it('removes cost in proportion to the quantity sold', () => {
    const position = held('10', '1000');
    const fill = priceFill(position, execution('sell', '4', '120'));
    expect(fill).toMatchObject({ notional: fromNumber(480), costRemoved: fromNumber(400), realized: fromNumber(80) });
    expect(applyFill(position, fill)).toEqual({
      quantity: fromNumber(6),
      cost: fromNumber(600),
      realizedPnl: fromNumber(80),
    });
  });

  it('rounds the cost removed half to even', () => {
    // A cost of 5 units over a quantity of 2: half of it is 2.5 units, which rounds to 2.
    const fill = priceFill(
      { quantity: 2n, cost: 5n, realizedPnl: 0n },
      { side: 'sell', quantity: 1n, price: 1n, fee: 0n },
    );
    expect(fill.costRemoved).toBe(2n);
  });

  it('lets the last unit take the rest, so that nothing of the cost is left over', () => {
    let position: Position = { quantity: 3n, cost: 10n, realizedPnl: 0n };
    for (let unit = 0; unit < 3; unit += 1) {
      position = applyFill(position, priceFill(position, { side: 'sell', quantity: 1n, price: 1n, fee: 0n }));
    }
    expect(position.quantity).toBe(0n);
    expect(position.cost).toBe(0n);
    expect(position.realizedPnl).toBe(-10n);
  });

  it('moves cash by the notional and the fee', () => {
    expect(cashDelta(priceFill(FLAT, execution('buy', '2', '100', '1')))).toBe(-fromNumber(201));
    expect(cashDelta(priceFill(held('2', '200'), execution('sell', '2', '100', '1')))).toBe(fromNumber(199));
  });

  it('refuses to sell more than is held, and fills that make no sense', () => {
    expect(() => priceFill(held('1', '100'), execution('sell', '1.00000001', '100'))).toThrow(/exceed/);
    expect(() => priceFill(FLAT, execution('buy', '0', '100'))).toThrow(/positive/);
    expect(() => priceFill(FLAT, execution('buy', '1', '0'))).toThrow(/positive/);
    expect(() => priceFill(FLAT, execution('buy', '1', '1', '-1'))).toThrow(/fee/);
  });
});
