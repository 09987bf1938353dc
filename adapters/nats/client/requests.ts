/**
 * What is asked, as it travels: decimals are strings with at most 8 places, times ISO-8601 UTC. The engine validates; only
 * what JSON would silently spoil (a number for money) is caught here.
 */

/** Exact: a float would have lost digits before we saw it. */
export type Decimal = string;
/** Such as 2026-01-31T09:00:00Z. */
export type Time = string;
export type Side = 'buy' | 'sell';

/** An execution that happened elsewhere and is to be recorded. */
export interface Fill {
  readonly side: Side;
  readonly quantity: Decimal;
  readonly price: Decimal;
  /** Default 0. */
  readonly fee?: Decimal | undefined;
  /** When it happened; default: now, by market time. */
  readonly at?: Time | undefined;
}

/** A fill of a batch, each under an id of its own (default: a new UUIDv7). */
export interface FillItem extends Fill {
  readonly id?: string | undefined;
}

export interface OrderRequest {
  readonly side: Side;
  readonly type: 'market' | 'limit';
  /** Quantity or amount, one of the two. */
  readonly quantity?: Decimal | undefined;
  /** Money to spend: for a market buy. */
  readonly amount?: Decimal | undefined;
  /** For a limit order: a multiple of the tick. */
  readonly price?: Decimal | undefined;
  readonly timeInForce?: 'GTC' | 'IOC' | 'FOK' | undefined;
}

export interface CancelRequest {
  readonly orderId: string;
  readonly reason?: string | undefined;
}

/** A person's decision; the reason is kept with it. */
export interface ControlRequest {
  readonly reason: string;
  /** Who asks; kept beside the reason. */
  readonly by?: string;
}

/** New risk limits by name, as numbers or as people write them (`20 %`, `2 h`); null goes back to the engine's own. */
export interface LimitsRequest extends ControlRequest {
  readonly limits: Readonly<Record<string, number | string | null>>;
}

/** What a person found out about an order whose fate is unknown. */
export interface ResolveRequest {
  readonly orderId: string;
  readonly outcome: 'rejected' | 'cancelled';
  readonly reason: string;
}

export interface CashRequest {
  readonly amount: Decimal;
  readonly reason?: string | undefined;
}

export interface SymbolsRequest {
  readonly symbols: readonly string[];
  readonly reason?: string | undefined;
}

export interface DrainRequest {
  readonly pod: string;
  readonly reason?: string | undefined;
}

const DECIMALS = ['quantity', 'price', 'fee', 'amount'] as const;

/** Returns the body; throws TypeError when money is not a string. */
export function checked(body: object): Readonly<Record<string, unknown>> {
  const fields: Readonly<Record<string, unknown>> = { ...body };
  for (const name of DECIMALS) {
    const value = fields[name];
    if (value !== undefined && typeof value !== 'string') {
      throw new TypeError(
        `${name} must be a decimal string such as "0.5", not the ${typeof value} ${String(value)}: floats lose money`,
      );
    }
  }
  return fields;
}
