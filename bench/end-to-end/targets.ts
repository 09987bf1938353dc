/** The figures that are promised of this suite, and what a run shows of them. */
import { ratioBetween } from '../harness/row-groups.ts';
import type { Row, Target } from '../harness/suite.ts';
import { coinpilot } from './contenders/coinpilot.ts';
import { echo } from './contenders/echo.ts';
import { requestForUpdate, requestForUpdateBatched } from './contenders/request-for-update.ts';

const SINGLE = 'single/256';
/** With fewer requests in flight a part of the baseline's pool has nothing to do: here both are at their best. */
const BATCH = 'batch-64/16';

/** Those for which the run has the rows. */
export function targets(rows: readonly Row[]): readonly Target[] {
  const all: readonly Target[] = [
    {
      text: `${SINGLE} against ${requestForUpdate.name}`,
      atLeast: 15,
      aim: 22,
      measured: ratioBetween(rows, SINGLE, coinpilot.name, requestForUpdate.name),
      unit: '×',
    },
    {
      text: `${SINGLE} against the echo`,
      atLeast: 70,
      aim: 85,
      measured: 100 * ratioBetween(rows, SINGLE, coinpilot.name, echo.name),
      unit: '%',
    },
    {
      text: `${BATCH} against ${requestForUpdate.name}`,
      atLeast: 45,
      aim: 70,
      measured: ratioBetween(rows, BATCH, coinpilot.name, requestForUpdate.name),
      unit: '×',
    },
  ];
  return all.filter(({ measured }) => Number.isFinite(measured));
}

/** What a reader of the batches has to know. */
export function notes(rows: readonly Row[]): readonly string[] {
  const advocate = ratioBetween(rows, BATCH, coinpilot.name, requestForUpdateBatched.name);
  if (!Number.isFinite(advocate)) return [];
  return [
    `${requestForUpdate.name} makes a transaction of every fill, ${requestForUpdateBatched.name} one of a whole request: ` +
      `against that one ${BATCH} is ${advocate.toFixed(1)} ×`,
  ];
}
