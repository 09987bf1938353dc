/** A report of a suite as the tests of tables, history and plots need it. */
import { type Circumstances, makeReport, type Report } from '../../bench/harness/report.ts';
import type { Row, SuiteResult } from '../../bench/harness/suite.ts';

export const BENCH_CIRCUMSTANCES: Circumstances = {
  suite: 'ledger',
  machine: { cores: 2, processor: 'Processor & Co', node: 'v20.20.2', postgres: '17.10', nats: '' },
  commit: '1234567',
  isQuick: false,
  fsyncDelayMs: 0,
  rounds: undefined,
  scenarios: [],
  contenders: [],
  startedAt: new Date('2026-01-02T03:04:05.678Z'),
  tookMs: 1_234.5,
};

export function benchRow(row: Partial<Row>): Row {
  const rate = { opsPerSecond: null, p50Ms: null, p99Ms: null, lost: null, ratio: null };
  return { scenario: 'hot/64', contender: 'coinpilot', ...rate, ...row };
}

/** Of the baseline, ours, and one that loses updates. */
export const BENCH_ROWS: readonly Row[] = [
  benchRow({
    contender: 'for-update',
    opsPerSecond: 612.4,
    p50Ms: 98.7654,
    p99Ms: 170,
    lost: 0,
    ratio: 1,
    isBaseline: true,
    spread: 0.123,
  }),
  benchRow({
    contender: 'unsafe',
    opsPerSecond: 900,
    p50Ms: 60,
    p99Ms: 80.5,
    lost: 123_456,
    ratio: 1.47,
    spread: 0.05,
  }),
  benchRow({
    opsPerSecond: 23_456.78,
    p50Ms: 2.5,
    p99Ms: 6.25,
    lost: 0,
    ratio: 38.3,
    spread: 0.02,
    ratioSpread: 0.01,
    cpuMicros: 71.23,
  }),
];

export function benchReport(result: Partial<SuiteResult> = {}, circumstances: Partial<Circumstances> = {}): Report {
  return makeReport({ rows: BENCH_ROWS, ...result }, { ...BENCH_CIRCUMSTANCES, ...circumstances });
}
