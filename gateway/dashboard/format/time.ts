/** Times in the zone a person chose. Korea keeps UTC+9 all year, so a shift is exact and needs no table of zones. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../domain/candle.ts';
import type { Zone } from '../settings.ts';

const SECOND_MS = 1_000;
const KST_OFFSET_MS = 9 * HOUR_MS;
const UNKNOWN_TIME = '–';

/** Milliseconds to add to UTC for a chart that knows no zones. */
export function zoneOffsetMs(zone: Zone): number {
  return zone === 'KST' ? KST_OFFSET_MS : 0;
}

/** 14:05:09 */
export function formatClock(at: string | number | null | undefined, zone: Zone): string {
  return shifted(at, zone)?.slice(11, 19) ?? UNKNOWN_TIME;
}

/** 14:05 */
export function formatMinute(at: string | number | null | undefined, zone: Zone): string {
  return shifted(at, zone)?.slice(11, 16) ?? UNKNOWN_TIME;
}

/** 2026-11-23 14:05 */
export function formatDateTime(at: string | number | null | undefined, zone: Zone): string {
  return shifted(at, zone)?.slice(0, 16).replace('T', ' ') ?? UNKNOWN_TIME;
}

/** 11-23 14:05, for columns: the year is that of the page. */
export function formatShortDateTime(at: string | number | null | undefined, zone: Zone): string {
  return formatDateTime(at, zone).slice(5) || UNKNOWN_TIME;
}

export interface AgeParts {
  readonly unit: 'seconds' | 'minutes' | 'hours' | 'days';
  readonly count: number;
}

/** An age in its largest unit that is full; never negative, whatever clocks say. */
export function ageParts(ageMs: number): AgeParts {
  const age = Math.max(0, ageMs);
  if (age < MINUTE_MS) return { unit: 'seconds', count: Math.floor(age / SECOND_MS) };
  if (age < HOUR_MS) return { unit: 'minutes', count: Math.floor(age / MINUTE_MS) };
  if (age < DAY_MS) return { unit: 'hours', count: Math.floor(age / HOUR_MS) };
  return { unit: 'days', count: Math.floor(age / DAY_MS) };
}

function shifted(at: string | number | null | undefined, zone: Zone): string | undefined {
  if (at === null || at === undefined) return undefined;
  const time = typeof at === 'number' ? at : Date.parse(at);
  if (!Number.isFinite(time)) return undefined;
  return new Date(time + zoneOffsetMs(zone)).toISOString();
}
