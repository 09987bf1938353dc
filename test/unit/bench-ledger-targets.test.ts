/** What the ledger suite promises is held against the right rows: of a plain disk, or of one that is a millisecond slower. */
import { describe, expect, it } from 'vitest';
import type { Row } from '../../bench/harness/suite.ts';
import { targets } from '../../bench/ledger/targets.ts';
import { benchReport } from '../support/bench-report.ts';

function row(scenario: string, contender: string, rates: readonly number[], p99Ratio = 1): Row {
  return { scenario, contender, rates, p99Ratio, ratio: 1, opsPerSecond: 1, p50Ms: 1, p99Ms: 1, lost: 0 };
}

const ROWS = [
  row('hot/64', 'for-update', [1]),
  row('hot/64', 'coinpilot', [30], 0.1),
  row('hot/256', 'for-update', [1, 2, 1]),
  row('hot/256', 'for-update-call', [2, 4, 8]),
  row('hot/256', 'coinpilot', [44, 88, 44]),
];
const shown = (fsyncDelayMs: number) =>
  benchReport({ targets: targets(ROWS) }, { fsyncDelayMs }).targets.map(({ text, measured }) => [text, measured]);

describe('targets of the ledger suite', () => {
  it('are paired round by round with the contender they name, and leave out what was not measured', () => {
    expect(shown(0)).toEqual([
      ['hot/64 against for-update', 30],
      ['hot/256 against for-update', 44],
      ['hot/256 against for-update-call', 22],
      ['p99 at hot/64 against for-update', 0.1],
    ]);
  });

  it('treat latency as a ceiling', () => {
    expect(targets(ROWS).find(({ text }) => text.startsWith('p99'))).toMatchObject({
      isCeiling: true,
      atLeast: 1 / 8,
      aim: 1 / 15,
    });
  });

  it('promise more of a disk that is a millisecond slower, and nothing of any other', () => {
    expect(shown(1)).toEqual([['hot/256 with 1 ms fsync against for-update', 44]]);
    expect(shown(5)).toEqual([]);
  });
});
