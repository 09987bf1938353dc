/**
 * What each limit may be, and how people write it: a share as 0.2 or "20 %", a duration in ms or as "2 h". Ranges keep what
 * can only be a slip out; no value of a limit touches what protects the account itself (free cash, duplicates, halts).
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from './candle.ts';
import type { RiskSettings } from './risk.ts';

type Kind = 'share' | 'count' | 'duration';

interface RiskSetting {
  readonly kind: Kind;
  readonly least: number;
  readonly most: number;
}

export const RISK_SETTINGS: Readonly<Record<keyof RiskSettings, RiskSetting>> = {
  orderShareMax: { kind: 'share', least: 0.001, most: 1 },
  exposureShareMax: { kind: 'share', least: 0.001, most: 1 },
  cashReserveShare: { kind: 'share', least: 0, most: 0.5 },
  dailyLossShareMax: { kind: 'share', least: 0.0001, most: 1 },
  dailyEntriesMax: { kind: 'count', least: 1, most: 1_000 },
  positionsMax: { kind: 'count', least: 1, most: 1_000 },
  lossesInARowMax: { kind: 'count', least: 1, most: 100 },
  cooldownMs: { kind: 'duration', least: 0, most: 7 * DAY_MS },
  entryIntervalMs: { kind: 'duration', least: 0, most: 7 * DAY_MS },
};

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

const EXPECTED: Readonly<Record<Kind, (setting: RiskSetting) => string>> = {
  share: ({ least, most }) => `a share from ${least} to ${most}, or as percent such as "20 %"`,
  count: ({ least, most }) => `a whole number from ${least} to ${most}`,
  duration: ({ least, most }) => `milliseconds from ${least} to ${most}, or a duration such as "30 min", "2 h"`,
};

/** The limit as a number, or a sentence that says what is wrong. */
export function readRiskSetting(
  name: string,
  value: unknown,
): { readonly number: number } | { readonly problem: string } {
  if (!isRiskSetting(name)) {
    return { problem: `there is no limit "${name}": they are ${Object.keys(RISK_SETTINGS).join(', ')}` };
  }
  const setting = RISK_SETTINGS[name];
  const number = numberOf(setting.kind, value);
  const fits =
    number >= setting.least && number <= setting.most && (setting.kind === 'share' || Number.isInteger(number));
  return fits ? { number } : { problem: `${name}: must be ${EXPECTED[setting.kind](setting)}, not "${String(value)}"` };
}

export function isRiskSetting(name: string): name is keyof RiskSettings {
  return Object.hasOwn(RISK_SETTINGS, name);
}

/** NaN for what is no number of this kind. */
function numberOf(kind: Kind, value: unknown): number {
  if (typeof value === 'number') return value;
  const match = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*(%|[a-z]+)?\s*$/.exec(value) : null;
  if (match === null) return Number.NaN;
  const [, digits, unit] = match;
  const number = Number(digits);
  if (unit === undefined) return number;
  // In steps that a float holds: 3 % is 0.03.
  if (kind === 'share' && unit === '%') return Number((number / 100).toFixed(8));
  return kind === 'duration' ? number * (UNITS_MS[unit] ?? Number.NaN) : Number.NaN;
}
