/**
 * Streaming indicators over closed candles.
 *
 * Each takes one value a candle and never rewinds. STRATEGY's definitions hold exactly: RSI is Wilder's with the plain mean
 * of the first n changes as first average, Bollinger uses the population deviation. Two places need a guard: a series that
 * never moved has RSI 50, and the rounded mean of equal values may differ from them in the last bit, which would put a flat
 * close below its own flat band.
 *
 * What comes once an hour is trading-signals' own; this is the one file that knows it. What comes every minute repeats its
 * arithmetic step for step, and a property test holds both to the same bits: the library is made for few values, shifts
 * arrays and sums up every average of an RSI anew, and took most of a backtest.
 */
import { SMA } from 'trading-signals';

/** Wilder's relative strength index, 0 to 100; undefined until `period` changes were seen. */
export class RelativeStrength {
  private readonly period: number;
  private readonly share: number;
  private previous: number | undefined;
  private changes = 0;
  private moved = false;
  /** Sums of the first changes, then Wilder's averages. */
  private gain = 0;
  private loss = 0;

  constructor(period: number) {
    this.period = period;
    this.share = 1 / period;
  }

  update(close: number): number | undefined {
    const { previous } = this;
    this.previous = close;
    if (previous === undefined) return undefined;
    if (close !== previous) this.moved = true;
    this.average(close > previous ? close - previous : 0, close > previous ? 0 : previous - close);
    if (this.changes < this.period) return undefined;
    if (!this.moved) return 50;
    return this.loss === 0 ? 100 : 100 - 100 / (this.gain / this.loss + 1);
  }

  private average(gain: number, loss: number): void {
    if (this.changes === this.period) {
      this.gain += (gain - this.gain) * this.share;
      this.loss += (loss - this.loss) * this.share;
      return;
    }
    this.gain += gain;
    this.loss += loss;
    this.changes += 1;
    if (this.changes < this.period) return;
    this.gain /= this.period;
    this.loss /= this.period;
  }
}

/** Plain mean of the last `period` values, of which few come; undefined until there are that many. */
export class MovingAverage {
  private readonly library: SMA;
  private readonly run: EqualRun;

  constructor(period: number) {
    this.library = new SMA(period);
    this.run = new EqualRun(period);
  }

  update(value: number): number | undefined {
    const flat = this.run.covers(value);
    const mean = this.library.update(value, false);
    if (mean === null) return undefined;
    return flat ? value : mean;
  }
}

/** The same mean of values that come every minute. */
export class MinuteAverage {
  private readonly window: Window;
  private readonly run: EqualRun;

  constructor(period: number) {
    this.window = new Window(period);
    this.run = new EqualRun(period);
  }

  update(value: number): number | undefined {
    const flat = this.run.covers(value);
    this.window.push(value);
    if (!this.window.isFull) return undefined;
    return flat ? value : this.window.mean();
  }
}

export interface Band {
  /** The plain mean of the last `period` closes. */
  readonly middle: number;
  /** middle − multiplier × population standard deviation. */
  readonly lower: number;
}

/** Bollinger bands; undefined until `period` closes were seen. Its middle is the moving average of the same period. */
export class LowerBand {
  private readonly multiplier: number;
  private readonly window: Window;
  private readonly run: EqualRun;

  constructor({ period, multiplier }: { readonly period: number; readonly multiplier: number }) {
    this.multiplier = multiplier;
    this.window = new Window(period);
    this.run = new EqualRun(period);
  }

  update(close: number): Band | undefined {
    const flat = this.run.covers(close);
    this.window.push(close);
    if (!this.window.isFull) return undefined;
    if (flat) return { middle: close, lower: close };
    const middle = this.window.mean();
    return { middle, lower: middle - this.window.deviation(middle) * this.multiplier };
  }
}

/**
 * The mean of `blocks` × `period` closes, from the moving averages of `period` closes that tile them. Summing 200 closes
 * a candle costs more than everything else together; ten means of 20 are the same number and never drift.
 */
export class TiledAverage {
  private readonly tiles: { readonly period: number; readonly blocks: number };
  /** NaN where the moving average was not warm. */
  private readonly means: Float64Array;
  private readonly run: EqualRun;
  private next = 0;

  constructor(tiles: { readonly period: number; readonly blocks: number }) {
    this.tiles = tiles;
    this.means = new Float64Array(tiles.period * (tiles.blocks - 1) + 1).fill(Number.NaN);
    this.run = new EqualRun(tiles.period * tiles.blocks);
  }

  /** `mean` is the moving average of `period` closes that ends with `close`; undefined while that one is not warm. */
  update(close: number, mean: number | undefined): number | undefined {
    const { period, blocks } = this.tiles;
    const flat = this.run.covers(close);
    this.means[this.next] = mean ?? Number.NaN;
    let slot = this.next;
    this.next = (this.next + 1) % this.means.length;
    let sum = 0;
    for (let block = 0; block < blocks; block += 1) {
      sum += this.means[slot] ?? Number.NaN;
      slot -= period;
      if (slot < 0) slot += this.means.length;
    }
    if (Number.isNaN(sum)) return undefined;
    return flat ? close : sum / blocks;
  }
}

/** The last `period` values. Sums go from the oldest to the newest, so that a mean never depends on what came before. */
class Window {
  private readonly values: Float64Array;
  private next = 0;
  private count = 0;

  constructor(period: number) {
    this.values = new Float64Array(period);
  }

  get isFull(): boolean {
    return this.count === this.values.length;
  }

  push(value: number): void {
    const { values } = this;
    values[this.next] = value;
    this.next = this.next + 1 === values.length ? 0 : this.next + 1;
    if (this.count < values.length) this.count += 1;
  }

  mean(): number {
    const { values, next } = this;
    let sum = 0;
    for (let index = next; index < values.length; index += 1) sum += values[index] as number;
    for (let index = 0; index < next; index += 1) sum += values[index] as number;
    return sum / values.length;
  }

  /** Of the population. */
  deviation(mean: number): number {
    const { values, next } = this;
    let sum = 0;
    for (let index = next; index < values.length; index += 1) sum += ((values[index] as number) - mean) ** 2;
    for (let index = 0; index < next; index += 1) sum += ((values[index] as number) - mean) ** 2;
    return Math.sqrt(sum / values.length);
  }
}

/** Counts how many values in a row were equal. */
class EqualRun {
  private readonly period: number;
  private last: number | undefined;
  private length = 0;

  constructor(period: number) {
    this.period = period;
  }

  /** Takes the next value; true when the last `period` values, this one included, are all equal. */
  covers(value: number): boolean {
    this.length = value === this.last ? this.length + 1 : 1;
    this.last = value;
    return this.length >= this.period;
  }
}
