/**
 * The candles the chart shows: stored ones, those that close while the page is open, and the running one.
 *
 * The running candle is the minute after the last closed one, whatever the browser's clock says: the market may be a recorded
 * one. A tick that comes before the close of its predecessor was heard is counted to that predecessor, whose own numbers then
 * replace it; so only the running candle may lack such a tick, and only until it closes.
 */
import { MINUTE_MS } from '../../../domain/candle.ts';
import type { CandleJson } from '../../../protocol/feed.ts';

/** Market data: floats. `openTime` in milliseconds since the epoch. */
export interface ChartCandle {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export function chartCandle({ openTime, open, high, low, close }: CandleJson): ChartCandle {
  return { openTime: Date.parse(openTime), open, high, low, close };
}

/** Oldest first, each minute once; the later list corrects the earlier one. At most `limit`, the newest. */
export function mergeCandles(
  earlier: readonly ChartCandle[],
  later: readonly ChartCandle[],
  limit: number,
): readonly ChartCandle[] {
  const last = earlier.at(-1);
  const next = later[0];
  if (last === undefined || next === undefined || (later.length === 1 && next.openTime > last.openTime)) {
    return [...earlier, ...later].slice(-limit);
  }
  const byTime = new Map<number, ChartCandle>();
  for (const candle of earlier) byTime.set(candle.openTime, candle);
  for (const candle of later) byTime.set(candle.openTime, candle);
  return [...byTime.values()].sort((a, b) => a.openTime - b.openTime).slice(-limit);
}

/** The running candle after this price; `running` of a minute that has closed meanwhile is begun anew. */
export function runCandle(running: ChartCandle | undefined, lastClosed: ChartCandle, price: number): ChartCandle {
  const openTime = lastClosed.openTime + MINUTE_MS;
  if (running === undefined || running.openTime !== openTime) {
    return { openTime, open: price, high: price, low: price, close: price };
  }
  return {
    openTime,
    open: running.open,
    high: Math.max(running.high, price),
    low: Math.min(running.low, price),
    close: price,
  };
}

/** Closed candles with the running one at their end, while it is newer than they are. */
export function withRunning(closed: readonly ChartCandle[], running: ChartCandle | undefined): readonly ChartCandle[] {
  const last = closed.at(-1);
  return last === undefined || running === undefined || running.openTime <= last.openTime
    ? closed
    : [...closed, running];
}

/** Lowest and highest price of what the chart shows; undefined without candles. */
export function priceRange(
  candles: readonly ChartCandle[],
): { readonly low: number; readonly high: number } | undefined {
  if (candles.length === 0) return undefined;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const candle of candles) {
    low = Math.min(low, candle.low);
    high = Math.max(high, candle.high);
  }
  return { low, high };
}
