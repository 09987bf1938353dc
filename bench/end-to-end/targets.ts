/** The figures that are promised of this suite, and what a run shows of them. */
import type { Row, Target } from '../harness/suite.ts';
import { coinpilot } from './contenders/coinpilot.ts';
import { echo } from './contenders/echo.ts';
import { requestForUpdate, requestForUpdateBatched } from './contenders/request-for-update.ts';
import type { Scenario } from './scenarios.ts';

const SINGLE = 'single/256';

/** Those for which the run has the rows. */
export function targets(rows: readonly Row[], scenarios: readonly Scenario[]): readonly Target[] {
  const batch = batchScenario(rows, scenarios);
  const all: readonly Target[] = [
    {
      text: `${SINGLE} against ${requestForUpdate.name}`,
      atLeast: 15,
      aim: 22,
      measured: timesThatOf(requestForUpdate.name, SINGLE, rows),
      unit: '×',
    },
    {
      text: `${SINGLE} against the echo`,
      atLeast: 70,
      aim: 85,
      measured: 100 * timesThatOf(echo.name, SINGLE, rows),
      unit: '%',
    },
    {
      text: `${batch} against ${requestForUpdate.name}`,
      atLeast: 45,
      aim: 70,
      measured: timesThatOf(requestForUpdate.name, batch, rows),
      unit: '×',
    },
  ];
  return all.filter(({ measured }) => Number.isFinite(measured));
}

/** What a reader of the batches has to know. */
export function notes(rows: readonly Row[], scenarios: readonly Scenario[]): readonly string[] {
  const batch = batchScenario(rows, scenarios);
  if (batch === undefined) return [];
  const advocate = timesThatOf(requestForUpdateBatched.name, batch, rows);
  return [
    `${batch}: of the batches the one that suits ${requestForUpdate.name} best in this run`,
    `${requestForUpdate.name} makes a transaction of every fill, ${requestForUpdateBatched.name} one of a whole request` +
      (Number.isFinite(advocate) ? `: against that one ${batch} is ${advocate.toFixed(1)} ×` : ''),
  ];
}

/** Where the baseline does best: with no other number of requests in flight is the comparison as fair to it. */
function batchScenario(rows: readonly Row[], scenarios: readonly Scenario[]): string | undefined {
  const names = new Set(scenarios.filter(({ fillsPerRequest }) => fillsPerRequest > 1).map(({ name }) => name));
  return rows
    .filter(({ scenario, contender }) => names.has(scenario) && contender === requestForUpdate.name)
    .toSorted((one, other) => (other.opsPerSecond ?? 0) - (one.opsPerSecond ?? 0))[0]?.scenario;
}

/** The engine's rate ÷ the contender's, rounds paired; NaN when one of them was not measured. */
function timesThatOf(contender: string, scenario: string | undefined, rows: readonly Row[]): number {
  const find = (name: string) => rows.find((row) => row.scenario === scenario && row.contender === name);
  const [ours, theirs] = [find(coinpilot.name), find(contender)];
  // Both are against the same baseline in the same rounds.
  return (ours?.ratio ?? Number.NaN) / (theirs?.ratio ?? Number.NaN);
}
