/**
 * What every reader of recorded data produces: one candle or one trade, checked, with the place it came from, so that
 * whatever is wrong with it later can be said with file and line.
 */

import { type Candle, closeTime, type MarketTrade, MINUTE_MS } from '../../domain/candle.ts';
import { isSymbol } from '../../domain/instrument.ts';

export interface Place {
  readonly path: string;
  /** 1-based line of the (unpacked) file. */
  readonly line: number;
}

export type RecordedRow =
  | {
      readonly type: 'candle';
      readonly symbol: string;
      readonly at: number;
      readonly candle: Candle;
      readonly place: Place;
    }
  | {
      readonly type: 'trade';
      readonly symbol: string;
      readonly at: number;
      readonly trade: MarketTrade;
      readonly place: Place;
    };

/** Recorded data that cannot be used as it is: the message names file, line, what was found and what is expected. */
export class RecordedDataError extends Error {
  override readonly name = 'RecordedDataError';

  constructor(place: Place | { readonly path: string }, problem: string, options?: ErrorOptions) {
    super(`${place.path}${'line' in place ? `:${place.line}` : ''}: ${problem}`, options);
  }
}

export function checkSymbol(symbol: string, place: Place | { readonly path: string }): string {
  if (!isSymbol(symbol))
    throw new RecordedDataError(place, `"${symbol}" is not a symbol; one such as KRW-BTC is expected`);
  return symbol;
}

/** A row for a candle; a candle belongs to the time it closes at. Throws RecordedDataError when it contradicts itself. */
export function candleRow(symbol: string, candle: Candle, place: Place): RecordedRow {
  const { openTime, open, high, low, close, volume } = candle;
  if (openTime % MINUTE_MS !== 0) {
    throw new RecordedDataError(place, `candle opens at ${describeTime(openTime)}, a full minute is expected`);
  }
  if (!(low > 0) || !(high < Number.POSITIVE_INFINITY)) {
    throw new RecordedDataError(
      place,
      `prices are positive numbers, found open ${open} high ${high} low ${low} close ${close}`,
    );
  }
  if (!(low <= open && low <= close && high >= open && high >= close)) {
    throw new RecordedDataError(
      place,
      `open and close lie between low and high, found open ${open} high ${high} low ${low} close ${close}`,
    );
  }
  if (!(volume >= 0 && volume < Number.POSITIVE_INFINITY)) {
    throw new RecordedDataError(place, `volume is zero or more, found ${volume}`);
  }
  return { type: 'candle', symbol, at: closeTime(candle), candle, place };
}

/** A row for a trade. Throws RecordedDataError when price or quantity cannot be. */
export function tradeRow(symbol: string, trade: MarketTrade, place: Place): RecordedRow {
  const { price, quantity } = trade;
  if (!(price > 0 && price < Number.POSITIVE_INFINITY && quantity > 0 && quantity < Number.POSITIVE_INFINITY)) {
    throw new RecordedDataError(place, `price and quantity are positive numbers, found ${price} and ${quantity}`);
  }
  return { type: 'trade', symbol, at: trade.at, trade, place };
}

export function sameCandle(one: Candle, other: Candle): boolean {
  return (
    one.open === other.open &&
    one.high === other.high &&
    one.low === other.low &&
    one.close === other.close &&
    one.volume === other.volume
  );
}

export function describeTime(at: number): string {
  return new Date(at).toISOString();
}
