/**
 * Streaming indicators over closed candles: the one file that knows trading-signals.
 *
 * Each wrapper takes one value a candle and never rewinds. STRATEGY's definitions hold exactly: RSI is Wilder's with the
 * plain mean of the first n changes as first average, Bollinger uses the population deviation. Two places need a guard:
 * the library calls a series that never moved RSI 100 (STRATEGY: 50), and the rounded mean of equal values may differ
 * from them in the last bit, which would put a flat close below its own flat band.
 */
import { BollingerBands, RSI, SMA } from 'trading-signals';

/** Wilder's relative strength index, 0 to 100; undefined until `period` changes were seen. */
export class RelativeStrength {
  private readonly library: RSI;
  private previous: number | undefined;
  private moved = false;

  constructor(period: number) {
    this.library = new RSI(period);
  }

  update(close: number): number | undefined {
    if (this.previous !== undefined && this.previous !== close) this.moved = true;
    this.previous = close;
    const value = this.library.update(close, false);
    if (value === null) return undefined;
    return this.moved ? value : 50;
  }
}

/** Plain mean of the last `period` values; undefined until there are that many. */
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

export interface Band {
  /** The plain mean of the last `period` closes. */
  readonly middle: number;
  /** middle − multiplier × population standard deviation. */
  readonly lower: number;
}

/** Bollinger bands; undefined until `period` closes were seen. Its middle is the moving average of the same period. */
export class LowerBand {
  private readonly library: BollingerBands;
  private readonly run: EqualRun;

  constructor(options: { readonly period: number; readonly multiplier: number }) {
    this.library = new BollingerBands(options.period, options.multiplier);
    this.run = new EqualRun(options.period);
  }

  update(close: number): Band | undefined {
    const flat = this.run.covers(close);
    const bands = this.library.update(close, false);
    if (bands === null) return undefined;
    return flat ? { middle: close, lower: close } : bands;
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
