import { describe, expect, it } from 'vitest';
import { formatDecimal, fromNumber, parseDecimal } from '../../../domain/money.ts';
import type { Order } from '../../../domain/order.ts';
import { DEFAULT_PAPER_SETTINGS, type PaperSettings, paperFill } from '../../../domain/paper.ts';
import { orderWith } from './builders.ts';

const FREE: PaperSettings = { feeRate: 0, slippageBps: 0 };

function fill(changes: Partial<Order>, price: number, settings: PaperSettings = DEFAULT_PAPER_SETTINGS) {
  const result = paperFill(orderWith(changes), price, settings);
  return (
    result && {
      quantity: formatDecimal(result.quantity),
      price: formatDecimal(result.price),
      fee: formatDecimal(result.fee),
      complete: result.complete,
    }
  );
}

/** Without the quantity a builder gives by default. */
function byAmount(amount: string): Order {
  const { quantity: _, ...order } = orderWith();
  return { ...order, amount: parseDecimal(amount) };
}

describe('a paper market order', () => {
  it('fills at the next price, moved by the slippage against it, with the fee on the notional', () => {
    expect(fill({ side: 'buy' }, 100)).toEqual({ quantity: '2', price: '100.05', fee: '0.10005', complete: true });
    expect(fill({ side: 'sell' }, 100)).toEqual({ quantity: '2', price: '99.95', fee: '0.09995', complete: true });
  });

  it('fills at the level that decided it, whatever the price is now', () => {
    const trigger = parseDecimal('96');
    expect(fill({ side: 'sell', trigger }, 90)).toMatchObject({ price: '95.952' });
    expect(fill({ side: 'sell', trigger }, 90, FREE)).toMatchObject({ price: '96', fee: '0' });
  });

  it('is not rounded to ticks', () => {
    expect(fill({ side: 'buy' }, 119_713_000)).toMatchObject({ price: '119772856.5' });
  });

  it('buys what the amount covers without the fee, rounded down to eight places', () => {
    const result = paperFill(byAmount('1000'), 3, FREE);
    expect(result?.quantity).toBe(parseDecimal('333.33333333'));
    const withFee = paperFill(byAmount('1000'), 100, DEFAULT_PAPER_SETTINGS);
    // 1000 / 100.05 = 9.99500249…; the fee of 0.05 % comes on top.
    expect(withFee?.quantity).toBe(parseDecimal('9.99500249'));
    expect(withFee?.fee).toBe(parseDecimal('0.5'));
    expect(withFee?.complete).toBe(true);
  });

  it('rounds the fee half to even', () => {
    // 0.00001 × 100 × 0.0005 = 0.0000005; of 0.0001 × 0.0001 it is 5e-12: nothing.
    const quantity = parseDecimal('0.0001');
    expect(fill({ quantity }, 0.0001, { feeRate: 0.5, slippageBps: 0 })).toMatchObject({ fee: '0' });
    // A notional of 3 units halved is 1.5 units, which rounds to 2.
    expect(fill({ quantity: 3n }, 1, { feeRate: 0.5, slippageBps: 0 })).toMatchObject({ fee: '0.00000002' });
  });

  it('does not fill when what is left of an amount buys nothing', () => {
    expect(paperFill(byAmount('0.00000001'), 1_000_000, FREE)).toBeUndefined();
  });
});

describe('a paper limit order', () => {
  const limit = (side: 'buy' | 'sell'): Partial<Order> => ({ side, type: 'limit', price: fromNumber(100) });

  it('fills at its own price, without slippage, when the price touches or crosses it', () => {
    expect(fill(limit('buy'), 100)).toEqual({ quantity: '2', price: '100', fee: '0.1', complete: true });
    expect(fill(limit('buy'), 90)).toMatchObject({ price: '100' });
    expect(fill(limit('sell'), 100)).toMatchObject({ price: '100' });
    expect(fill(limit('sell'), 110)).toMatchObject({ price: '100' });
  });

  it('waits while the price has not come to it', () => {
    expect(fill(limit('buy'), 100.00000001)).toBeUndefined();
    expect(fill(limit('sell'), 99.99999999)).toBeUndefined();
  });

  it('needs a price', () => {
    expect(() => paperFill(orderWith({ type: 'limit' }), 100, FREE)).toThrow(/limit order has a price/);
  });
});

describe('partial fills', () => {
  const half: PaperSettings = { ...FREE, partialFill: 0.5 };

  it('fill a share of what is left, until a last small part ends it', () => {
    let filledQuantity = 0n;
    const parts: string[] = [];
    for (let point = 0; point < 20 && filledQuantity < fromNumber(2); point += 1) {
      const result = paperFill(orderWith({ filledQuantity }), 100, half);
      filledQuantity += result?.quantity ?? 0n;
      parts.push(formatDecimal(result?.quantity ?? 0n));
      expect(result?.complete).toBe(filledQuantity === fromNumber(2));
    }
    expect(parts.slice(0, 3)).toEqual(['1', '0.5', '0.25']);
    // 2⁻¹⁰ of the order is the first rest below a thousandth.
    expect(parts).toHaveLength(10);
  });

  it('are nothing once the order is filled', () => {
    expect(paperFill(orderWith({ filledQuantity: fromNumber(2) }), 100, half)).toBeUndefined();
  });
});
