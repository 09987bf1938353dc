/** What a person reads after a run. */
import { describe as describes, expect, it } from 'vitest';
import { numeral, percent, shortNumeral, times } from '../../bench/harness/numerals.ts';
import { describe, verdictOn } from '../../bench/harness/table.ts';
import { benchReport, benchRow } from '../support/bench-report.ts';

const SUITE = { title: 'fills into a durable ledger' };

describes('numerals', () => {
  it('have three digits below a hundred and whole numbers above', () => {
    expect([0.012345, 1, 1.5, 12.345, 99.96, 1_234.5, 1_234_567].map(numeral)).toEqual([
      '0.0123',
      '1',
      '1.50',
      '12.3',
      '100',
      '1,235',
      '1,234,567',
    ]);
  });

  it('are a dash where nothing was measured', () => {
    expect([numeral(null), numeral(undefined), numeral(Number.NaN), times(null), percent(undefined)]).toEqual(
      Array.from({ length: 5 }, () => '–'),
    );
  });

  it('are short for a plot, never 1000 of one letter', () => {
    expect([950, 999.4, 1_234, 999_600, 45_600_000].map(shortNumeral)).toEqual([
      '950',
      '999',
      '1.23 k',
      '1.00 M',
      '45.6 M',
    ]);
  });
});

describes('the table of a suite', () => {
  it('groups by scenario, marks the baseline and lines its columns up', () => {
    const report = benchReport({ rows: [...benchReport().rows, benchRow({ scenario: 'hot/1', opsPerSecond: 300 })] });
    expect(describe(SUITE, report)).toBe(
      `
ledger: fills into a durable ledger
2 cores (Processor & Co), node v20.20.2, Postgres 17.10, 1234567

scenario  contender    ops/s  spread     ratio  ratio spread  p50 ms  p99 ms  CPU µs/op     lost

hot/64    for-update     612    12 %  baseline             –    98.8     170          –        0
          unsafe         900     5 %    1.47 ×             –      60    80.5          –  123,456
          coinpilot   23,457     2 %    38.3 ×           1 %    2.50    6.25       71.2        0

hot/1     coinpilot      300       –         –             –       –       –          –        –
`.trimStart(),
    );
  });

  it('leaves out columns that no row fills, and shows figures that are no rates', () => {
    const rows = [
      benchRow({ scenario: 'idle', figure: { value: 5_213, unit: 'B' } }),
      benchRow({ scenario: 'start', figure: { value: 12.34, unit: 'ms' } }),
    ];
    expect(describe(SUITE, benchReport({ rows }))).toContain(
      `
scenario  contender   figure
idle      coinpilot  5,213 B
start     coinpilot  12.3 ms
`,
    );
  });

  it('shows each target with its verdict', () => {
    const targets = [
      { text: 'hot/64 against for-update', atLeast: 25, aim: 35, measured: 38.3, unit: '×' },
      { text: 'p99 against for-update', atLeast: 0.125, aim: 0.0667, measured: 0.1, unit: '×', isCeiling: true },
      { text: 'not in this run', atLeast: 40, aim: 60, measured: Number.NaN, unit: '%' },
    ];
    expect(describe(SUITE, benchReport({ targets }))).toContain(
      `
target                     measured   at least         aim  reached
hot/64 against for-update    38.3 ×       25 ×        35 ×      aim
p99 against for-update      0.100 ×  ≤ 0.125 ×  ≤ 0.0667 ×      yes
not in this run                   –       40 %        60 %        –
`,
    );
  });

  it('tells notes, why a run was cut short, every fault once, whose row it is, and that it failed', () => {
    const faults = ['cash is off by 1', 'cash is off by 1', 'a row is missing'];
    const told = describe(
      SUITE,
      benchReport(
        { rows: [benchRow({ faults })], notes: ['2048 callers left out'] },
        { cutShort: 'SIGINT', isQuick: true },
      ),
    );
    expect(told).toContain('1234567, a quick run, not to quote\n');
    expect(told).toContain('coinpilot ✗');
    expect(told).toMatch(
      /\n\n2048 callers left out\ncut short: SIGINT\n\nfaults:\nhot\/64 coinpilot: cash is off by 1\nhot\/64 coinpilot: a row is missing\n\nFAILED: ledger\n$/,
    );
  });
});

describes('the verdict on a target', () => {
  const floor = { text: '', atLeast: 25, aim: 35, unit: '×' };
  const ceiling = { text: '', atLeast: 6, aim: 4.5, unit: 'kB', isCeiling: true };

  it.each([
    [{ ...floor, measured: 24.9 }, 'no'],
    [{ ...floor, measured: 25 }, 'yes'],
    [{ ...floor, measured: 35 }, 'aim'],
    [{ ...ceiling, measured: 6.1 }, 'no'],
    [{ ...ceiling, measured: 6 }, 'yes'],
    [{ ...ceiling, measured: 4.5 }, 'aim'],
  ])('of %o is %s', (target, verdict) => {
    expect(verdictOn(target)).toBe(verdict);
  });
});
