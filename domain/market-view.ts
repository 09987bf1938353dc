/**
 * Everything a symbol knows from market data alone: indicators, regime, the last candle.
 *
 * It is updated exactly once for each closed candle, in order and without holes, and never rewound: a decision only
 * ever sees closed candles. It knows nothing of positions, orders or money.
 */
import { type Candle, closesHour, closeTime, MINUTE_MS } from './candle.ts';
import { type Band, LowerBand, MinuteAverage, RelativeStrength, TiledAverage } from './indicators.ts';
import { invariant } from './invariant.ts';
import { type Regime, RegimeTracker } from './regime.ts';
import { NO_VOLATILITY, type Volatility, VolatilityForecast } from './volatility.ts';

const RSI_SLOW = 14;
const RSI_FAST = 7;
const BAND = { period: 20, multiplier: 2 };
const VOLUME_CANDLES = 20;
const LONG_AVERAGE = { period: BAND.period, blocks: 10 };
/** Candles over which the oversold low looks back, the current one included. */
const OVERSOLD_CANDLES = 5;

/** What the market looks like at the close of one candle; a value is undefined until its indicator is warm. */
export interface Reading {
  readonly candle: Candle;
  /** The regime at this close: a candle that closes the hour already carries the new one. */
  readonly regime: Regime;
  /** Percent; undefined while the regime is UNKNOWN. */
  readonly regimeDistance: number | undefined;
  readonly rsi14: number | undefined;
  readonly rsi7: number | undefined;
  /** The least RSI(7) of the last 5 candles, this one included. */
  readonly oversoldLow: number | undefined;
  readonly sma20: number | undefined;
  readonly sma200: number | undefined;
  readonly bollingerLower: number | undefined;
  /** Volume over the mean of the 20 volumes before it; 0 when that mean is 0. */
  readonly volumeRatio: number | undefined;
  /** The last volume ratios, at most 3, this one last; fewer while they don't exist yet. */
  readonly recentVolumeRatios: readonly number[];
  /** One of the 2 candles before this one closed at or below its own lower band. */
  readonly touchedLowerBefore: boolean;
}

export class MarketView {
  private readonly tracker = new RegimeTracker();
  private readonly volatilityForecast = new VolatilityForecast();
  private readonly slow = new RelativeStrength(RSI_SLOW);
  private readonly fast = new RelativeStrength(RSI_FAST);
  private readonly band = new LowerBand(BAND);
  private readonly longAverage = new TiledAverage(LONG_AVERAGE);
  private readonly volumeAverage = new MinuteAverage(VOLUME_CANDLES);
  /** Mean of the 20 volumes up to and including the last candle: the divisor of the next ratio. */
  private volumeMean: number | undefined;
  private volumeRatios: readonly number[] = [];
  /** The last values of RSI(7), in no order. */
  private readonly recentFast = new Float64Array(OVERSOLD_CANDLES);
  private fastCount = 0;
  private touchedOneBefore = false;
  private touchedTwoBefore = false;
  private last: Candle | undefined;

  /** Closes of the hours before the first observed candle, oldest first, when warming from aggregated history. */
  seedHours(closes: readonly number[]): void {
    invariant(this.last === undefined, 'hours are seeded before the first observed candle');
    for (const close of closes) this.closeHour(close);
  }

  /** Takes the next closed candle and says what the market looks like at its close. */
  observe(candle: Candle): Reading {
    const expected = this.last === undefined ? candle.openTime : this.last.openTime + MINUTE_MS;
    invariant(candle.openTime === expected, 'candles are observed minute by minute, without holes');
    invariant(candle.openTime % MINUTE_MS === 0, 'a candle opens on a whole minute');
    this.last = candle;
    if (closesHour(candle)) this.closeHour(candle.close);

    const rsi7 = this.fast.update(candle.close);
    const band = this.band.update(candle.close);
    const volumeRatio = this.updateVolume(candle.volume);
    const reading: Reading = {
      candle,
      regime: this.tracker.regime,
      regimeDistance: this.tracker.distance,
      rsi14: this.slow.update(candle.close),
      rsi7,
      oversoldLow: this.updateOversoldLow(rsi7),
      sma20: band?.middle,
      sma200: this.longAverage.update(candle.close, band?.middle),
      bollingerLower: band?.lower,
      volumeRatio,
      recentVolumeRatios: this.volumeRatios,
      touchedLowerBefore: this.touchedOneBefore || this.touchedTwoBefore,
    };
    this.rememberTouch(candle.close, band);
    return reading;
  }

  get lastCandle(): Candle | undefined {
    return this.last;
  }

  /** The regime that holds now, for price exits between closes. */
  get regime(): Regime {
    return this.tracker.regime;
  }

  /** Percent; undefined while the regime is UNKNOWN. */
  get regimeDistance(): number | undefined {
    return this.tracker.distance;
  }

  /** What the size of an entry at this close depends on; worked out when it is first asked for on a day. */
  get volatility(): Volatility {
    return this.last === undefined ? NO_VOLATILITY : this.volatilityForecast.at(closeTime(this.last));
  }

  /** Closed hours known so far, seeded ones included. */
  get hours(): number {
    return this.tracker.hours;
  }

  private closeHour(close: number): void {
    this.tracker.closeHour(close);
    this.volatilityForecast.closeHour(close);
  }

  private updateVolume(volume: number): number | undefined {
    const mean = this.volumeMean;
    this.volumeMean = this.volumeAverage.update(volume);
    if (mean === undefined) return undefined;
    const ratio = mean === 0 ? 0 : volume / mean;
    const [, second, third] = this.volumeRatios;
    this.volumeRatios =
      second === undefined || third === undefined ? [...this.volumeRatios, ratio] : [second, third, ratio];
    return ratio;
  }

  private updateOversoldLow(rsi7: number | undefined): number | undefined {
    if (rsi7 === undefined) return undefined;
    this.recentFast[this.fastCount % OVERSOLD_CANDLES] = rsi7;
    this.fastCount += 1;
    if (this.fastCount < OVERSOLD_CANDLES) return undefined;
    let low = rsi7;
    for (const value of this.recentFast) if (value < low) low = value;
    return low;
  }

  private rememberTouch(close: number, band: Band | undefined): void {
    this.touchedTwoBefore = this.touchedOneBefore;
    this.touchedOneBefore = band !== undefined && close <= band.lower;
  }
}
