/** Limits as a person sets them: by name, null for "as configured". */
import type { RiskSettings } from '../../domain/risk.ts';
import { isRiskSetting, readRiskSetting } from '../../domain/risk-settings.ts';

export type LimitChanges = { readonly [Name in keyof RiskSettings]?: number | null };

/** In the order of their names, so that the same change always reads the same; every problem at once. */
export function readLimits(
  limits: Readonly<Record<string, unknown>>,
): { readonly changes: LimitChanges } | { readonly problem: string } {
  const changes: Record<string, number | null> = {};
  const problems: string[] = [];
  for (const name of Object.keys(limits).sort()) {
    const value = limits[name];
    if (value === null && isRiskSetting(name)) {
      changes[name] = null;
      continue;
    }
    const read = readRiskSetting(name, value);
    if ('number' in read) changes[name] = read.number;
    else problems.push(read.problem);
  }
  return problems.length > 0 ? { problem: problems.join('; ') } : { changes };
}

/** Those that are set. */
export function withoutNulls(limits: LimitChanges): Partial<RiskSettings> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null));
}
