/** Numbers and times as the dashboard writes them. */
import { describe, expect, it } from 'vitest';
import {
  formatKrw,
  formatKrwShort,
  formatPercent,
  formatPrice,
  formatQuantity,
  formatShare,
  toneOf,
} from '../../../gateway/dashboard/format/money.ts';
import { ageParts, formatClock, formatDateTime, formatShortDateTime } from '../../../gateway/dashboard/format/time.ts';

describe('money on the page', () => {
  it.each([
    ['1234567', '₩1,234,567'],
    ['0', '₩0'],
    ['-1234.5', '−₩1,234'],
    ['1235.5', '₩1,236'],
    ['-0.4', '₩0'],
    ['123456789012345678901234', '₩123,456,789,012,345,678,901,234'],
    ['not a number', '–'],
    [null, '–'],
  ])('writes %s as %s', (amount, text) => {
    expect(formatKrw(amount)).toBe(text);
  });

  it('keeps the last won of an amount that a float would round away', () => {
    // 2^53 + 1 has no float of its own.
    expect(formatKrw('9007199254740993')).toBe('₩9,007,199,254,740,993');
  });

  it('signs a profit and leaves a zero unsigned', () => {
    expect(formatKrw('1500', { signed: true })).toBe('+₩1,500');
    expect(formatKrw('-1500', { signed: true })).toBe('−₩1,500');
    expect(formatKrw('0.2', { signed: true })).toBe('₩0');
  });

  it('shortens to 만 and 억 in Korean only', () => {
    expect(formatKrwShort('12340000', 'ko')).toBe('₩1,234만');
    expect(formatKrwShort('-12340000', 'ko')).toBe('−₩1,234만');
    expect(formatKrwShort('1230000000', 'ko')).toBe('₩12.3억');
    expect(formatKrwShort('9999', 'ko')).toBe('₩9,999');
    expect(formatKrwShort('12340000', 'en')).toBe('₩12,340,000');
  });

  it('gives a price the places that its size gives a meaning', () => {
    expect(formatPrice('135240000')).toBe('135,240,000');
    expect(formatPrice('241.5')).toBe('241.50');
    expect(formatPrice('0.012345')).toBe('0.012345');
  });

  it('writes all places of a quantity', () => {
    expect(formatQuantity('1234.00000001')).toBe('1,234.00000001');
    expect(formatQuantity('7.5')).toBe('7.5');
  });

  it('shows no share of nothing', () => {
    expect(formatShare('10', '0')).toBe('–');
    expect(formatShare('10', null)).toBe('–');
    expect(formatShare('1', '3', { signed: true })).toBe('+33.33 %');
  });

  it('does not sign a percentage that rounds to zero', () => {
    expect(formatPercent('-0.001', { signed: true })).toBe('0.00 %');
  });

  it('colours by the exact value, not by what is left after rounding', () => {
    expect([toneOf('0.00000001'), toneOf('-0.00000001'), toneOf('0'), toneOf(undefined)]).toEqual([
      'gain',
      'loss',
      'even',
      'even',
    ]);
  });
});

describe('times on the page', () => {
  const at = '2026-01-31T16:30:05.250Z';

  it('shows the same moment in both zones, over the end of a month', () => {
    expect(formatDateTime(at, 'UTC')).toBe('2026-01-31 16:30');
    expect(formatDateTime(at, 'KST')).toBe('2026-02-01 01:30');
    expect(formatShortDateTime(at, 'KST')).toBe('02-01 01:30');
    expect(formatClock(at, 'UTC')).toBe('16:30:05');
  });

  it('shows a dash for what is no time', () => {
    expect([formatClock('soon', 'UTC'), formatClock(null, 'KST'), formatShortDateTime(undefined, 'UTC')]).toEqual([
      '–',
      '–',
      '–',
    ]);
  });

  it('counts an age in its largest full unit and never below zero', () => {
    expect(ageParts(59_999)).toEqual({ unit: 'seconds', count: 59 });
    expect(ageParts(60_000)).toEqual({ unit: 'minutes', count: 1 });
    expect(ageParts(86_400_000)).toEqual({ unit: 'days', count: 1 });
    expect(ageParts(-5_000)).toEqual({ unit: 'seconds', count: 0 });
  });
});
