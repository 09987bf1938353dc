import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../../adapters/feeds/timestamps.ts';

const MIDNIGHT = Date.UTC(2022, 0, 1);

describe('times in recordings', () => {
  it.each([
    ['2022-01-01T00:00:00Z', MIDNIGHT],
    ['2022-01-01 00:00:00.000000', MIDNIGHT],
    ['2022-01-01', MIDNIGHT],
    ['2022-01-01 00:59:58', MIDNIGHT + 3_598_000],
    ['2022-01-01 00:07:00', MIDNIGHT + 420_000],
    ['2022-01-01T00:00', MIDNIGHT],
    ['2022-01-01T09:00:00+09:00', MIDNIGHT],
    ['2021-12-31T19:00:00-0500', MIDNIGHT],
    ['2022-01-01 00:00:00+00:00', MIDNIGHT],
    ['2022-01-01T00:00:00.123987Z', MIDNIGHT + 123],
    ['2022-01-01T00:00:00.5Z', MIDNIGHT + 500],
    [String(MIDNIGHT / 1_000), MIDNIGHT],
    [`${MIDNIGHT / 1_000}.25`, MIDNIGHT + 250],
    [String(MIDNIGHT), MIDNIGHT],
    [`${MIDNIGHT}000`, MIDNIGHT],
    [`${MIDNIGHT}000000`, MIDNIGHT],
  ])('reads %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2022-01-01 00:60:00',
    '2022-01-01 00:00:6x',
    '2022-02-30 00:00:00',
    '2022-02-30T00:00:00Z',
    '2022-13-01',
    '2022-01-01T24:00:00Z',
    '01/02/2022',
    '12',
    '1e12',
  ])('refuses "%s" rather than guess', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
