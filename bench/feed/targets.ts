/** The figures that are promised of this suite, and what a run shows of them. */
import { ratioBetween } from '../harness/row-groups.ts';
import type { Row, Target } from '../harness/suite.ts';
import { MEMORY_IN_USE } from './memory.ts';
import { BASELINE } from './scenarios.ts';
import { STALLED_MEMORY, STALLED_WITH, STALLED_WITHOUT } from './stalled.ts';

const OURS = 'coinpilot';

/** Those for which the run has the rows. */
export function targets(rows: readonly Row[]): readonly Target[] {
  const find = (scenario: string) =>
    rows.find((row) => row.scenario === scenario && row.contender === OURS && row.faults === undefined);
  const all: readonly Target[] = [
    ...['1000/saturated', '5000/saturated'].map((scenario) => ({
      text: `${scenario} against ${BASELINE}`,
      measured: ratioBetween(rows, scenario, OURS, BASELINE),
      atLeast: 4.5,
      aim: 8,
      unit: '×',
    })),
    ceiling('p99 at 5000/10', find('5000/10')?.p99Ms, { atLeast: 30, aim: 15, unit: 'ms' }),
    ceiling('memory of a connection in use', find(MEMORY_IN_USE)?.figure?.value, {
      atLeast: 2,
      aim: 1.5,
      unit: 'kB',
    }),
    ceiling(
      'p99 of the others while 20 do not read, against nobody stalled',
      quotient(find(STALLED_WITH)?.p99Ms, find(STALLED_WITHOUT)?.p99Ms),
      { atLeast: 1.5, aim: 1.1, unit: '×' },
    ),
    ceiling('memory for a client that does not read', find(STALLED_MEMORY)?.figure?.value, {
      atLeast: 1_000,
      aim: 500,
      unit: 'kB',
    }),
  ];
  return all.filter(({ measured }) => Number.isFinite(measured));
}

function ceiling(
  text: string,
  measured: number | null | undefined,
  bounds: Pick<Target, 'atLeast' | 'aim' | 'unit'>,
): Target {
  return { text, measured: measured ?? Number.NaN, isCeiling: true, ...bounds };
}

function quotient(one: number | null | undefined, other: number | null | undefined): number {
  return (one ?? Number.NaN) / (other ?? Number.NaN);
}
