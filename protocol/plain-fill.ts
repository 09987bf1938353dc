/**
 * The common fill, read in one pass. It takes what is plainly right and leaves everything else, the wrong included, to
 * the schema in messages.ts, which also words the refusals: where both have an answer it is the same (tested).
 */
import { tryParseDecimal, type Units } from '../domain/money.ts';
import { isoTime } from '../domain/time.ts';
import { type FillRequest, UNITS_MAX } from './messages.ts';

const FIELDS: ReadonlySet<string> = new Set(['id', 'side', 'quantity', 'price', 'fee', 'at', 'deadline']);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** Undefined for what is not plain; it may still be right. */
export function plainFill(value: unknown): FillRequest | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const field in value) if (!FIELDS.has(field)) return undefined;
  const { id, side, quantity, price, fee, at, deadline } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || !UUID.test(id) || (side !== 'buy' && side !== 'sell')) return undefined;
  const units = plainDecimal(quantity);
  const unitPrice = plainDecimal(price);
  if (units === undefined || units === 0n || unitPrice === undefined || unitPrice === 0n) return undefined;
  const feeUnits = fee === undefined ? undefined : plainDecimal(fee);
  const atTime = at === undefined ? undefined : plainTime(at);
  const deadlineTime = deadline === undefined ? undefined : plainTime(deadline);
  if ((feeUnits === undefined) !== (fee === undefined)) return undefined;
  if ((atTime === undefined) !== (at === undefined)) return undefined;
  if ((deadlineTime === undefined) !== (deadline === undefined)) return undefined;
  return { id, side, quantity: units, price: unitPrice, fee: feeUnits, at: atTime, deadline: deadlineTime };
}

/** Not negative. */
function plainDecimal(value: unknown): Units | undefined {
  if (typeof value !== 'string') return undefined;
  const units = tryParseDecimal(value);
  return units === undefined || units < 0n || units >= UNITS_MAX ? undefined : units;
}

let lastTime = { text: '', at: Number.NaN };

/** Callers send many fills with the same deadline. */
function plainTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (value === lastTime.text) return lastTime.at;
  if (!TIME.test(value)) return undefined;
  const at = Date.parse(value);
  // A 30th of February is read as a day in March.
  if (Number.isNaN(at) || isoTime(at) !== value) return undefined;
  lastTime = { text: value, at };
  return at;
}
