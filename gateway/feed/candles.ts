/** Closed candles of the bus, each told once, however often the bus brings it; a corrected one is told again. */
import { type Candle, closeTime } from '../../domain/candle.ts';
import { isoTime } from '../../domain/time.ts';
import type { CandleJson } from '../../protocol/feed.ts';
import { CANDLES_REMEMBERED_MAX, PRICES_MAX } from './bounds.ts';
import { type BusTrade, decodeCandle } from './market-data.ts';

export interface NewCandle {
  readonly json: CandleJson;
  /** The price at its end. */
  readonly close: BusTrade;
}

export class Candles {
  /** What was told of each symbol, oldest first. */
  readonly #told = new Map<string, readonly Candle[]>();

  /** The candle when it is to be told; undefined when it was. Throws for what is no candle. */
  take(symbol: string, data: Uint8Array): NewCandle | undefined {
    const { candle, isCorrected } = decodeCandle(data);
    const told = this.#told.get(symbol) ?? [];
    const known = told.find(({ openTime }) => openTime === candle.openTime);
    if (known !== undefined && (!isCorrected || isSame(known, candle))) return undefined;
    // Whether a candle from before all that is remembered was told, nobody knows any more.
    const first = told.length < CANDLES_REMEMBERED_MAX ? undefined : told[0];
    if (first !== undefined && candle.openTime < first.openTime && !isCorrected) return undefined;
    this.#remember(symbol, [...told.filter((other) => other !== known), candle]);
    return {
      json: { ...candle, openTime: isoTime(candle.openTime) },
      close: { price: candle.close, at: closeTime(candle) },
    };
  }

  #remember(symbol: string, candles: Candle[]): void {
    if (!this.#told.has(symbol) && this.#told.size >= PRICES_MAX) return;
    candles.sort((one, other) => one.openTime - other.openTime);
    this.#told.set(symbol, candles.slice(-CANDLES_REMEMBERED_MAX));
  }
}

function isSame(one: Candle, other: Candle): boolean {
  const { open, high, low, close, volume } = one;
  return (
    open === other.open && high === other.high && low === other.low && close === other.close && volume === other.volume
  );
}
