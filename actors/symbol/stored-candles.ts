/** What a symbol reads back of its stored candles: to warm up after a start, and to close a gap. */
import { type Candle, HOUR_MS, MINUTE_MS } from '../../domain/candle.ts';
import { fillGap } from '../../domain/candle-series.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { LedgerReader } from '../../protocol/ports/ledger.ts';

/** What indicators and regime are warmed up from. */
export interface WarmUp {
  /** Closes of the hours before the first minute, oldest first. */
  readonly hours: readonly number[];
  readonly minutes: readonly Candle[];
}

/**
 * The last minutes (up to `through`) as they are and, before them, hours as their closes. When older candles exist the
 * minutes start with an hour; when they don't, the partial first hour is part of them.
 */
export async function readWarmUp(reader: LedgerReader, symbol: string, through?: number): Promise<WarmUp> {
  const minutes = await reader.candles(symbol, LIMITS.warmUpMinutes, through);
  const [first] = minutes;
  if (first === undefined || minutes.length < LIMITS.warmUpMinutes) return { hours: [], minutes };
  const start = Math.ceil(first.openTime / HOUR_MS) * HOUR_MS;
  return {
    hours: await reader.hourCloses(symbol, LIMITS.warmUpHours, start),
    minutes: minutes.filter((candle) => candle.openTime >= start),
  };
}

/** The minutes between two candles: stored ones where the ledger has them, else flat. */
export async function readMissing(
  reader: LedgerReader,
  symbol: string,
  { last, next }: { readonly last: Candle; readonly next: Candle },
): Promise<readonly Candle[]> {
  const minutes = (next.openTime - last.openTime) / MINUTE_MS - 1;
  const stored = await reader.candles(symbol, minutes, next.openTime - MINUTE_MS);
  const series: Candle[] = [];
  let previous = last;
  for (const candle of [...stored.filter((row) => row.openTime > last.openTime), next]) {
    series.push(...fillGap(previous, candle), candle);
    previous = candle;
  }
  series.pop();
  return series;
}
