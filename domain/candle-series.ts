/**
 * Candles in sequence: building them from trades, filling gaps, and reading hours and price paths out of them.
 *
 * A minute without trades is a flat candle at the last close with volume 0. A candle is handed out once, closed, and
 * never changed afterwards; a trade that arrives after its minute was closed is counted, not applied.
 */
import { type Candle, closesHour, closeTime, HOUR_MS, type MarketTrade, MINUTE_MS } from './candle.ts';
import { invariant } from './invariant.ts';

/** The flat candles strictly between `previous` and `next`, oldest first; none when they are neighbours. */
export function fillGap(previous: Candle, next: Candle): Candle[] {
  invariant(next.openTime > previous.openTime, 'the next candle opens after the previous one');
  return flatCandles(previous, next.openTime);
}

/** The prices a candle passes, in the order a backtest assumes. */
export function pricePath(candle: Candle): readonly [number, number, number, number] {
  return candle.close >= candle.open
    ? [candle.open, candle.low, candle.high, candle.close]
    : [candle.open, candle.high, candle.low, candle.close];
}

/**
 * Closes of the hours these candles close, oldest first, a partial first hour included and the hour still forming left
 * out. Missing minutes count as flat: an hour without its last candles closes at the last close before its end.
 */
export function aggregateHours(candles: readonly Candle[]): number[] {
  const closes: number[] = [];
  let previous: Candle | undefined;
  for (const candle of candles) {
    if (previous !== undefined) {
      invariant(candle.openTime > previous.openTime, 'candles are in order of time');
      const missed = Math.floor(candle.openTime / HOUR_MS) - Math.floor(closeTime(previous) / HOUR_MS);
      for (let hour = 0; hour < missed; hour += 1) closes.push(previous.close);
    }
    if (closesHour(candle)) closes.push(candle.close);
    previous = candle;
  }
  return closes;
}

/** Builds closed one-minute candles from trades. Trades are deduplicated before they come here. */
export class CandleBuilder {
  private forming: FormingCandle | undefined;
  private lastClosed: Candle | undefined;
  private late = 0;

  /** `previous` is the last closed candle already known (from a backfill): the gap after it is filled from it. */
  constructor(previous?: Candle) {
    this.lastClosed = previous;
  }

  /** Takes one trade; the candles it closes, flat ones included, oldest first. */
  add(trade: MarketTrade): Candle[] {
    invariant(trade.price > 0 && trade.quantity >= 0, 'a trade has a positive price and no negative quantity');
    const minute = Math.floor(trade.at / MINUTE_MS) * MINUTE_MS;
    if (minute < this.nextOpenTime()) {
      this.late += 1;
      return [];
    }
    const closed = this.closeThrough(minute);
    if (this.forming === undefined) this.forming = startCandle(minute, trade);
    else extendCandle(this.forming, trade);
    return closed;
  }

  /** Closes every minute that ends at or before `time`; quiet minutes become flat candles. */
  closeThrough(time: number): Candle[] {
    const boundary = Math.floor(time / MINUTE_MS) * MINUTE_MS;
    const closed: Candle[] = [];
    if (this.forming !== undefined && this.forming.openTime < boundary) {
      const { openTime, open, high, low, close, volume } = this.forming;
      const candle: Candle = { openTime, open, high, low, close, volume };
      if (this.lastClosed !== undefined) closed.push(...flatCandles(this.lastClosed, openTime));
      closed.push(candle);
      this.lastClosed = candle;
      this.forming = undefined;
    }
    const flatEnd = this.forming === undefined ? boundary : Math.min(boundary, this.forming.openTime);
    if (this.lastClosed !== undefined) {
      const flat = flatCandles(this.lastClosed, flatEnd);
      closed.push(...flat);
      this.lastClosed = flat.at(-1) ?? this.lastClosed;
    }
    return closed;
  }

  /** Trades that came after their minute was closed, and changed nothing. */
  get lateTrades(): number {
    return this.late;
  }

  /** The earliest minute a trade may still belong to. */
  private nextOpenTime(): number {
    if (this.forming !== undefined) return this.forming.openTime;
    return this.lastClosed === undefined ? Number.NEGATIVE_INFINITY : closeTime(this.lastClosed);
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A candle under construction, with the times of the trades that gave its open and close. */
type FormingCandle = Mutable<Candle> & { firstAt: number; lastAt: number };

function startCandle(openTime: number, { price, quantity, at }: MarketTrade): FormingCandle {
  return { openTime, open: price, high: price, low: price, close: price, volume: quantity, firstAt: at, lastAt: at };
}

/** Venues deliver out of order within a minute: the earliest trade opens, the latest closes, ties in arrival order. */
function extendCandle(candle: FormingCandle, trade: MarketTrade): void {
  candle.high = Math.max(candle.high, trade.price);
  candle.low = Math.min(candle.low, trade.price);
  candle.volume += trade.quantity;
  if (trade.at < candle.firstAt) {
    candle.firstAt = trade.at;
    candle.open = trade.price;
  }
  if (trade.at >= candle.lastAt) {
    candle.lastAt = trade.at;
    candle.close = trade.price;
  }
}

/** Flat candles after `previous` up to, not including, the one that opens at `end`. */
function flatCandles(previous: Candle, end: number): Candle[] {
  const { close } = previous;
  const flat: Candle[] = [];
  for (let openTime = closeTime(previous); openTime < end; openTime += MINUTE_MS) {
    flat.push({ openTime, open: close, high: close, low: close, close, volume: 0 });
  }
  return flat;
}
