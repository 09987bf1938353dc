/**
 * What is said on the wire, validated once at the edge; behind it every value is exact and known to be sane.
 * Decimals are strings with at most 8 places, times ISO-8601 UTC, ids UUIDs.
 */
import { z } from 'zod';
import { tryParseDecimal, type Units } from '../domain/money.ts';
import { LIMITS } from './limits.ts';

/** Whole digits a quantity, price or amount may have: far above any market, far below what numeric could not hold. */
export const UNITS_MAX: Units = 10n ** 23n;

const decimal = z.string({ error: 'must be a decimal string such as "0.5"' }).transform((text, context): Units => {
  const units = tryParseDecimal(text);
  if (units === undefined) {
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is not a decimal with at most 8 places` });
    return z.NEVER;
  }
  if (units >= UNITS_MAX || units <= -UNITS_MAX) {
    context.addIssue({ code: 'custom', message: 'must be below 1000000000000000 (1e15)' });
    return z.NEVER;
  }
  return units;
});
const positive = decimal.refine((units) => units > 0n, { error: 'must be greater than 0' });
const notNegative = decimal.refine((units) => units >= 0n, { error: 'must not be negative' });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const commandId = z
  .string({ error: 'is missing: give every command a UUID (version 7 preferred) and send the same one when you retry' })
  .regex(UUID, { error: 'must be a UUID (version 7 preferred)' })
  .transform((id) => id.toLowerCase());

/** A question about a symbol; with the id of a command it is also told what became of that. Other fields are ignored. */
export const getRequest = z.looseObject({
  commandId: z
    .string({ error: 'must be the id of a command' })
    .regex(UUID, { error: 'must be the UUID of a command' })
    .transform((id) => id.toLowerCase())
    .optional(),
});

const time = z.iso
  .datetime({ error: 'must be an ISO-8601 UTC time such as 2026-01-31T09:00:00Z' })
  .transform((text) => Date.parse(text));

/** Text a person wrote. A NUL or half a surrogate pair can't be stored, and would fail the commits of others with it. */
const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
const NOT_TEXT = { error: 'holds characters that are not text' };

const reason = z
  .string({ error: 'is missing: say why, it is kept' })
  .trim()
  .min(1, { error: 'is empty: say why, it is kept' })
  .max(LIMITS.reasonLengthMax)
  .refine(isText, NOT_TEXT);

const orderId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'must be the id of an order' });

const side = z.enum(['buy', 'sell'], { error: 'must be "buy" or "sell"' });

const fillItem = z.strictObject({
  id: commandId,
  side,
  quantity: positive,
  price: positive,
  fee: notNegative.optional(),
  at: time.optional(),
  deadline: time.optional(),
});

export const fillRequest = fillItem;

export const fillBatchRequest = z.strictObject({
  fills: z
    .array(z.unknown())
    .min(1, { error: 'holds no fill' })
    .max(LIMITS.fillsPerRequestMax, { error: `holds more than ${LIMITS.fillsPerRequestMax} fills: split the request` }),
  deadline: time.optional(),
});

export const orderRequest = z
  .strictObject({
    id: commandId,
    side,
    type: z.enum(['market', 'limit'], { error: 'must be "market" or "limit"' }),
    quantity: positive.optional(),
    amount: positive.optional(),
    price: positive.optional(),
    timeInForce: z.enum(['GTC', 'IOC', 'FOK']).optional(),
    deadline: time.optional(),
  })
  .refine((order) => order.type === 'market' || order.price !== undefined, {
    error: 'a limit order needs a price',
    path: ['price'],
  })
  .refine((order) => order.type === 'limit' || order.price === undefined, {
    error: 'a market order takes no price',
    path: ['price'],
  })
  .refine((order) => (order.quantity === undefined) !== (order.amount === undefined), {
    error: 'give quantity or amount, one of the two',
    path: ['quantity'],
  })
  .refine((order) => order.amount === undefined || (order.side === 'buy' && order.type === 'market'), {
    error: 'only a market buy takes an amount',
    path: ['amount'],
  });

export const cancelRequest = z.strictObject({
  id: commandId,
  orderId,
  reason: reason.optional(),
  deadline: time.optional(),
});

/** Who asks, as they call themselves: kept beside the reason. */
const by = z
  .string({ error: 'must be a name' })
  .trim()
  .min(1, { error: 'is empty: name who asks, or leave it out' })
  .max(LIMITS.nameLengthMax)
  .refine(isText, NOT_TEXT);

export const controlRequest = z.strictObject({
  id: commandId,
  reason,
  by: by.optional(),
  deadline: time.optional(),
});

/** New limits by name, as numbers or as people write them; null goes back to what the engine is configured with. */
export const limitsRequest = z.strictObject({
  id: commandId,
  limits: z
    .record(z.string(), z.union([z.number(), z.string(), z.null()]), { error: 'must hold limits by name' })
    .refine((limits) => Object.keys(limits).length > 0, { error: 'holds no limit' }),
  reason,
  by: by.optional(),
  deadline: time.optional(),
});

/** What a person found out about an unknown order: it never reached the venue, or it was cancelled there. */
export const resolveRequest = z.strictObject({
  id: commandId,
  orderId,
  outcome: z.enum(['rejected', 'cancelled'], {
    error: 'must be "rejected" or "cancelled"; record what was executed with fill',
  }),
  reason,
  deadline: time.optional(),
});

export const cashRequest = z.strictObject({
  id: commandId,
  amount: positive,
  reason: reason.optional(),
  deadline: time.optional(),
});

export const symbolsRequest = z.strictObject({
  id: commandId.optional(),
  symbols: z.array(z.string()).min(1).max(LIMITS.symbolsPerRequestMax).optional(),
  symbol: z.string().optional(),
  reason: reason.optional(),
});

export const drainRequest = z.strictObject({
  id: commandId.optional(),
  pod: z.string().min(1),
  reason: reason.optional(),
});

/** A symbol's question to the account, from Pod to Pod. */
export const reserveRequest = z.strictObject({
  id: orderId,
  symbol: z.string().min(1),
  at: time,
  price: positive,
  regimeSize: z.number().nonnegative(),
  volatility: z.strictObject({ factor: z.number().positive().max(1), forecast: z.number().nonnegative().nullable() }),
  amount: positive.nullable(),
  minimumNotional: notNegative,
  feeRate: notNegative,
  haltedReason: z.string().nullable(),
  pausedReason: z.string().nullable(),
  lastEntryAt: time.nullable(),
  deadline: time,
});

export const emptyRequest = z.looseObject({});

/** A description of a request, and what a valid one becomes: whoever decodes needs no schema library. */
export type Schema = z.ZodType;
export type Parsed<S extends Schema> = z.output<S>;

export type FillRequest = z.output<typeof fillItem>;
export type OrderRequest = z.output<typeof orderRequest>;
export type CancelRequest = z.output<typeof cancelRequest>;
export type ControlRequest = z.output<typeof controlRequest>;
export type LimitsRequest = z.output<typeof limitsRequest>;
export type ResolveRequest = z.output<typeof resolveRequest>;
export type ReserveRequest = z.output<typeof reserveRequest>;
export type CashRequest = z.output<typeof cashRequest>;

/** One line that names each bad field: `quantity: must be greater than 0; id: must be a UUID`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 10)
    .map((issue) => {
      const path = issue.path.join('.');
      return path === '' ? issue.message : `${path}: ${issue.message}`;
    })
    .join('; ');
}

/** Milliseconds since the epoch held in a UUIDv7; undefined for other versions, which carry no time. */
export function uuidTime(id: string): number | undefined {
  if (id[14] !== '7') return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
