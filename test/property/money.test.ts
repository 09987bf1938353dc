import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideHalfEven, formatDecimal, fromNumber, parseDecimal, toNumber } from '../../domain/money.ts';
import { applyFill, cashDelta, FLAT, type Position, priceFill } from '../../domain/position.ts';

const units = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 16n });

describe('money', () => {
  it('reads back exactly what it writes, in one canonical form', () => {
    fc.assert(
      fc.property(units, (value) => {
        const text = formatDecimal(value);
        expect(parseDecimal(text)).toBe(value);
        expect(text).toMatch(/^(0|-?([1-9]\d*|0(?=\.))(\.\d*[1-9])?)$/);
      }),
    );
  });

  it('divides to the nearest integer, to the even one when two are equally near', () => {
    fc.assert(
      fc.property(units, positive, (dividend, divisor) => {
        const quotient = divideHalfEven(dividend, divisor);
        const twice = 2n * (dividend - quotient * divisor);
        expect(twice <= divisor && twice >= -divisor).toBe(true);
        if (twice === divisor || twice === -divisor) expect(quotient % 2n).toBe(0n);
      }),
    );
  });

  it('keeps a float that has at most eight places', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 0, max: 8 }), (digits, places) => {
        const value = Number(`${digits}e-${places}`);
        expect(toNumber(fromNumber(value))).toBe(value);
      }),
    );
  });
});

describe('a position (I4)', () => {
  const step = fc.record({
    sell: fc.boolean(),
    share: fc.integer({ min: 1, max: 100 }),
    quantity: positive,
    price: positive,
  });

  /** Applies random buys and sells; a sell takes a share of what is held, 100 % included. */
  function run(steps: readonly { sell: boolean; share: number; quantity: bigint; price: bigint }[]) {
    let position: Position = FLAT;
    const fills = [];
    for (const { sell, share, quantity, price } of steps) {
      const held = (position.quantity * BigInt(share)) / 100n;
      if (sell && held === 0n) continue;
      const execution = sell
        ? ({ side: 'sell', quantity: held, price, fee: 1n } as const)
        : ({ side: 'buy', quantity, price, fee: 1n } as const);
      const fill = priceFill(position, execution);
      position = applyFill(position, fill);
      fills.push(fill);
    }
    return { position, fills };
  }

  it('equals the fold over its fills to the last unit, without rounding again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { position, fills } = run(steps);
        const sum = (pick: (fill: (typeof fills)[number]) => bigint) =>
          fills.reduce((total, fill) => total + pick(fill), 0n);
        expect(position.quantity).toBe(sum((fill) => (fill.side === 'buy' ? fill.quantity : -fill.quantity)));
        expect(position.cost).toBe(sum((fill) => (fill.side === 'buy' ? fill.notional : -fill.costRemoved)));
        expect(position.realizedPnl).toBe(sum((fill) => fill.realized));
        expect(sum(cashDelta)).toBe(position.realizedPnl - position.cost - BigInt(fills.length));
      }),
    );
  });

  it('has no cost left once nothing is held', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), positive, (steps, price) => {
        const all = run([...steps, { sell: true, share: 100, quantity: 1n, price }]);
        expect(all.position.quantity).toBe(0n);
        expect(all.position.cost).toBe(0n);
      }),
    );
  });
});
