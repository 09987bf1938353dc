/** What callers see of a symbol, as the wire contract names it. */
import { formatDecimal, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { averagePrice, type Position } from '../../domain/position.ts';
import { isoTime } from '../../domain/time.ts';
import { type Reply, refuse } from '../../protocol/errors.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { SymbolState } from './state.ts';

export interface PositionView {
  readonly symbol: string;
  readonly quantity: string;
  readonly cost: string;
  readonly averagePrice: string | null;
  readonly realizedPnl: string;
  readonly version: number;
  readonly regime: string | null;
  readonly highWaterMark: string | null;
  readonly openedAt: string | null;
}

export function positionView(symbol: string, state: SymbolState, version: number): PositionView {
  return view(symbol, state.position, version, {
    regime: state.regime,
    highWaterMark: state.trade?.highWaterMark ?? null,
    openedAt: state.openedAt,
  });
}

/** The position as it was right after a journal row: a command gets the same answer whenever it is repeated. */
export function positionViewOf(row: StoredRow): PositionView {
  return view(row.symbol, row.positionAfter, row.seq, row.kind === 'fill' ? restOf(row.body) : NOTHING);
}

/** What a position's view says beyond its numbers. */
interface ViewRest {
  readonly regime: string | null;
  readonly highWaterMark: Units | null;
  readonly openedAt: number | null;
}

const NOTHING: ViewRest = { regime: null, highWaterMark: null, openedAt: null };
let lastRead: { readonly body: string; readonly rest: ViewRest } | undefined;

/** Fills in a row share their body. */
function restOf(body: string | null): ViewRest {
  if (body === null) return NOTHING;
  if (lastRead?.body === body) return lastRead.rest;
  const { regime = null, highWaterMark: mark, openedAt = null } = JSON.parse(body);
  const rest: ViewRest = { regime, highWaterMark: typeof mark === 'string' ? BigInt(mark) : null, openedAt };
  lastRead = { body, rest };
  return rest;
}

function view(symbol: string, position: Position, version: number, rest: ViewRest): PositionView {
  const average = averagePrice(position);
  return {
    symbol,
    quantity: formatDecimal(position.quantity),
    cost: formatDecimal(position.cost),
    averagePrice: average === undefined ? null : formatDecimal(average),
    realizedPnl: formatDecimal(position.realizedPnl),
    version,
    regime: rest.regime,
    highWaterMark: rest.highWaterMark === null ? null : formatDecimal(rest.highWaterMark),
    openedAt: isoTimeOrNull(rest.openedAt),
  };
}

export function orderView(order: Order): Record<string, unknown> {
  const optional = (units: Units | undefined): string | null => (units === undefined ? null : formatDecimal(units));
  return {
    id: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    status: order.status,
    intent: order.intent,
    quantity: optional(order.quantity),
    amount: optional(order.amount),
    price: optional(order.price),
    filledQuantity: formatDecimal(order.filledQuantity),
    filledNotional: formatDecimal(order.filledNotional),
    fees: formatDecimal(order.fees),
    reason: order.reason ?? null,
  };
}

/** What became of an order, from its row in the ledger. */
export function storedOrderReply(order: Order): Reply {
  return order.status === 'rejected'
    ? refuse('REFUSED', order.reason ?? 'the venue refused the order', { order: orderView(order) })
    : { ok: true, order: orderView(order) };
}

/**
 * A command the ledger holds: accepted once, under this version. `reply` is its first answer where the ledger tells it: for
 * a fill, and for an order whose fate is known; null for the rest.
 */
export function commandView(row: StoredRow, order: Order | undefined): Record<string, unknown> {
  const isDecided = order !== undefined && order.status !== 'pending' && order.status !== 'unknown';
  const position = positionViewOf(row);
  const reply: Reply | null =
    row.kind === 'fill' ? { ok: true, version: row.seq, position } : isDecided ? storedOrderReply(order) : null;
  return { id: row.id, kind: row.kind, version: row.seq, at: isoTime(row.at), position, reply };
}

function isoTimeOrNull(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}
