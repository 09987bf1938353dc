/**
 * The volatility factor of a symbol (STRATEGY "Sizing and risk"): half the size while the hours are forecast to be wild.
 *
 * It belongs to a moment, not to a process: the forecast from the hours closed at the last 00:05 UTC of market time. So a
 * restart, another Pod and a backtest find the same one (I9), and it can be worked out when it is first needed: at an entry,
 * a few times a day, and not for all symbols at once at 00:05.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from './candle.ts';
import { fitGarch } from './garch.ts';

export interface Volatility {
  /** What the size of an entry is multiplied with. */
  readonly factor: number;
  /** Standard deviation of the next hour's return, percent; null when there is no fit. */
  readonly forecast: number | null;
}

/** Hourly returns that the forecast is made of, at most and at least. */
export const VOLATILITY_HOURS_MAX = 2_160;
const HOURS_MIN = 100;
/** Percent an hour above which the market counts as wild. */
const DEVIATION_MAX = 2;
const WILD_FACTOR = 0.5;
/** After midnight, so that the day's last hour has surely closed. */
const FITTED_AT_MS = 5 * MINUTE_MS;

/** A return needs the close before it; the hours since the last fit are kept for the next. */
export const VOLATILITY_CLOSES_MAX = VOLATILITY_HOURS_MAX + 1 + DAY_MS / HOUR_MS;

export const NO_VOLATILITY: Volatility = { factor: 1, forecast: null };

export class VolatilityForecast {
  readonly #closes: number[] = [];
  #fit: { readonly at: number; readonly volatility: Volatility } | undefined;

  /** Takes the close of the next hour, oldest first. */
  closeHour(close: number): void {
    this.#closes.push(close);
    if (this.#closes.length > VOLATILITY_CLOSES_MAX) this.#closes.shift();
  }

  /** What holds at this market time: that of the last closed candle. */
  at(marketTime: number): Volatility {
    const fittedAt = Math.floor((marketTime - FITTED_AT_MS) / DAY_MS) * DAY_MS + FITTED_AT_MS;
    if (this.#fit?.at !== fittedAt) {
      const since = Math.floor(marketTime / HOUR_MS) - Math.floor(fittedAt / HOUR_MS);
      const closes = this.#closes.slice(0, Math.max(0, this.#closes.length - since));
      this.#fit = { at: fittedAt, volatility: volatilityOf(closes) };
    }
    return this.#fit.volatility;
  }
}

/** From closes of hours, oldest first. */
export function volatilityOf(closes: readonly number[]): Volatility {
  const used = closes.slice(-(VOLATILITY_HOURS_MAX + 1));
  const returns = used.slice(1).map((close, index) => 100 * Math.log(close / (used[index] as number)));
  if (returns.length < HOURS_MIN) return NO_VOLATILITY;
  const forecast = Math.sqrt(fitGarch(returns)?.forecast ?? Number.NaN);
  if (!Number.isFinite(forecast)) return NO_VOLATILITY;
  return { factor: forecast > DEVIATION_MAX ? WILD_FACTOR : 1, forecast };
}
