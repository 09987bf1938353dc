/**
 * Money and prices as people read them. Values arrive as exact decimal strings and are shown from bigints: a float never
 * stands between the ledger and the screen.
 */
import { divideHalfEven, formatDecimal, ONE, tryParseDecimal, type Units } from '../../../domain/money.ts';
import type { Language } from '../i18n/texts.ts';

/** What stands where a number is not known. */
export const UNKNOWN_NUMBER = '–';
const MINUS = '−';
const TEN_THOUSAND = 10_000n;
const HUNDRED_MILLION = 100_000_000n;
/** Below this a price has places behind the point (Upbit's ticks do). */
const WHOLE_PRICE_FROM = 1_000n * ONE;

export type Tone = 'gain' | 'loss' | 'even';

/** ₩1,234,567: whole won, rounded half to even. `signed` writes the + too. */
export function formatKrw(amount: string | Units | null | undefined, options: { signed?: boolean } = {}): string {
  const units = unitsOf(amount);
  if (units === undefined) return UNKNOWN_NUMBER;
  const won = divideHalfEven(units, ONE);
  return `${sign(won, options.signed === true)}₩${group(magnitude(won).toString())}`;
}

/** For narrow places in Korean: ₩1,234만, ₩12.3억. Every other language gets the whole number. */
export function formatKrwShort(amount: string | Units | null | undefined, language: Language): string {
  const units = unitsOf(amount);
  if (units === undefined) return UNKNOWN_NUMBER;
  const won = magnitude(divideHalfEven(units, ONE));
  if (language !== 'ko' || won < TEN_THOUSAND) return formatKrw(units);
  const text =
    won < HUNDRED_MILLION
      ? `${group(divideHalfEven(won, TEN_THOUSAND).toString())}만`
      : `${oneDecimal(divideHalfEven(won * 10n, HUNDRED_MILLION))}억`;
  return `${sign(units, false)}₩${text}`;
}

/** A price keeps the places that its size gives a meaning: 95,000,000 · 1,234.5 · 0.1234. */
export function formatPrice(price: string | Units | null | undefined): string {
  const units = unitsOf(price);
  if (units === undefined) return UNKNOWN_NUMBER;
  const places = magnitude(units) >= WHOLE_PRICE_FROM ? 0 : magnitude(units) >= ONE ? 2 : 6;
  return decimals(units, places);
}

/** A quantity, all its places: 0.01234567. */
export function formatQuantity(quantity: string | Units | null | undefined): string {
  const units = unitsOf(quantity);
  if (units === undefined) return UNKNOWN_NUMBER;
  const [whole = '0', fraction] = formatDecimal(magnitude(units)).split('.');
  return `${sign(units, false)}${group(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** `part` in percent of `whole`, two places: +1.23 %. Unknown when there is no whole to compare with. */
export function formatShare(
  part: string | Units | null | undefined,
  whole: string | Units | null | undefined,
  options: { signed?: boolean } = {},
): string {
  const share = shareOf(part, whole);
  return share === undefined ? UNKNOWN_NUMBER : formatPercent(share, options);
}

/** `percent` in units: 150_000_000n is 1.50 %. */
export function formatPercent(percent: string | Units | null | undefined, options: { signed?: boolean } = {}): string {
  const units = unitsOf(percent);
  if (units === undefined) return UNKNOWN_NUMBER;
  const text = decimals(magnitude(units), 2);
  const zero = /^0[.0]*$/.test(text);
  return `${zero ? '' : sign(units, options.signed === true)}${text} %`;
}

/** `part` ÷ `whole` × 100 in units; undefined without a positive whole. */
export function shareOf(
  part: string | Units | null | undefined,
  whole: string | Units | null | undefined,
): Units | undefined {
  const [above, below] = [unitsOf(part), unitsOf(whole)];
  if (above === undefined || below === undefined || below <= 0n) return undefined;
  return divideHalfEven(above * 100n * ONE, below);
}

/** Which of the two colours a number deserves, by its exact value. */
export function toneOf(amount: string | Units | null | undefined): Tone {
  const units = unitsOf(amount);
  if (units === undefined || units === 0n) return 'even';
  return units > 0n ? 'gain' : 'loss';
}

/** Undefined for what is no decimal, so that a page shows a dash and not an error. */
export function unitsOf(amount: string | Units | null | undefined): Units | undefined {
  if (amount === null || amount === undefined) return undefined;
  return typeof amount === 'bigint' ? amount : tryParseDecimal(amount);
}

/** A sign stays on the line of its amount: a browser may break between + and ₩. */
export function unbroken(text: string): string {
  return text.replace(/([+−])₩/g, '$1\u2060₩');
}

function decimals(units: Units, places: number): string {
  const scaled = divideHalfEven(magnitude(units), 10n ** BigInt(8 - places));
  const digits = scaled.toString().padStart(places + 1, '0');
  const whole = group(digits.slice(0, digits.length - places));
  return `${units < 0n ? MINUS : ''}${whole}${places === 0 ? '' : `.${digits.slice(-places)}`}`;
}

function oneDecimal(tenths: bigint): string {
  return `${group((tenths / 10n).toString())}.${tenths % 10n}`;
}

function sign(value: bigint, signed: boolean): string {
  if (value < 0n) return MINUS;
  return signed && value > 0n ? '+' : '';
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** 1234567 → 1,234,567. */
function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
