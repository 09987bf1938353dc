import { describe, expect, it } from 'vitest';
import {
  divide,
  divideDown,
  divideHalfEven,
  formatDecimal,
  fromNumber,
  maximum,
  minimum,
  multiply,
  ONE,
  parseDecimal,
  toNumber,
  tryParseDecimal,
} from '../../../domain/money.ts';

describe('decimal text', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['1', ONE],
    ['-0.5', -50_000_000n],
    ['0.00000001', 1n],
    ['1.50000000', 150_000_000n],
    ['1.500000000000', 150_000_000n],
    ['99999999999999999999', 99_999_999_999_999_999_999n * ONE],
  ])('reads %s', (text, units) => {
    expect(tryParseDecimal(text)).toBe(units);
  });

  it.each(['', '.', '1.', '.5', '+1', '1e3', ' 1', '1 ', '0x1', '1,000', '--1', 'NaN', '0.000000001'])(
    'refuses "%s"',
    (text) => {
      expect(tryParseDecimal(text)).toBeUndefined();
      expect(() => parseDecimal(text)).toThrow(/decimal/);
    },
  );

  it.each([
    [0n, '0'],
    [1n, '0.00000001'],
    [-1n, '-0.00000001'],
    [150_000_000n, '1.5'],
    [-50_000_000n, '-0.5'],
    [10n * ONE, '10'],
    [ONE * ONE, '100000000'],
  ])('writes %s units canonically', (units, text) => {
    expect(formatDecimal(units)).toBe(text);
  });
});

describe('floats at the boundary', () => {
  it('takes the decimal a person reads, not the binary tail', () => {
    expect(formatDecimal(fromNumber(0.1 + 0.2))).toBe('0.3');
    expect(formatDecimal(fromNumber(36_423.66))).toBe('36423.66');
    expect(formatDecimal(fromNumber(1e-7))).toBe('0.0000001');
    expect(toNumber(fromNumber(46_319.123))).toBe(46_319.123);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e21])('refuses %s', (value) => {
    expect(() => fromNumber(value)).toThrow(/invariant/);
  });
});

describe('rounding', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [-2n, 3n, -1n],
    [6n, 3n, 2n],
  ])('%s ÷ %s is %s, half to even', (dividend, divisor, quotient) => {
    expect(divideHalfEven(dividend, divisor)).toBe(quotient);
  });

  it('refuses a divisor that is not positive', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(/divisor/);
    expect(() => divideDown(1n, -1n)).toThrow(/divisor/);
  });

  it('rounds a product once, at the eighth place', () => {
    expect(multiply(parseDecimal('0.00000001'), parseDecimal('0.5'))).toBe(0n);
    expect(multiply(parseDecimal('0.00000003'), parseDecimal('0.5'))).toBe(2n);
    expect(multiply(parseDecimal('1.5'), parseDecimal('2'))).toBe(3n * ONE);
  });

  it('divides to the nearest for prices and down for what an amount buys', () => {
    expect(divide(2n * ONE, 3n * ONE)).toBe(66_666_667n);
    expect(divideDown(2n * ONE, 3n * ONE)).toBe(66_666_666n);
  });

  it('picks the least and the most', () => {
    expect(minimum(3n, 1n, 2n)).toBe(1n);
    expect(maximum(3n, 1n, 4n)).toBe(4n);
  });
});
