/** The plots of the README: well-formed whatever the names, nothing that a page would refuse to show. */
import { describe, expect, it } from 'vitest';
import { plot } from '../../bench/harness/plot.ts';
import { colours } from '../../bench/harness/plot-colours.ts';
import { decadesOf, makeScale } from '../../bench/harness/plot-scale.ts';
import type { Row } from '../../bench/harness/suite.ts';
import { BENCH_ROWS, benchReport, benchRow } from '../support/bench-report.ts';

const SUITE = { title: 'Fills, <fast> & "durable"' };
const draw = (rows: readonly Row[] = BENCH_ROWS) => plot(SUITE, benchReport({ rows }));

/** What is wrong with the markup, by a stack of its tags; enough for what one file of ours writes. */
function markupFaults(svg: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, closing, name, attributes, self] of svg.matchAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>/g,
  )) {
    if (closing === '/' && open.pop() !== name) faults.push(`</${name}> closes nothing`);
    if (closing === '' && self === '') open.push(name ?? '');
    if (/(\S+)=.*\s\1=/.test(attributes ?? '')) faults.push(`<${name}> has an attribute twice`);
  }
  const left = svg.replaceAll(/<\/?[a-z]+(?:\s+[\w:-]+="[^"<&]*")*\s*\/?>/g, '');
  if (/[<>]/.test(left)) faults.push('a bare angle bracket');
  if (/&(?!amp;|lt;|gt;|quot;)/.test(svg)) faults.push('a bare ampersand');
  return [...faults, ...open.map((name) => `<${name}> stays open`)];
}

describe('a plot', () => {
  it('is well-formed, with names escaped', () => {
    const hostile = benchRow({ scenario: 'a<b & "c"', contender: '</svg><script>', opsPerSecond: 10, ratio: 2 });
    const svg = draw([...BENCH_ROWS, hostile]);
    expect(markupFaults(svg)).toEqual([]);
    expect(svg).toContain('a&lt;b &amp; &quot;c&quot;');
    expect(svg).not.toContain('<script>');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('finds faults in markup, so that none found means something', () => {
    expect(markupFaults('<svg><g></svg>')).not.toEqual([]);
    expect(markupFaults('<svg>1 < 2 & 3</svg>')).toHaveLength(2);
  });

  it('stands alone: nothing is loaded, nothing runs, and it reads on dark pages', () => {
    const svg = draw();
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|<script|\son\w+=/);
    expect(svg).toContain('prefers-color-scheme:dark');
  });

  it('shows ratios and what was lost, and has the same text for the same report', () => {
    expect(draw()).toContain('38.3 ×');
    expect(draw()).toContain('123,456 lost');
    expect(draw()).toContain('for-update (baseline)');
    expect(draw()).toBe(draw());
  });

  it('has a section for each unit, and needs no legend for one contender', () => {
    const heap = benchRow({ scenario: 'idle', figure: { value: 5_213, unit: 'bytes' } });
    const svg = draw([heap, benchRow({ opsPerSecond: 100 })]);
    expect(svg.indexOf('>operations a second<')).toBeGreaterThan(0);
    expect(svg.indexOf('>bytes<')).toBeGreaterThan(svg.indexOf('>operations a second<'));
    expect(svg).toContain('>5,213 bytes<');
  });

  it('leaves out what has no place on a logarithmic scale', () => {
    const svg = draw([benchRow({ scenario: 'none', opsPerSecond: 0 }), benchRow({ opsPerSecond: 100 })]);
    expect(svg).not.toContain('>none<');
    expect(markupFaults(draw([]))).toEqual([]);
  });
});

describe('its scale', () => {
  it('has powers of ten at equal distances and never a bar of no length', () => {
    const scale = makeScale([10, 1_000], 300);
    expect(decadesOf(scale)).toEqual([1, 10, 100, 1_000]);
    expect([1, 10, 100, 1_000].map((value) => Math.round(scale.place(value)))).toEqual([0, 100, 200, 300]);
  });

  it('keeps a decade for values all alike', () => {
    const scale = makeScale([200, 200], 100);
    expect(decadesOf(scale)).toEqual([100, 1_000]);
  });
});

describe('its colours', () => {
  it('are the same for one contender in every scenario, and our own in every suite', () => {
    const paint = colours([...BENCH_ROWS, ...BENCH_ROWS]);
    expect([...paint]).toEqual([
      ['for-update', 'base'],
      ['unsafe', 'c0'],
      ['coinpilot', 'ours'],
    ]);
  });
});
