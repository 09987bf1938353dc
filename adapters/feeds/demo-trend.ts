/**
 * The slow part of the demo market: episodes of days in which prices rise, fall or go nowhere, chosen so that a market
 * that has risen far does not rise for ever.
 */
import { HOUR_MS } from '../../domain/candle.ts';
import type { KnownRegime } from '../../domain/regime.ts';
import { SeededRandom, seedAt } from './seeded-random.ts';

/**
 * Log drift an hour while a market trends. Under a steady drift the mean of 50 hours stands 75 hours of drift away from
 * the mean of 200, so this is a distance of 5 to 6 %, well beyond the ±2 % of the regime.
 */
const HOURLY_DRIFT: Readonly<Record<KnownRegime, number>> = { BULL: 0.00075, SIDEWAYS: 0, BEAR: -0.00075 };
/** Further than this from its level, a market does not go on in the same direction. */
const STRETCH_MAX = 0.09;
const EPISODE_HOURS = { least: 60, most: 132 };
/** The first episode covers the history and this much of the live market. */
const FIRST_LIVE_HOURS = { least: 14, most: 40 };

export interface TrendOptions {
  readonly seed: number;
  readonly first: KnownRegime;
  readonly historyMs: number;
}

/** Log distance from the level, hour by hour from the start of history. Only goes forward. */
export class DemoTrend {
  private readonly seed: number;
  private episode = 0;
  private regime: KnownRegime;
  private hoursLeft: number;
  private stretch: number;

  constructor({ seed, first, historyMs }: TrendOptions) {
    this.seed = seed;
    this.regime = first;
    const historyHours = historyMs / HOUR_MS;
    const random = new SeededRandom(seedAt(seed, 0));
    this.hoursLeft = historyHours + random.integer(FIRST_LIVE_HOURS.least, FIRST_LIVE_HOURS.most);
    // Half of the history's way lies before the level, half behind it.
    this.stretch = (-HOURLY_DRIFT[first] * historyHours) / 2;
  }

  get value(): number {
    return this.stretch;
  }

  advanceHour(): void {
    if (this.hoursLeft === 0) this.nextEpisode();
    this.hoursLeft -= 1;
    this.stretch += HOURLY_DRIFT[this.regime];
  }

  private nextEpisode(): void {
    this.episode += 1;
    const random = new SeededRandom(seedAt(this.seed, this.episode));
    const choices = (['BULL', 'SIDEWAYS', 'BEAR'] as const).filter(
      (regime) => regime !== this.regime && this.stretch * Math.sign(HOURLY_DRIFT[regime]) < STRETCH_MAX / 2,
    );
    this.regime = choices[random.integer(0, choices.length - 1)] ?? 'SIDEWAYS';
    this.hoursLeft = random.integer(EPISODE_HOURS.least, EPISODE_HOURS.most);
  }
}
