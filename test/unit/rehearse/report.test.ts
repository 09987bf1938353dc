/** The table's numbers come from what was noted, each in the phase it belongs to. */
import { describe, expect, it } from 'vitest';
import { rowOf, type Seen } from '../../../scripts/rehearse/report.ts';
import type { FillRecord } from '../../support/fill-plan.ts';

const record = (
  symbol: string,
  sentAt: number,
  answeredAt: number,
  outcome: FillRecord['outcome'] = 'ok',
): FillRecord => ({
  symbol,
  fill: { id: `${symbol}-${sentAt}`, side: 'buy', quantity: '1', price: '1', fee: '0' },
  attempts: 1,
  outcome,
  versions: [],
  sentAt,
  answeredAt,
});

const phase = { name: 'node', title: 'a node is lost', expected: ['lost'], mayMissVisits: false } as const;
const run = { phase, from: 1_000, to: 2_000, remark: '' };
const nothing: Seen = { records: [], events: [], visits: [], candlesAt: [] };

describe('a row', () => {
  it('counts commands by their answers, stalls by callers and silence by acknowledgements', () => {
    const records = [
      record('C', 50, 100),
      record('A', 900, 990),
      record('A', 990, 1_400),
      record('B', 1_000, 1_050),
      record('B', 1_390, 1_410),
      record('C', 1_650, 1_700),
      record('A', 1_900, 1_950),
      record('A', 1_950, 2_000),
    ];
    const row = rowOf(run, { ...nothing, records });
    expect(row).toMatchObject({ commands: 5, failed: 0, longestStallMs: 410, faults: [] });
    // From 1050 to 1400 nobody was answered; C was silent from the start to 1700, and what it was before is not counted.
    expect(row).toMatchObject({ silenceMs: 350, symbolSilenceMs: 700 });
  });

  it('takes what is answered after its end when it is the last', () => {
    const seen = { ...nothing, records: [record('A', 1_500, 2_500)] };
    expect(rowOf(run, seen).commands).toBe(0);
    expect(rowOf(run, seen, true)).toMatchObject({ commands: 1, longestStallMs: 1_000 });
  });

  it('names commands without an ok, requests without an answer, and what Pods must not do', () => {
    const seen: Seen = {
      ...nothing,
      records: [record('A', 1_100, 1_200, 'unknown')],
      visits: [{ at: 1_100, problem: 'refused' }],
      events: (['started', 'ended', 'lost', 'killed'] as const).map((kind) => ({
        kind,
        pod: 'x',
        at: 1_500,
        detail: 'y',
      })),
    };
    const row = rowOf(run, seen);
    expect(row).toMatchObject({ failed: 1, visitsFailed: 1, pods: { started: 1, killed: 1 } });
    expect(row.faults).toEqual([
      expect.stringContaining('fill A-1100 of A: unknown'),
      'a request to the gateway: refused',
      'Pod x killed: y',
    ]);
    const may = { ...run, phase: { ...phase, mayMissVisits: true, expected: ['lost', 'killed'] as const } };
    expect(rowOf(may, seen).faults).toHaveLength(1);
  });
});
