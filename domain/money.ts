/**
 * Exact decimal arithmetic for money, prices and quantities.
 *
 * A value is a `bigint` counting units of 1e-8, so that addition is exact and multiplication rounds in one known place.
 * In Postgres it is `numeric`, on the wire a canonical decimal string (no exponent, no trailing zeros). A float never
 * holds money; market data may arrive as floats and becomes exact at the boundary through `fromNumber`.
 */
import { invariant } from './invariant.ts';

/** A decimal scaled by 1e8: `150_000_000n` is 1.5. */
export type Units = bigint;

export const DECIMAL_PLACES = 8;
export const ONE: Units = 100_000_000n;

const FLOAT_ONE = Number(ONE);
const FLOAT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d+))?$/;

/** Parses "12", "-0.5", "1.50000000". Digits past the eighth place must be zero. Returns undefined when it can't. */
export function tryParseDecimal(text: string): Units | undefined {
  const small = parseSmall(text);
  if (small !== undefined) return BigInt(small);
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole, fraction = ''] = match;
  if (fraction.length > DECIMAL_PLACES && /[1-9]/.test(fraction.slice(DECIMAL_PLACES))) return undefined;
  const units = BigInt(whole + fraction.slice(0, DECIMAL_PLACES).padEnd(DECIMAL_PLACES, '0'));
  return sign ? -units : units;
}

const ZERO_CODE = 48;
const POINT_CODE = 46;
/** So many digits, all places filled up, are a number that a float holds exactly. */
const SMALL_DIGITS = 15;
const POWERS = [1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1] as const;

/** The units of a short plain decimal; undefined for all other texts, right or wrong. */
function parseSmall(text: string): number | undefined {
  const { length } = text;
  if (length > SMALL_DIGITS + 1) return undefined;
  let value = 0;
  let point = -1;
  for (let index = 0; index < length; index += 1) {
    const digit = text.charCodeAt(index) - ZERO_CODE;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === POINT_CODE - ZERO_CODE && point === -1) point = index;
    else return undefined;
  }
  const places = point === -1 ? 0 : length - point - 1;
  const whole = point === -1 ? length : point;
  if (whole === 0 || whole + DECIMAL_PLACES > SMALL_DIGITS || places > DECIMAL_PLACES || point === length - 1) {
    return undefined;
  }
  return value * (POWERS[places] as number);
}

/** Parses a decimal that is known to be valid (from the ledger, from code). Throws InvariantError otherwise. */
export function parseDecimal(text: string): Units {
  const units = tryParseDecimal(text);
  invariant(units !== undefined, `"${text}" is a decimal with at most ${DECIMAL_PLACES} places`);
  return units;
}

/** Canonical text: no exponent, no trailing zeros, no "-0". */
export function formatDecimal(units: Units): string {
  if (units <= FLOAT_MAX && units >= -FLOAT_MAX) return formatSmall(Number(units));
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString();
  const sign = negative ? '-' : '';
  if (digits.length <= DECIMAL_PLACES) {
    const fraction = digits.padStart(DECIMAL_PLACES, '0').replace(/0+$/, '');
    return fraction === '' ? '0' : `${sign}0.${fraction}`;
  }
  const whole = digits.slice(0, -DECIMAL_PLACES);
  const fraction = digits.slice(-DECIMAL_PLACES).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** The same for units that a float counts exactly: most of them, and several times faster. */
function formatSmall(units: number): string {
  const magnitude = Math.abs(units);
  const whole = Math.floor(magnitude / FLOAT_ONE);
  let fraction = magnitude - whole * FLOAT_ONE;
  const text = units < 0 ? `-${whole}` : `${whole}`;
  if (fraction === 0) return text;
  let places = DECIMAL_PLACES;
  for (; fraction % 10 === 0; fraction /= 10) places -= 1;
  return `${text}.${String(fraction).padStart(places, '0')}`;
}

/** Exact value of the shortest decimal that reads back as this float, rounded to 8 places. Finite numbers only. */
export function fromNumber(value: number): Units {
  invariant(Number.isFinite(value), `${value} is a finite number`);
  const shortest = String(value);
  if (!shortest.includes('e')) {
    const exact = tryParseDecimal(shortest);
    if (exact !== undefined) return exact;
  }
  const [whole, fraction] = value.toFixed(DECIMAL_PLACES).split('.');
  invariant(whole !== undefined && fraction !== undefined && !whole.includes('e'), `${value} is below 1e21`);
  return parseDecimal(`${whole}.${fraction}`);
}

/** The nearest float: for indicators, charts and comparisons of market prices, never for bookkeeping. */
export function toNumber(units: Units): number {
  return Number(formatDecimal(units));
}

/** Integer division rounding half to even. `divisor` is positive. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  invariant(divisor > 0n, 'a divisor is positive');
  const negative = dividend < 0n;
  const magnitude = negative ? -dividend : dividend;
  const quotient = magnitude / divisor;
  const remainder = magnitude - quotient * divisor;
  if (remainder === 0n) return negative ? -quotient : quotient;
  const twice = remainder * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
}

/** a × b in units, rounded half to even: notional = multiply(quantity, price). */
export function multiply(a: Units, b: Units): Units {
  return divideHalfEven(a * b, ONE);
}

/** a ÷ b in units, rounded half to even: average price = divide(cost, quantity). `b` is positive. */
export function divide(a: Units, b: Units): Units {
  return divideHalfEven(a * ONE, b);
}

/** a ÷ b in units, rounded towards zero: the quantity an amount can buy. `b` is positive. */
export function divideDown(a: Units, b: Units): Units {
  invariant(b > 0n, 'a divisor is positive');
  return (a * ONE) / b;
}

export function minimum(first: Units, ...rest: Units[]): Units {
  return rest.reduce((least, value) => (value < least ? value : least), first);
}

export function maximum(first: Units, ...rest: Units[]): Units {
  return rest.reduce((most, value) => (value > most ? value : most), first);
}
