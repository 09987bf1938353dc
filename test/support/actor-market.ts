/** A small market for one symbol: it rises long enough for the indicators, then falls out of its band: one entry. */

import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { parseDecimal } from '../../domain/money.ts';
import type { OrderRequest } from '../../protocol/messages.ts';
import { uuidv7 } from './wire.ts';

const START = Date.UTC(2024, 0, 1);
const HISTORY_MINUTES = 260;
/** Above the long average, below the band of the last twenty closes. */
export const ENTRY_PRICE = 119_500;

/** Above the target of an entry at that price. */
export const TARGET_PRICE = 123_700;

function priceOf(minute: number): number {
  return 100_000 + minute * 100;
}

/** A candle of a single price. */
export function flatCandle(minute: number, price: number): Candle {
  return candle(minute, price, price);
}

export function candle(minute: number, open: number, close: number): Candle {
  return {
    openTime: START + minute * MINUTE_MS,
    open,
    high: Math.max(open, close),
    low: Math.min(open, close),
    close,
    volume: 10,
  };
}

export const HISTORY: readonly Candle[] = Array.from({ length: HISTORY_MINUTES }, (_, minute) =>
  candle(minute, priceOf(minute), priceOf(minute)),
);

/** The candle on whose close the strategy enters. */
export const SIGNAL: Candle = candle(HISTORY_MINUTES, ENTRY_PRICE, ENTRY_PRICE);

/** Candles after the signal, each from the close of the one before to its price. */
export function following(...prices: readonly number[]): Candle[] {
  let last = ENTRY_PRICE;
  return prices.map((price, index) => {
    const next = candle(HISTORY_MINUTES + 1 + index, last, price);
    last = price;
    return next;
  });
}

/** The same price for some minutes. */
export function steady(minutes: number, price = ENTRY_PRICE): number[] {
  return Array.from({ length: minutes }, () => price);
}

/** A person's sell that rests above the market. */
export function limitSell(quantity: string, price: string): OrderRequest {
  return {
    id: uuidv7(),
    side: 'sell',
    type: 'limit',
    quantity: parseDecimal(quantity),
    price: parseDecimal(price),
  };
}

/** An audit with nothing held, set aside or under way. */
export const FLATTENED = {
  mode: 'flat',
  quantity: 0n,
  folded: 0n,
  cashDrift: 0n,
  reserved: 0n,
  heldReservations: 0,
  openOrders: 0,
  openAtVenue: 0,
  crashes: [],
  illegal: [],
} as const;
