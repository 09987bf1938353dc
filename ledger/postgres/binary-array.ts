/**
 * Arrays in Postgres's binary format (src/backend/utils/adt/arrayfuncs.c, array_recv), one column of a batch each. Written
 * as text a batch costs both sides more than the rest of it: quoting here, parsing there. One dimension, first index 1.
 */
import { invariant } from '../../domain/invariant.ts';
import type { Units } from '../../domain/money.ts';

/** The element types we send, by their object ids in pg_type.dat: fixed for ever. */
export const ELEMENT = {
  int8: 20,
  int4: 23,
  text: 25,
  date: 1082,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
} as const;

const HEADER_BYTES = 20;
const FIRST_BYTES = 1_024;
const NULL_LENGTH = -1;
/** Postgres counts days and microseconds from 2000-01-01. */
const EPOCH_MS = 946_684_800_000;
const DAY_MS = 86_400_000;
const NUMERIC_HEADER_BYTES = 8;
const NUMERIC_NEGATIVE = 0x4000;
/** Decimal digits in one digit of a numeric. Two of them are the eight places of a unit. */
const NUMERIC_BASE = 10_000;
const PLACES_DIGITS = 2;
/** What a float holds exactly is taken apart as one: several times faster. */
const FLOAT_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Taken off a larger number at a time: as many digits as a float holds exactly, whatever they are. */
const CHUNK_DIGITS = 3;
const CHUNK = 10n ** 12n;

const SHORT_TEXT = 48;
const ASCII_MAX = 0x7f;
const DASH = 0x2d;
const NINE = 0x39;

/** Digits of the numeric being written, least first; a unit of 1e23 has eight. */
const digits = new Int16Array(64);

export class BinaryArray {
  readonly #element: number;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = HEADER_BYTES;
  #count = 0;
  #nulls = 0;

  constructor(element: number) {
    this.#element = element;
  }

  null(): void {
    this.#begin(0);
    this.#bytes.writeInt32BE(NULL_LENGTH, this.#length);
    this.#length += 4;
    this.#nulls += 1;
  }

  int4(value: number): void {
    this.#begin(4);
    this.#bytes.writeInt32BE(4, this.#length);
    this.#bytes.writeInt32BE(value, this.#length + 4);
    this.#length += 8;
  }

  /** A safe integer. */
  int8(value: number): void {
    this.#begin(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#bytes.writeInt32BE(8, this.#length);
    this.#bytes.writeInt32BE(high, this.#length + 4);
    this.#bytes.writeUInt32BE(value - high * 0x1_0000_0000, this.#length + 8);
    this.#length += 12;
  }

  /** Milliseconds since 1970, as a timestamptz. */
  timestamp(milliseconds: number): void {
    this.int8((milliseconds - EPOCH_MS) * 1_000);
  }

  /** `YYYY-MM-DD`, as a date. */
  date(day: string): void {
    const days = Math.round((Date.parse(day) - EPOCH_MS) / DAY_MS);
    invariant(!Number.isNaN(days), `"${day}" is a day`);
    this.int4(days);
  }

  text(value: string): void {
    // A UTF-16 unit becomes three bytes at most.
    this.#begin(value.length * 3);
    const start = this.#length + 4;
    const ascii = value.length <= SHORT_TEXT ? writeAscii(this.#bytes, start, value) : false;
    const bytes = ascii ? value.length : this.#bytes.write(value, start, 'utf8');
    this.#bytes.writeInt32BE(bytes, this.#length);
    this.#length = start + bytes;
  }

  uuid(value: string): void {
    this.#begin(16);
    const to = this.#bytes;
    let at = to.writeInt32BE(16, this.#length);
    for (let index = 0; index < value.length; index += 2) {
      if (value.charCodeAt(index) === DASH) index += 1;
      to[at] = (hexDigit(value.charCodeAt(index)) << 4) | hexDigit(value.charCodeAt(index + 1));
      at += 1;
    }
    invariant(at === this.#length + 20, 'an id is a UUID');
    this.#length = at;
  }

  /** A decimal with the places it needs and no more: its text comes back canonical. */
  numeric(units: Units): void {
    const negative = units < 0n;
    const count = takeApart(negative ? -units : units);
    const bytes = NUMERIC_HEADER_BYTES + count * 2;
    this.#begin(bytes);
    const to = this.#bytes;
    let at = to.writeInt32BE(bytes, this.#length);
    at = to.writeInt16BE(count, at);
    at = to.writeInt16BE(count - 1 - PLACES_DIGITS, at);
    at = to.writeInt16BE(negative ? NUMERIC_NEGATIVE : 0, at);
    at = to.writeInt16BE(places(), at);
    for (let index = count - 1; index >= 0; index -= 1) at = to.writeInt16BE(digits[index] as number, at);
    this.#length = at;
  }

  /** True when nothing but nulls is in it. */
  get isNull(): boolean {
    return this.#nulls === this.#count;
  }

  /** Empties it; the memory is used again, so that what `finish` returned is overwritten. */
  clear(): void {
    this.#length = HEADER_BYTES;
    this.#count = 0;
    this.#nulls = 0;
  }

  /** The finished array, to be given as a parameter's value: `pg` sends a Buffer in binary format. */
  finish(): Buffer {
    const to = this.#bytes;
    to.writeInt32BE(1, 0);
    to.writeInt32BE(this.#nulls > 0 ? 1 : 0, 4);
    to.writeInt32BE(this.#element, 8);
    to.writeInt32BE(this.#count, 12);
    to.writeInt32BE(1, 16);
    return to.subarray(0, this.#length);
  }

  /** Counts an element and makes room for it. */
  #begin(bytes: number): void {
    this.#count += 1;
    const needed = this.#length + 4 + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** False, and something written, for what is not ASCII. Names and words are short: faster than a call into the runtime. */
function writeAscii(to: Buffer, start: number, value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code > ASCII_MAX) return false;
    to[start + index] = code;
  }
  return true;
}

/** Of `0`–`9`, `a`–`f`, `A`–`F`. */
function hexDigit(code: number): number {
  return code <= NINE ? code & 0xf : (code & 0xf) + 9;
}

/** Leaves the digits of a magnitude in `digits`, the two of the places always among them unless it is 0; returns how many. */
function takeApart(magnitude: bigint): number {
  let count = 0;
  let rest = magnitude;
  while (rest > FLOAT_MAX) {
    let low = Number(rest % CHUNK);
    rest /= CHUNK;
    for (let index = 0; index < CHUNK_DIGITS; index += 1) {
      const next = Math.floor(low / NUMERIC_BASE);
      digits[count] = low - next * NUMERIC_BASE;
      count += 1;
      low = next;
    }
  }
  for (let high = Number(rest); high > 0; ) {
    const next = Math.floor(high / NUMERIC_BASE);
    digits[count] = high - next * NUMERIC_BASE;
    count += 1;
    high = next;
  }
  if (count < PLACES_DIGITS) digits.fill(0, count, PLACES_DIGITS);
  return count;
}

/** Places that are not zero at the end, of the number in `digits`. */
function places(): number {
  const last = digits[0] as number;
  const first = digits[1] as number;
  if (last !== 0) return 8 - zerosAtEnd(last);
  return first === 0 ? 0 : 4 - zerosAtEnd(first);
}

/** Of a digit of a numeric that is not 0. */
function zerosAtEnd(digit: number): number {
  if (digit % 10 !== 0) return 0;
  if (digit % 100 !== 0) return 1;
  return digit % 1_000 !== 0 ? 2 : 3;
}
