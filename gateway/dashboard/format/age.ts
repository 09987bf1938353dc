/** An age in words of the chosen language. */
import { t } from '../i18n/index.ts';
import { ageParts } from './time.ts';

/** A price that should tick is stale after this. */
export const STALE_MS = 5_000;
/** What the engine repeats every 5 seconds though nothing changed is stale after this. */
export const STATE_STALE_MS = 12_000;

/** "12 s", "3 min". */
export function ageText(ageMs: number): string {
  const { unit, count } = ageParts(ageMs);
  return t(`age.${unit}`, { count });
}

/** "12 s ago". */
export function agoText(ageMs: number): string {
  return t('age.ago', { age: ageText(ageMs) });
}
