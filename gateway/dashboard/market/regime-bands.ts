/**
 * The regime behind the candles, only where the engine told it.
 *
 * A regime is decided when an hour closes and holds until the next one does (STRATEGY "Regime"). So one word of the engine about
 * a moment tells the whole hour around it, and nothing about the hours before and after: those stay blank, never guessed.
 */
import { HOUR_MS } from '../../../domain/candle.ts';
import type { KnownRegime } from '../../../domain/regime.ts';
import type { FeedEvent } from '../../../protocol/feed.ts';

/** Written here: `domain/regime.ts` computes regimes, with a library that the page has no use for. */
const KNOWN_REGIMES: readonly KnownRegime[] = ['BULL', 'SIDEWAYS', 'BEAR'];

/** What the engine said of the regime at a moment of market time (milliseconds). */
export interface RegimeObservation {
  readonly at: number;
  readonly regime: KnownRegime;
}

/** From its first moment to the one before `to`; milliseconds, whole hours. */
export interface RegimeBand {
  readonly from: number;
  readonly to: number;
  readonly regime: KnownRegime;
}

/** Decisions name the regime they were taken in; a closed trade the one it was entered in. Undefined for everything else. */
export function observedRegime(event: FeedEvent): RegimeObservation | undefined {
  if (event.kind === 'decision') return observation(event.regime, event.at);
  const trade = event.trade;
  if (event.kind === 'signal' && typeof trade === 'object' && trade !== null) {
    const { regime, entryTime } = trade as { readonly regime?: unknown; readonly entryTime?: unknown };
    return observation(regime, entryTime);
  }
  return undefined;
}

/** Undefined for an unknown regime or a time that is none: nothing to draw. */
export function observation(regime: unknown, at: unknown): RegimeObservation | undefined {
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  const known = KNOWN_REGIMES.find((candidate) => candidate === regime);
  return known === undefined || !Number.isFinite(time) ? undefined : { at: time, regime: known };
}

/** Hours with an observation, neighbours of the same regime joined; of two words about one hour the later counts. */
export function regimeBands(observations: readonly RegimeObservation[]): readonly RegimeBand[] {
  const hours = new Map<number, RegimeObservation>();
  for (const seen of observations) {
    const hour = Math.floor(seen.at / HOUR_MS) * HOUR_MS;
    const earlier = hours.get(hour);
    if (earlier === undefined || earlier.at <= seen.at) hours.set(hour, seen);
  }
  const bands: RegimeBand[] = [];
  for (const [from, { regime }] of [...hours].sort(([a], [b]) => a - b)) {
    const last = bands.at(-1);
    if (last !== undefined && last.to === from && last.regime === regime) {
      bands[bands.length - 1] = { ...last, to: from + HOUR_MS };
    } else bands.push({ from, to: from + HOUR_MS, regime });
  }
  return bands;
}
