/**
 * The market regime of a symbol: how far the 50-hour mean stands from the 200-hour mean (STRATEGY "Regime").
 *
 * It is re-evaluated when an hour closes and at no other time. Fewer than 200 closed hours: UNKNOWN, which forbids
 * entries and never exits.
 */
import { MovingAverage } from './indicators.ts';

export type KnownRegime = 'BULL' | 'SIDEWAYS' | 'BEAR';
export type Regime = KnownRegime | 'UNKNOWN';

export const KNOWN_REGIMES: readonly KnownRegime[] = ['BULL', 'SIDEWAYS', 'BEAR'];

/** Beyond this distance, in percent, the market trends. */
export const REGIME_THRESHOLD_PERCENT = 2;
export const REGIME_HOURS_SHORT = 50;
export const REGIME_HOURS_LONG = 200;

/** Distance of the short mean from the long one, in percent of the long one. */
export function regimeDistance(sma50: number, sma200: number): number {
  return ((sma50 - sma200) / sma200) * 100;
}

/** The regime at this distance; exactly ±2 % is still SIDEWAYS. */
export function regimeOf(distance: number | undefined): Regime {
  if (distance === undefined) return 'UNKNOWN';
  if (distance > REGIME_THRESHOLD_PERCENT) return 'BULL';
  if (distance < -REGIME_THRESHOLD_PERCENT) return 'BEAR';
  return 'SIDEWAYS';
}

export class RegimeTracker {
  private readonly short = new MovingAverage(REGIME_HOURS_SHORT);
  private readonly long = new MovingAverage(REGIME_HOURS_LONG);
  private currentDistance: number | undefined;
  private currentRegime: Regime = 'UNKNOWN';
  private closedHours = 0;

  /** Takes the close of the next hour, oldest first. */
  closeHour(close: number): void {
    this.closedHours += 1;
    const short = this.short.update(close);
    const long = this.long.update(close);
    if (short === undefined || long === undefined) return;
    this.currentDistance = regimeDistance(short, long);
    this.currentRegime = regimeOf(this.currentDistance);
  }

  get regime(): Regime {
    return this.currentRegime;
  }

  /** In percent; undefined while the regime is UNKNOWN. */
  get distance(): number | undefined {
    return this.currentDistance;
  }

  /** Hours closed so far. */
  get hours(): number {
    return this.closedHours;
  }
}
