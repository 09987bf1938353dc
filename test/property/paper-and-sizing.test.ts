import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOnTick, roundToTick, upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, multiply, ONE } from '../../domain/money.ts';
import { applyOrderEvent, type Order } from '../../domain/order.ts';
import { paperFill } from '../../domain/paper.ts';
import { checkEntry, newCounters, quantityFor, sizeEntry } from '../../domain/risk.ts';
import { orderWith, START } from '../unit/domain/builders.ts';

const amount = fc.bigInt({ min: 1n, max: 10n ** 7n * ONE });
const price = fc.integer({ min: 1, max: 10 ** 9 }).map((value) => value / 100);

describe('paper fills', () => {
  it('never spend more than the amount, never sell more than the order, and come to an end', () => {
    fc.assert(
      fc.property(
        amount,
        fc.array(price, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(1, 0.5, 0.1),
        fc.boolean(),
        (whole, prices, partialFill, byAmount) => {
          const { quantity: _, ...buy } = orderWith({ status: 'open' });
          let order: Order = byAmount ? { ...buy, amount: whole } : { ...buy, side: 'sell', quantity: whole };
          for (let point = 0; point < 100; point += 1) {
            const at = prices[point % prices.length] ?? 1;
            const fill = paperFill(order, at, { feeRate: 0.0005, slippageBps: 5, partialFill });
            if (fill === undefined) break;
            const notional = multiply(fill.quantity, fill.price);
            const next = applyOrderEvent(order, { type: 'fill', quantity: fill.quantity, notional, fee: fill.fee });
            if ('illegal' in next) throw new Error(next.illegal);
            order = next;
            if (byAmount) expect(order.filledNotional <= whole).toBe(true);
            if (fill.complete) break;
            expect(point).toBeLessThan(99);
          }
          if (!byAmount) expect(order.filledQuantity).toBe(whole);
        },
      ),
      // Kept: half of a one-unit amount has a notional of nothing, and was given away at every price for ever.
      { examples: [[1n, [0.01], 0.5, true]] },
    );
  });
});

describe('sizing', () => {
  const factor = fc.constantFrom(1, 0.8, 0.5);
  const fee = fc.constantFrom(0n, fromNumber(0.0005), fromNumber(0.003), fromNumber(0.02));

  it('gives an amount no risk rule refuses, but for the venue’s minimum', () => {
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        factor,
        factor,
        fee,
        (referenceEquity, freeCash, exposure, regimeSize, vol, feeRate) => {
          const sized = sizeEntry({ referenceEquity, freeCash, exposure, regimeSize, volatilityFactor: vol, feeRate });
          // With the fee on top it never takes more than there is.
          expect(sized + (sized * feeRate + ONE - 1n) / ONE <= freeCash).toBe(true);
          fc.pre(sized > 0n);
          const denied = checkEntry({
            symbol: 'KRW-BTC',
            at: START,
            amount: sized,
            limits: 'on',
            counters: newCounters(START),
            occupiedSymbols: 0,
            occupied: false,
            referenceEquity,
            freeCash,
            exposure,
            volatilityFactor: vol,
            feeRate,
            minimumNotional: fromNumber(5_000),
          });
          expect(denied?.code).toBe(sized < fromNumber(5_000) ? 'ORDER_MINIMUM' : undefined);
        },
      ),
    );
  });

  it('buys a quantity the amount covers, and not a unit less than it could', () => {
    fc.assert(
      fc.property(amount, price, (spend, at) => {
        const quantity = quantityFor(spend, fromNumber(at));
        expect(quantity * fromNumber(at) <= spend * ONE).toBe(true);
        expect((quantity + 1n) * fromNumber(at) > spend * ONE).toBe(true);
      }),
    );
  });
});

describe('ticks', () => {
  it('bracket every price: down and up are on tick, at most one tick apart', () => {
    const instrument = upbitKrw('KRW-BTC');
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 17n }), (at) => {
        const [down, up] = [roundToTick(instrument, at, 'down'), roundToTick(instrument, at, 'up')];
        expect(isOnTick(instrument, down) && isOnTick(instrument, up)).toBe(true);
        expect(down <= at && at <= up).toBe(true);
        expect(up - down === 0n || up - down === instrument.tickSize(at)).toBe(true);
      }),
    );
  });
});
