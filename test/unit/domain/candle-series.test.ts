import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Candle, closesHour, closeTime, type MarketTrade, MINUTE_MS } from '../../../domain/candle.ts';
import { aggregateHours, CandleBuilder, fillGap, pricePath } from '../../../domain/candle-series.ts';
import { hasSharedData, sharedFile } from '../../support/shared-data.ts';
import { candleAt, START } from './builders.ts';

let nextTrade = 0;
const tradeAt = (seconds: number, price: number, quantity = 1): MarketTrade => {
  nextTrade += 1;
  return { tradeId: String(nextTrade), price, quantity, at: START + seconds * 1_000 };
};

describe('a candle', () => {
  it('closes a minute after it opened, and the hour when it opens at :59', () => {
    expect(closeTime(candleAt(0, 1))).toBe(START + MINUTE_MS);
    expect([58, 59, 60].map((minute) => closesHour(candleAt(minute, 1)))).toEqual([false, true, false]);
  });

  it('travels to its low first when it rose or stood still, to its high first when it fell', () => {
    expect(pricePath(candleAt(0, 11, { open: 10, high: 12, low: 9 }))).toEqual([10, 9, 12, 11]);
    expect(pricePath(candleAt(0, 10, { open: 10, high: 12, low: 9 }))).toEqual([10, 9, 12, 10]);
    expect(pricePath(candleAt(0, 9.5, { open: 10, high: 12, low: 9 }))).toEqual([10, 12, 9, 9.5]);
  });
});

describe('a gap', () => {
  it('is filled with flat candles at the last close, volume 0, strictly between', () => {
    const gap = fillGap(candleAt(0, 100, { high: 120 }), candleAt(3, 110));
    expect(gap).toEqual([candleAt(1, 100, { volume: 0 }), candleAt(2, 100, { volume: 0 })]);
  });

  it('is nothing between neighbours, and never runs backwards', () => {
    expect(fillGap(candleAt(0, 100), candleAt(1, 110))).toEqual([]);
    expect(() => fillGap(candleAt(1, 100), candleAt(1, 100))).toThrow(/after/);
  });
});

describe('hours from minutes', () => {
  it('close with the candle at :59, a partial first hour included, the forming one left out', () => {
    const candles = Array.from({ length: 100 }, (_, index) => candleAt(30 + index, index));
    expect(aggregateHours(candles)).toEqual([29, 89]);
  });

  it('close at the last close before their end when their last minutes are missing', () => {
    expect(aggregateHours([candleAt(10, 1), candleAt(61, 2), candleAt(200, 3)])).toEqual([1, 2, 2]);
    expect(aggregateHours([candleAt(59, 1), candleAt(60, 2)])).toEqual([1]);
    expect(aggregateHours([])).toEqual([]);
  });
});

describe('a candle builder', () => {
  it('closes a candle with the first trade of a later minute, never before', () => {
    const builder = new CandleBuilder();
    expect(builder.add(tradeAt(0, 10, 2))).toEqual([]);
    expect(builder.add(tradeAt(20, 12))).toEqual([]);
    expect(builder.add(tradeAt(40, 9))).toEqual([]);
    expect(builder.add(tradeAt(59.9, 11))).toEqual([]);
    expect(builder.add(tradeAt(60, 50))).toEqual([candleAt(0, 11, { open: 10, high: 12, low: 9, volume: 5 })]);
  });

  it('closes quiet minutes as flat candles', () => {
    const builder = new CandleBuilder();
    builder.add(tradeAt(0, 10));
    const closed = builder.add(tradeAt(180, 20));
    expect(closed).toEqual([candleAt(0, 10), candleAt(1, 10, { volume: 0 }), candleAt(2, 10, { volume: 0 })]);
  });

  it('closes by the clock what no trade has closed, each minute once', () => {
    const builder = new CandleBuilder();
    expect(builder.closeThrough(START)).toEqual([]);
    builder.add(tradeAt(5, 10));
    expect(builder.closeThrough(START + 59_999)).toEqual([]);
    expect(builder.closeThrough(START + 60_000)).toEqual([candleAt(0, 10)]);
    expect(builder.closeThrough(START + 60_000)).toEqual([]);
    expect(builder.closeThrough(START + 185_000)).toEqual([
      candleAt(1, 10, { volume: 0 }),
      candleAt(2, 10, { volume: 0 }),
    ]);
    expect(builder.add(tradeAt(186, 11))).toEqual([]);
    expect(builder.closeThrough(START + 240_000)).toEqual([candleAt(3, 11)]);
  });

  it('continues after a backfill: the gap since the last known candle is flat', () => {
    const builder = new CandleBuilder(candleAt(0, 10));
    expect(builder.add(tradeAt(120, 12))).toEqual([candleAt(1, 10, { volume: 0 })]);
  });

  it('counts a trade of a closed minute and changes nothing', () => {
    const builder = new CandleBuilder();
    builder.add(tradeAt(0, 10));
    builder.add(tradeAt(60, 20));
    expect(builder.add(tradeAt(59, 99))).toEqual([]);
    expect(builder.lateTrades).toBe(1);
    expect(builder.closeThrough(START + 120_000)).toEqual([candleAt(1, 20)]);
  });

  it('lets the earliest trade open and the latest close when they arrive out of order', () => {
    const builder = new CandleBuilder();
    for (const trade of [tradeAt(30, 10), tradeAt(10, 11), tradeAt(20, 12)]) builder.add(trade);
    expect(builder.closeThrough(START + 60_000)).toEqual([candleAt(0, 10, { open: 11, high: 12, low: 10, volume: 3 })]);
  });

  it.skipIf(!hasSharedData)('rebuilds the recorded candles from the recorded trades', () => {
    const rows = (name: string) =>
      readFileSync(sharedFile(`data/${name}`), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
    const recorded = rows('xrp-eth-1m.csv').map((row) => row.split(',').map(Number));
    const builder = new CandleBuilder();
    const built: Candle[] = [];
    for (const row of rows('xrp-eth-trades.csv')) {
      const [at, tradeId = '', , price, quantity] = row.split(',');
      built.push(...builder.add({ tradeId, price: Number(price), quantity: Number(quantity), at: Number(at) }));
    }
    built.push(...builder.closeThrough((recorded.at(-1)?.[0] ?? 0) + MINUTE_MS));
    const byTime = new Map(built.map((candle) => [candle.openTime, candle]));
    expect(recorded.length).toBe(2_469);
    for (const [openTime = 0, open, high, low, close, volume = 0] of recorded) {
      const candle = byTime.get(openTime);
      expect(candle).toMatchObject({ open, high, low, close });
      expect(candle?.volume).toBeCloseTo(volume, 6);
    }
  });
});
