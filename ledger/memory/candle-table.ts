/**
 * Candles by symbol and open time. A backtest appends millions of them in order, so that appending is the fast path; a
 * backfilled one is put in its place. The first candle stored for a minute stays.
 */
import { type Candle, HOUR_MS } from '../../domain/candle.ts';
import type { HourClose } from '../hour-closes.ts';

export class CandleTable {
  readonly #bySymbol = new Map<string, Candle[]>();

  store(symbol: string, candle: Candle): void {
    const candles = this.#bySymbol.get(symbol);
    if (candles === undefined) {
      this.#bySymbol.set(symbol, [candle]);
      return;
    }
    const last = candles[candles.length - 1];
    if (last === undefined || candle.openTime > last.openTime) {
      candles.push(candle);
      return;
    }
    const index = firstAt(candles, candle.openTime);
    if (candles[index]?.openTime !== candle.openTime) candles.splice(index, 0, candle);
  }

  /** The last `count` candles that open at or before `through`, oldest first. */
  recent(symbol: string, count: number, through: number): readonly Candle[] {
    const candles = this.#bySymbol.get(symbol) ?? [];
    const end = firstAt(candles, through + 1);
    return candles.slice(Math.max(0, end - count), end);
  }

  lastOpenTime(symbol: string): number | undefined {
    return this.#bySymbol.get(symbol)?.at(-1)?.openTime;
  }

  /** The last close of every hour in `[from, until)` that has candles, after the last close before `from`. */
  lastOfHours(symbol: string, from: number, until: number): HourClose[] {
    const candles = this.#bySymbol.get(symbol) ?? [];
    const start = firstAt(candles, from);
    const known: HourClose[] = [];
    for (let index = Math.max(0, start - 1); index < candles.length; index += 1) {
      const { openTime, close } = candles[index] as Candle;
      if (openTime >= until) break;
      const hour = Math.floor(openTime / HOUR_MS) * HOUR_MS;
      if (known.at(-1)?.hour === hour) known.pop();
      known.push({ hour, close });
    }
    return known;
  }
}

/** Index of the first candle that opens at or after `time`. */
function firstAt(candles: readonly Candle[], time: number): number {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((candles[middle] as Candle).openTime < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
