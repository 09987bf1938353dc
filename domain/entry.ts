/**
 * Entry rules: the ordered checks of each regime, the decision they give, and the same checks explained (I11).
 *
 * One table serves both: the decision walks it until a check fails and names that check; the explanation evaluates every
 * row. So what is shown can't differ from what was decided.
 */

import type { Reading } from './market-view.ts';
import type { Preset, RegimeParameters } from './preset.ts';
import { parametersFor } from './preset.ts';
import type { Regime } from './regime.ts';

/** Why an entry was not taken: the first check that failed. */
export type EntryReason =
  | 'WARMING_UP'
  | 'REGIME_UNKNOWN'
  | 'RSI14'
  | 'RSI7_NOT_OVERSOLD'
  | 'RSI7_NOT_RECOVERED'
  | 'RSI7_BOUNCE'
  | 'MA_TREND'
  | 'BELOW_BB_LOWER'
  | 'VOLUME'
  | 'VOLUME_SURGE'
  | 'BB_TOUCH_RECOVERY'
  | 'TREND'
  | 'BB_LOWER';

export type EntryOutcome = 'ENTER' | EntryReason;

/** One check with the numbers that decided it; `value` is null while the indicators are not warm. */
export interface Check {
  readonly name: EntryReason;
  readonly value: number | string | null;
  readonly limit: number | string;
  readonly pass: boolean;
}

/** A reading with every indicator of the regime presets present. */
interface WarmReading extends Reading {
  readonly rsi14: number;
  readonly rsi7: number;
  readonly oversoldLow: number;
  readonly sma20: number;
  readonly bollingerLower: number;
  readonly volumeRatio: number;
}

interface Rule {
  readonly reason: EntryReason;
  passes(reading: WarmReading, parameters: RegimeParameters, preset: Preset): boolean;
  value(reading: WarmReading, parameters: RegimeParameters, preset: Preset): number | string;
  /** For the limits that are themselves indicators `reading` is undefined while they are not warm. */
  limit(reading: WarmReading | undefined, parameters: RegimeParameters, preset: Preset): number | string;
}

const NOT_WARM = 'not warm';

const RSI14: Rule = {
  reason: 'RSI14',
  passes: (reading, parameters) => reading.rsi14 <= parameters.rsi14Max,
  value: (reading) => reading.rsi14,
  limit: (_, parameters) => parameters.rsi14Max,
};

const RSI7_NOT_OVERSOLD: Rule = {
  reason: 'RSI7_NOT_OVERSOLD',
  passes: (reading, parameters) => reading.oversoldLow < parameters.rsi7Trigger,
  value: (reading) => reading.oversoldLow,
  limit: (_, parameters) => parameters.rsi7Trigger,
};

const RSI7_NOT_RECOVERED: Rule = {
  reason: 'RSI7_NOT_RECOVERED',
  passes: (reading, parameters) => reading.rsi7 >= parameters.rsi7Recover,
  value: (reading) => reading.rsi7,
  limit: (_, parameters) => parameters.rsi7Recover,
};

const RSI7_BOUNCE: Rule = {
  reason: 'RSI7_BOUNCE',
  passes: (reading, _, preset) => reading.rsi7 - reading.oversoldLow >= preset.minBounce,
  value: (reading) => reading.rsi7 - reading.oversoldLow,
  limit: (_, __, preset) => preset.minBounce,
};

const ABOVE_AVERAGE: Rule = {
  reason: 'MA_TREND',
  passes: (reading) => reading.candle.close > reading.sma20,
  value: (reading) => reading.candle.close,
  limit: (reading) => reading?.sma20 ?? NOT_WARM,
};

const NEAR_AVERAGE: Rule = {
  reason: 'MA_TREND',
  passes: (reading, _, preset) => reading.candle.close >= reading.sma20 * preset.maTolerance,
  value: (reading) => reading.candle.close,
  limit: (reading, _, preset) => (reading ? reading.sma20 * preset.maTolerance : NOT_WARM),
};

const BELOW_BB_LOWER: Rule = {
  reason: 'BELOW_BB_LOWER',
  passes: (reading) => reading.candle.close >= reading.bollingerLower,
  value: (reading) => reading.candle.close,
  limit: (reading) => reading?.bollingerLower ?? NOT_WARM,
};

const VOLUME: Rule = {
  reason: 'VOLUME',
  passes: (reading, parameters) => reading.volumeRatio >= parameters.volumeMin,
  value: (reading) => reading.volumeRatio,
  limit: (_, parameters) => parameters.volumeMin,
};

const VOLUME_SURGE: Rule = {
  reason: 'VOLUME_SURGE',
  passes: (reading, _, preset) => largest(reading.recentVolumeRatios) < preset.surgeRatio,
  value: (reading) => largest(reading.recentVolumeRatios),
  limit: (_, __, preset) => preset.surgeRatio,
};

const BB_TOUCH_RECOVERY: Rule = {
  reason: 'BB_TOUCH_RECOVERY',
  passes: (reading) => reading.touchedLowerBefore && reading.candle.close > reading.bollingerLower,
  value: (reading) => {
    const before = reading.touchedLowerBefore ? 'touched' : 'not touched';
    return `${before}, now ${reading.candle.close > reading.bollingerLower ? 'above' : 'not above'}`;
  },
  limit: () => 'touched, now above',
};

const CLASSIC_RSI14: Rule = { ...RSI14, passes: (reading, parameters) => reading.rsi14 < parameters.rsi14Max };

const TREND: Rule = {
  reason: 'TREND',
  passes: (reading) => reading.sma200 !== undefined && reading.candle.close > reading.sma200,
  value: (reading) => reading.candle.close,
  limit: (reading) => reading?.sma200 ?? NOT_WARM,
};

const BB_LOWER: Rule = {
  ...BELOW_BB_LOWER,
  reason: 'BB_LOWER',
  passes: (reading) => reading.candle.close <= reading.bollingerLower,
};

const CLASSIC_VOLUME: Rule = {
  ...VOLUME,
  passes: (reading, parameters) => reading.volumeRatio > parameters.volumeMin,
};

const OVERSOLD_AND_BACK: readonly Rule[] = [RSI14, RSI7_NOT_OVERSOLD, RSI7_NOT_RECOVERED, RSI7_BOUNCE];

/** STRATEGY "Entry", in its order. An unknown regime has no rules of its own: REGIME_UNKNOWN comes first. */
const RULES: Readonly<Record<Regime, readonly Rule[]>> = {
  BULL: [...OVERSOLD_AND_BACK, ABOVE_AVERAGE, VOLUME],
  SIDEWAYS: [...OVERSOLD_AND_BACK, NEAR_AVERAGE, BELOW_BB_LOWER, VOLUME, BB_TOUCH_RECOVERY],
  BEAR: [...OVERSOLD_AND_BACK, NEAR_AVERAGE, BELOW_BB_LOWER, VOLUME, VOLUME_SURGE],
  UNKNOWN: [],
};

const CLASSIC_RULES: readonly Rule[] = [CLASSIC_RSI14, TREND, BB_LOWER, CLASSIC_VOLUME];

/** The first check that fails, or ENTER when none does. Allocates nothing. */
export function decideEntry(reading: Reading, preset: Preset): EntryOutcome {
  if (!isWarm(reading, preset)) return 'WARMING_UP';
  const classic = preset.kind === 'classic';
  if (!classic && reading.regime === 'UNKNOWN') return 'REGIME_UNKNOWN';
  const parameters = parametersFor(preset, reading.regime);
  const rules = classic ? CLASSIC_RULES : RULES[reading.regime];
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index] as Rule;
    if (!rule.passes(reading, parameters, preset)) return rule.reason;
  }
  return 'ENTER';
}

/** Every check that applies at this close, in order, each evaluated whether or not one before it failed. */
export function entryChecks(reading: Reading, preset: Preset): Check[] {
  const warm = isWarm(reading, preset) ? reading : undefined;
  const classic = preset.kind === 'classic';
  const checks: Check[] = [
    {
      name: 'WARMING_UP',
      value: warm ? 'warm' : `waiting for ${missing(reading, preset)}`,
      limit: 'warm',
      pass: !!warm,
    },
  ];
  if (!classic) {
    const known = reading.regime !== 'UNKNOWN';
    checks.push({ name: 'REGIME_UNKNOWN', value: reading.regime, limit: 'BULL, SIDEWAYS or BEAR', pass: known });
  }
  const parameters = parametersFor(preset, reading.regime);
  for (const rule of classic ? CLASSIC_RULES : RULES[reading.regime]) {
    checks.push({
      name: rule.reason,
      value: warm ? rule.value(warm, parameters, preset) : null,
      limit: rule.limit(warm, parameters, preset),
      pass: warm !== undefined && rule.passes(warm, parameters, preset),
    });
  }
  return checks;
}

/** Where the funnel counts this close: `BEAR/RSI14`. One string for every key: a backtest looks up millions of them. */
export function funnelKey({ regime }: Reading, outcome: EntryOutcome): string {
  const known = FUNNEL_KEYS[regime][outcome];
  if (known !== undefined) return known;
  const key = `${regime}/${outcome}`;
  FUNNEL_KEYS[regime][outcome] = key;
  return key;
}

const FUNNEL_KEYS: Readonly<Record<Regime, Partial<Record<EntryOutcome, string>>>> = {
  BULL: {},
  SIDEWAYS: {},
  BEAR: {},
  UNKNOWN: {},
};

function isWarm(reading: Reading, preset: Preset): reading is WarmReading {
  return (
    reading.rsi14 !== undefined &&
    reading.rsi7 !== undefined &&
    reading.oversoldLow !== undefined &&
    reading.sma20 !== undefined &&
    reading.bollingerLower !== undefined &&
    reading.volumeRatio !== undefined &&
    (preset.kind === 'regime' || reading.sma200 !== undefined)
  );
}

/** The indicators that don't exist yet, by name. */
function missing(reading: Reading, preset: Preset): string {
  const { rsi14, rsi7, oversoldLow, sma20, bollingerLower, volumeRatio, sma200 } = reading;
  const needed = { rsi14, rsi7, oversoldLow, sma20, bollingerLower, volumeRatio };
  const all: Record<string, number | undefined> = preset.kind === 'classic' ? { ...needed, sma200 } : needed;
  const names = Object.keys(all).filter((name) => all[name] === undefined);
  return names.join(', ');
}

function largest(ratios: readonly number[]): number {
  let most = 0;
  for (let index = 0; index < ratios.length; index += 1) most = Math.max(most, ratios[index] ?? 0);
  return most;
}
