/** The line of JSON that programs and the history read. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendHistory } from '../../bench/harness/history.ts';
import { isWhole, toJson } from '../../bench/harness/report.ts';
import { benchReport, benchRow } from '../support/bench-report.ts';

describe('the JSON of a run', () => {
  it('is one line with everything that makes a figure mean something', () => {
    const target = { text: 'hot/64', atLeast: 25, aim: 35, measured: 38.3, unit: '×' };
    const line = toJson(benchReport({ targets: [target], notes: ['short'] }));
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      suite: 'ledger',
      machine: { cores: 2, processor: 'Processor & Co', node: 'v20.20.2', postgres: '17.10', nats: '' },
      commit: '1234567',
      rows: [
        expect.objectContaining({ scenario: 'hot/64', contender: 'for-update', ratio: 1, p50Ms: 98.77 }),
        expect.objectContaining({ contender: 'unsafe', lost: 123_456 }),
        {
          scenario: 'hot/64',
          contender: 'coinpilot',
          opsPerSecond: 23_460,
          p50Ms: 2.5,
          p99Ms: 6.25,
          lost: 0,
          ratio: 38.3,
          spread: 0.02,
          ratioSpread: 0.01,
          cpuMicros: 71.23,
        },
      ],
      targets: [target],
      notes: ['short'],
      isBroken: false,
      quick: false,
      fsyncDelayMs: 0,
      startedAt: '2026-01-02T03:04:05.678Z',
      tookMs: 1_235,
    });
  });

  it('keeps four digits of a fraction and every digit of a count', () => {
    const [row] = JSON.parse(toJson(benchReport({ rows: [benchRow({ opsPerSecond: 98_765.4, lost: 98_765 })] }))).rows;
    expect(row).toMatchObject({ opsPerSecond: 98_770, lost: 98_765 });
  });

  it('has null for what could not be measured', () => {
    const [row] = JSON.parse(toJson(benchReport({ rows: [benchRow({ opsPerSecond: Number.NaN })] }))).rows;
    expect(row.opsPerSecond).toBeNull();
  });

  it.each([
    [{ rows: [benchRow({ faults: ['cash is off by 1'] })] }, {}, true],
    [{ rows: [benchRow({ lost: 3 })] }, {}, false],
    [{}, { cutShort: 'no disk left', hasFailed: true }, true],
    [{}, { cutShort: 'SIGINT' }, false],
    [{ rows: [benchRow({ faults: ['cash is off by 1'] })] }, { cutShort: 'SIGINT' }, true],
  ])('is broken by faults and by an error, also where it was cut short (%#)', (result, circumstances, isBroken) => {
    expect(JSON.parse(toJson(benchReport(result, circumstances)))).toMatchObject({ isBroken });
  });

  it('says when it is not all there is to measure', () => {
    const partial = benchReport({}, { scenarios: ['hot/1'], contenders: ['owner'], rounds: 2, cutShort: 'SIGTERM' });
    expect(JSON.parse(toJson(partial))).toMatchObject({
      scenarios: ['hot/1'],
      contenders: ['owner'],
      rounds: 2,
      cutShort: 'SIGTERM',
    });
  });
});

describe('a whole run', () => {
  it.each([
    [{ isQuick: true }, false],
    [{ fsyncDelayMs: 1 }, false],
    [{ scenarios: ['hot/1'] }, false],
    [{ contenders: ['owner'] }, false],
    [{ cutShort: 'SIGINT' }, false],
    [{ rounds: 9 }, true],
    [{}, true],
  ])('with %o: %s', (circumstances, whole) => {
    expect(isWhole(benchReport({}, circumstances))).toBe(whole);
  });
});

describe('the history', () => {
  it('gets a line a run, after those that are there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'coinpilot-history-'));
    try {
      const path = join(folder, 'history.ndjson');
      const reports = [benchReport(), benchReport({}, { suite: 'limits', isQuick: true })];
      for (const report of reports) appendHistory(report, path);
      expect(readFileSync(path, 'utf8')).toBe(`${reports.map(toJson).join('\n')}\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
