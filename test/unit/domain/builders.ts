/** Builders of market data, readings and orders for the domain tests: valid by default, one detail changed at a time. */
import { type Candle, MINUTE_MS } from '../../../domain/candle.ts';
import type { OpenTrade } from '../../../domain/exits.ts';
import type { Reading } from '../../../domain/market-view.ts';
import { fromNumber } from '../../../domain/money.ts';
import type { Order } from '../../../domain/order.ts';

/** 2022-01-01T00:00:00Z, a whole hour. */
export const START = Date.UTC(2022, 0, 1);

/** A candle `minute` minutes after START that stays at `close` unless told otherwise. */
export function candleAt(minute: number, close: number, changes: Partial<Candle> = {}): Candle {
  return { openTime: START + minute * MINUTE_MS, open: close, high: close, low: close, close, volume: 1, ...changes };
}

/** A reading that passes every entry check of v3.3 in BULL, SIDEWAYS and BEAR. */
export function readingWith(changes: Partial<Reading> = {}): Reading {
  return {
    candle: candleAt(0, 100),
    regime: 'SIDEWAYS',
    regimeDistance: 0,
    rsi14: 40,
    rsi7: 45,
    oversoldLow: 25,
    sma20: 99,
    sma200: 90,
    bollingerLower: 98,
    volumeRatio: 1.5,
    recentVolumeRatios: [1, 1, 1.5],
    touchedLowerBefore: true,
    ...changes,
  };
}

/** A trade entered at 100, at START, in a SIDEWAYS market. */
export function tradeWith(changes: Partial<OpenTrade> = {}): OpenTrade {
  const entryPrice = changes.entryPrice ?? fromNumber(100);
  return { entryPrice, entryTime: START, entryRegime: 'SIDEWAYS', highWaterMark: entryPrice, ...changes };
}

/** A pending market buy of 2. */
export function orderWith(changes: Partial<Order> = {}): Order {
  return {
    clientOrderId: 'order-1',
    symbol: 'KRW-BTC',
    side: 'buy',
    type: 'market',
    quantity: fromNumber(2),
    status: 'pending',
    filledQuantity: 0n,
    filledNotional: 0n,
    fees: 0n,
    sendBefore: START,
    intent: 'entry',
    ...changes,
  };
}
