/** Rows in the groups that tables and plots show them in. */
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

/**
 * The row of each scenario that the others are compared with: the suite's baseline, and in a scenario without it whoever
 * was compared with itself, which is the only ratio of exactly 1.
 */
export function baselinesOf(rows: readonly Row[], baseline: string): ReadonlySet<Row> {
  const found = [...byScenario(rows).values()].map((group) => {
    const compared = group.filter(({ ratio }) => ratio !== null);
    return compared.find(({ contender }) => contender === baseline) ?? compared.find(({ ratio }) => ratio === 1);
  });
  return new Set(found.filter((row) => row !== undefined));
}
