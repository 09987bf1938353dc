/**
 * One-minute candles. Times are milliseconds since the Unix epoch, UTC; a candle is keyed by its open time and is only
 * ever handled closed. Prices and volume are market data (floats); they become exact when they enter a fill.
 */
export interface Candle {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** A public trade on the market (not one of ours; ours are fills). */
export interface MarketTrade {
  readonly tradeId: string;
  readonly price: number;
  readonly quantity: number;
  readonly at: number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** When this candle closes: the market time of decisions taken on it. */
export function closeTime(candle: Candle): number {
  return candle.openTime + MINUTE_MS;
}

/** A candle that opens at :59 closes the hour. */
export function closesHour(candle: Candle): boolean {
  return closeTime(candle) % HOUR_MS === 0;
}
