/** The figures that are promised of this suite, and what a run shows of them. */
import { ratioBetween } from '../harness/row-groups.ts';
import type { Row, Target } from '../harness/suite.ts';
import { coinpilot } from './coinpilot.ts';
import { forUpdate } from './contenders/for-update.ts';
import { forUpdateCall } from './contenders/for-update-call.ts';

/** How many times the rate of whom, in which scenario. */
interface Promised {
  readonly scenario: string;
  readonly other: string;
  readonly atLeast: number;
  readonly aim: number;
}

const PROMISED: readonly Promised[] = [
  { scenario: 'hot/64', other: forUpdate.name, atLeast: 25, aim: 35 },
  { scenario: 'hot/256', other: forUpdate.name, atLeast: 40, aim: 50 },
  { scenario: 'hot/2048', other: forUpdate.name, atLeast: 50, aim: 60 },
  { scenario: '200/256', other: forUpdate.name, atLeast: 12, aim: 17 },
  { scenario: 'hot/256', other: forUpdateCall.name, atLeast: 15, aim: 25 },
  { scenario: 'hot/1', other: forUpdate.name, atLeast: 1.3, aim: 2 },
];
/** What is promised of a disk that takes this much longer; of others nothing is. */
const DELAYED_MS = 1;
const PROMISED_DELAYED: Promised = { scenario: 'hot/256', other: forUpdate.name, atLeast: 120, aim: 170 };

const LATENCY_SCENARIO = 'hot/64';

/** Those for which the run has the rows. */
export function targets(rows: readonly Row[]): readonly Target[] {
  const all = [
    ...PROMISED.map((promised) => rateTarget(rows, promised)),
    latencyTarget(rows),
    { ...rateTarget(rows, PROMISED_DELAYED, ` with ${DELAYED_MS} ms fsync`), fsyncDelayMs: DELAYED_MS },
  ];
  return all.filter(({ measured }) => Number.isFinite(measured));
}

function rateTarget(rows: readonly Row[], { scenario, other, atLeast, aim }: Promised, circumstances = ''): Target {
  const measured = ratioBetween(rows, scenario, coinpilot.name, other);
  return { text: `${scenario}${circumstances} against ${other}`, atLeast, aim, measured, unit: '×' };
}

function latencyTarget(rows: readonly Row[]): Target {
  const row = rows.find(({ scenario, contender }) => scenario === LATENCY_SCENARIO && contender === coinpilot.name);
  return {
    text: `p99 at ${LATENCY_SCENARIO} against ${forUpdate.name}`,
    atLeast: 1 / 8,
    aim: 1 / 15,
    measured: row?.p99Ratio ?? Number.NaN,
    unit: '×',
    isCeiling: true,
  };
}
