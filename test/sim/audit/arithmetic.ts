/**
 * Exact money for the auditor: its own few lines, because an auditor that shares its arithmetic with the engine shares its
 * mistakes. Units of 1e-8, half to even.
 */
const SCALE = 100_000_000n;

/** A decimal string of the wire as units. */
export function units(text: string): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole) * SCALE + BigInt(fraction.padEnd(8, '0'));
  return text.startsWith('-') ? -value : value;
}

/** Units as a decimal string, for people. */
export function text(value: bigint): string {
  const size = value < 0n ? -value : value;
  const fraction = String(size % SCALE)
    .padStart(8, '0')
    .replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${size / SCALE}${fraction === '' ? '' : `.${fraction}`}`;
}

/** a × b ÷ c of amounts that are not negative. */
export function ratio(a: bigint, b: bigint, c: bigint): bigint {
  const product = a * b;
  const quotient = product / c;
  const twice = 2n * (product - quotient * c);
  if (twice < c || (twice === c && quotient % 2n === 0n)) return quotient;
  return quotient + 1n;
}

/** Quantity × price. */
export function notionalOf(quantity: bigint, price: bigint): bigint {
  return ratio(quantity, price, SCALE);
}
