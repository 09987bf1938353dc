/** How ledger values travel to and from Postgres: decimals as text, times as milliseconds, never a float for money. */
import { formatDecimal, parseDecimal, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { Position, Side } from '../../domain/position.ts';
import type { CommitGroup, DurableState, StoredRow } from '../../protocol/ports/ledger.ts';

export function optionalDecimal(text: string | null | undefined): Units | null {
  return text === null || text === undefined ? null : parseDecimal(text);
}

export function optionalText(units: Units | null | undefined): string | null {
  return units === null || units === undefined ? null : formatDecimal(units);
}

/** What `journal_json` returns. */
export interface JournalJson {
  readonly symbol: string;
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly side: Side | null;
  readonly quantity: string | null;
  readonly price: string | null;
  readonly notional: string | null;
  readonly fee: string | null;
  readonly costRemoved: string | null;
  readonly realized: string | null;
  readonly orderId: string | null;
  readonly quantityAfter: string | null;
  readonly costAfter: string | null;
  readonly realizedAfter: string | null;
  readonly request: string | null;
  readonly body: string | null;
}

export function storedRow(row: JournalJson): StoredRow {
  const positionAfter: Position = {
    quantity: parseDecimal(row.quantityAfter ?? '0'),
    cost: parseDecimal(row.costAfter ?? '0'),
    realizedPnl: parseDecimal(row.realizedAfter ?? '0'),
  };
  return {
    symbol: row.symbol,
    seq: row.seq,
    id: row.id,
    kind: row.kind,
    at: row.at,
    fill:
      row.kind === 'fill' && row.side !== null
        ? {
            side: row.side,
            quantity: parseDecimal(row.quantity ?? '0'),
            price: parseDecimal(row.price ?? '0'),
            fee: parseDecimal(row.fee ?? '0'),
            notional: parseDecimal(row.notional ?? '0'),
            costRemoved: parseDecimal(row.costRemoved ?? '0'),
            realized: parseDecimal(row.realized ?? '0'),
          }
        : null,
    orderId: row.orderId,
    positionAfter,
    request: row.request,
    body: row.body,
  };
}

export function durableJson(state: DurableState): string {
  return JSON.stringify({
    mode: state.mode,
    regime: state.regime,
    highWaterMark: optionalText(state.highWaterMark),
    openedAt: state.openedAt,
    pausedReason: state.pausedReason,
    haltedReason: state.haltedReason,
    actor: state.actor,
  });
}

/** What only orders and trades have, as one JSON value; null for the common group that has none. */
export function extrasJson({ orders, reservations, funnel, risk }: CommitGroup): string | null {
  const closed = risk?.closed ?? [];
  if (orders.length + reservations.length + funnel.length + closed.length === 0) return null;
  return JSON.stringify({
    orders: orders.map(orderJson),
    funnel,
    reservations: reservations.map((change) =>
      change.action === 'use' ? change : { ...change, remaining: formatDecimal(change.remaining) },
    ),
    closed: closed.map(({ profit, at }) => ({ profit: formatDecimal(profit), at })),
  });
}

function orderJson(order: Order): Record<string, unknown> {
  return {
    clientOrderId: order.clientOrderId,
    side: order.side,
    type: order.type,
    status: order.status,
    intent: order.intent,
    quantity: optionalText(order.quantity),
    amount: optionalText(order.amount),
    price: optionalText(order.price),
    trigger: optionalText(order.trigger),
    filledQuantity: formatDecimal(order.filledQuantity),
    filledNotional: formatDecimal(order.filledNotional),
    fees: formatDecimal(order.fees),
    sendBefore: order.sendBefore,
    reason: order.reason ?? null,
  };
}

/** A row of `orders` selected with ORDER_COLUMNS. */
export interface OrderRow {
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: Order['type'];
  readonly status: Order['status'];
  readonly intent: Order['intent'];
  readonly quantity: string | null;
  readonly amount: string | null;
  readonly price: string | null;
  readonly trigger: string | null;
  readonly filled_quantity: string;
  readonly filled_notional: string;
  readonly fees: string;
  readonly send_before_ms: number;
  readonly reason: string | null;
}

export function orderFromRow(row: OrderRow): Order {
  return {
    clientOrderId: row.client_order_id,
    symbol: row.symbol,
    side: row.side,
    type: row.type,
    status: row.status,
    intent: row.intent,
    filledQuantity: parseDecimal(row.filled_quantity),
    filledNotional: parseDecimal(row.filled_notional),
    fees: parseDecimal(row.fees),
    sendBefore: row.send_before_ms,
    ...(row.quantity === null ? {} : { quantity: parseDecimal(row.quantity) }),
    ...(row.amount === null ? {} : { amount: parseDecimal(row.amount) }),
    ...(row.price === null ? {} : { price: parseDecimal(row.price) }),
    ...(row.trigger === null ? {} : { trigger: parseDecimal(row.trigger) }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}
