/** The largest fall from a peak, in percent. */
import { describe, expect, it } from 'vitest';
import { maximumDrawdown, withoutDeposits } from '../../../domain/drawdown.ts';
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

/** Equity and net deposits, in turn. */
function values(...points: readonly (readonly [equity: string, netDeposits: string])[]): string[] {
  const worths = points.map(([equity, netDeposits]) => ({
    equity: parseDecimal(equity),
    netDeposits: parseDecimal(netDeposits),
  }));
  return withoutDeposits(worths).map(formatDecimal);
}

describe('equity without deposits', () => {
  it('is the equity itself while nothing is paid in or taken out', () => {
    expect(values(['100', '70'], ['33.33333333', '70'], ['250', '70'])).toEqual(['100', '33.33333333', '250']);
  });

  it('does not fall with money taken out and does not rise with money paid in', () => {
    expect(values(['100', '100'], ['40', '40'], ['140', '140'])).toEqual(['100', '100', '100']);
  });

  it('gains and loses by the share of what was there: a deposit from the first point, a withdrawal until the second', () => {
    // 100 + 100 became 220; then 220 became 110 + 55.
    expect(values(['100', '100'], ['220', '200'], ['110', '145'])).toEqual(['100', '110', '82.5']);
  });

  it('begins with the first money, rests while there is none, and begins anew after a total loss', () => {
    expect(values(['0', '0'], ['50', '50'], ['0', '0'], ['0', '0'], ['30', '30'], ['60', '30'])).toEqual([
      '0',
      '50',
      '50',
      '50',
      '50',
      '100',
    ]);
    expect(values(['50', '50'], ['0', '50'], ['20', '70'], ['10', '70'])).toEqual(['50', '0', '20', '10']);
  });
});
