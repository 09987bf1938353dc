/** The largest fall from a peak, in percent. */
import { describe, expect, it } from 'vitest';
import { maximumDrawdown } from '../../../domain/drawdown.ts';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';

function drawdown(...values: string[]): string | undefined {
  const worst = maximumDrawdown(values.map(parseDecimal));
  return worst === undefined ? undefined : formatDecimal(worst);
}

describe('maximum drawdown', () => {
  it('is measured from the highest value so far to the lowest after it', () => {
    // From 200 to 150; the fall from 120 to 90 is as deep in percent, the one from 210 less.
    expect(drawdown('100', '120', '90', '200', '150', '210', '190')).toBe('25');
    expect(drawdown('3', '2')).toBe('33.33333333');
  });

  it('is 0 when nothing falls, and 100 when all is lost', () => {
    expect(drawdown('1', '1', '2')).toBe('0');
    expect(drawdown('5', '0')).toBe('100');
  });

  it('does not exist before there is anything to lose', () => {
    expect(drawdown()).toBeUndefined();
    expect(drawdown('0', '0')).toBeUndefined();
    expect(drawdown('0', '10', '9')).toBe('10');
  });
});
