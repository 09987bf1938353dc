/** Rows in the groups that tables and plots show them in. */
import { median, pairedRatios } from './statistics.ts';
import type { Row } from './suite.ts';

/** In the order of their first rows, with the rows in theirs. */
export function byScenario(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.scenario);
    if (group === undefined) groups.set(row.scenario, [row]);
    else group.push(row);
  }
  return groups;
}

/** How many times the rate of another contender of the scenario, rounds paired. NaN when one of them was not measured. */
export function ratioBetween(rows: readonly Row[], scenario: string, ours: string, theirs: string): number {
  const ratesOf = (name: string) =>
    rows.find((row) => row.scenario === scenario && row.contender === name)?.rates ?? [];
  return median(pairedRatios(ratesOf(ours), ratesOf(theirs)));
}
