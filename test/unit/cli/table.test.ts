import { describe, expect, it } from 'vitest';
import { duration, grouped, labelled, rounded, table } from '../../../cli/table.ts';

describe('table', () => {
  it('aligns text to the left, numbers to the right, and leaves no space at the end of a line', () => {
    const text = table(
      ['name', 'count', 'note'],
      [
        ['a', '1', ''],
        ['longer', '100', 'x'],
      ],
      ['count'],
    );
    expect(text.split('\n')).toEqual(['name    count  note', 'a           1', 'longer    100  x']);
  });

  it('counts characters, so that a mark is as wide as a letter', () => {
    expect(
      table(
        ['', 'b'],
        [
          ['✓', '1'],
          ['𝄞', '2'],
        ],
      ).split('\n'),
    ).toEqual(['   b', '✓  1', '𝄞  2']);
  });

  it('shows the headers of a table without rows', () => {
    expect(table(['pod', 'state'], [])).toBe('pod  state');
  });
});

describe('labelled', () => {
  it('leaves out what has no value', () => {
    expect(
      labelled([
        ['cash', '1'],
        ['halted', null],
        ['paused', undefined],
        ['b', '2'],
      ]),
    ).toBe('cash  1\nb     2');
  });

  it('is empty for nothing', () => {
    expect(labelled([])).toBe('');
  });
});

describe('numbers', () => {
  it.each([
    ['1234567.12345678', '1,234,567.12345678'],
    ['-1000', '-1,000'],
    ['999', '999'],
    ['0.00000001', '0.00000001'],
    ['BULL', 'BULL'],
    ['1e9', '1e9'],
  ])('groups %s as %s without changing a digit', (decimal, shown) => {
    expect(grouped(decimal)).toBe(shown);
    expect(grouped(decimal).replaceAll(',', '')).toBe(decimal);
  });

  it.each([
    [42, '42'],
    [81.2128412534622, '81.2128'],
    [153_460_000, '153,460,000'],
    [-0.00001, '0'],
  ])('rounds %d to %s', (value, shown) => {
    expect(rounded(value)).toBe(shown);
  });

  it.each([
    [90, '90 ms'],
    [4_250, '4.3 s'],
    [1_800_000, '30 min'],
    [7_200_000, '2 h'],
    [259_200_000, '3 d'],
  ])('says %d ms as %s', (ms, shown) => {
    expect(duration(ms)).toBe(shown);
  });
});
