import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { aggregateHours, CandleBuilder, pricePath } from '../../domain/candle-series.ts';
import { MarketView } from '../../domain/market-view.ts';
import { START } from '../unit/domain/builders.ts';

const trades = fc
  .array(fc.record({ wait: fc.integer({ min: 0, max: 200_000 }), price: fc.integer({ min: 1, max: 500 }) }), {
    minLength: 1,
    maxLength: 80,
  })
  .map((steps) => {
    let at = START;
    return steps.map(({ wait, price }, index) => {
      at += wait;
      return { tradeId: String(index), price, quantity: 1, at };
    });
  });

function build(list: readonly { tradeId: string; price: number; quantity: number; at: number }[]): Candle[] {
  const builder = new CandleBuilder();
  const closed = list.flatMap((trade) => builder.add(trade));
  return [...closed, ...builder.closeThrough((list.at(-1)?.at ?? START) + MINUTE_MS)];
}

describe('candles built from trades', () => {
  it('come minute by minute without holes and keep the volume', () => {
    fc.assert(
      fc.property(trades, (list) => {
        const candles = build(list);
        candles.forEach((candle, index) => {
          expect(candle.openTime).toBe((candles[0]?.openTime ?? 0) + index * MINUTE_MS);
          expect(candle.low <= Math.min(candle.open, candle.close)).toBe(true);
          expect(candle.high >= Math.max(candle.open, candle.close)).toBe(true);
        });
        expect(candles.reduce((sum, { volume }) => sum + volume, 0)).toBe(list.length);
      }),
    );
  });

  it('are the same whether the clock or the next trade closes them', () => {
    fc.assert(
      fc.property(trades, (list) => {
        const builder = new CandleBuilder();
        const byClock = list.flatMap((trade) => [...builder.closeThrough(trade.at), ...builder.add(trade)]);
        byClock.push(...builder.closeThrough((list.at(-1)?.at ?? START) + MINUTE_MS));
        expect(byClock).toEqual(build(list));
      }),
    );
  });

  it('close the same hours in a view as in the aggregation, with or without the flat minutes', () => {
    fc.assert(
      fc.property(trades, (list) => {
        const candles = build(list);
        const view = new MarketView();
        for (const candle of candles) view.observe(candle);
        const traded = candles.filter(({ volume }, index) => volume > 0 || index === candles.length - 1);
        expect(aggregateHours(candles)).toHaveLength(view.hours);
        expect(aggregateHours(traded)).toEqual(aggregateHours(candles));
      }),
    );
  });

  it('travel through their open, low, high and close, from the open to the close', () => {
    fc.assert(
      fc.property(trades, (list) => {
        for (const candle of build(list)) {
          const path = pricePath(candle);
          expect([path[0], path[3]]).toEqual([candle.open, candle.close]);
          expect([Math.min(...path), Math.max(...path)]).toEqual([candle.low, candle.high]);
        }
      }),
    );
  });
});
