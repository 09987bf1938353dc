/**
 * Closes of closed hours out of the last candles of hours that had some: one close an hour, gaps filled. An hour without
 * a trade closes where the hour before it closed, also at the end; hours before the first known candle are left out.
 */
import { HOUR_MS } from '../domain/candle.ts';

/** The last known close of an hour. */
export interface HourClose {
  /** Start of the hour, milliseconds. */
  readonly hour: number;
  readonly close: number;
}

/** What to read: `[from, until)` are the wanted hours; the last candle before `from` fills a gap at their start. */
export function hourWindow(count: number, before: number): { readonly from: number; readonly until: number } {
  const until = Math.floor(before / HOUR_MS) * HOUR_MS;
  return { from: until - count * HOUR_MS, until };
}

/** `known` is in order of time; at most one of it lies before `from`. */
export function fillHours(known: readonly HourClose[], from: number, until: number): number[] {
  const closes: number[] = [];
  let next = 0;
  let last: number | undefined;
  for (let hour = from; hour < until; hour += HOUR_MS) {
    for (let row = known[next]; row !== undefined && row.hour <= hour; row = known[next]) {
      last = row.close;
      next += 1;
    }
    if (last !== undefined) closes.push(last);
  }
  return closes;
}
