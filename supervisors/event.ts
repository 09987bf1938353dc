/** A committed journal row as the event the world hears: what happened, numbered like the row. */
import { formatDecimal } from '../domain/money.ts';
import type { StoredRow } from '../protocol/ports/ledger.ts';

export function eventOf(row: StoredRow): Readonly<Record<string, unknown>> {
  const { symbol, seq, kind, at, id, fill, orderId, positionAfter, body } = row;
  const time = new Date(at).toISOString();
  if (fill === null) {
    // The row's own fields stand, whatever the body holds: the body of an order is the order, with an id of its own.
    return { ...(body === null ? {} : (JSON.parse(body) as object)), stream: symbol, seq, kind, at: time, id, orderId };
  }
  return {
    stream: symbol,
    seq,
    kind,
    at: time,
    id,
    side: fill.side,
    quantity: formatDecimal(fill.quantity),
    price: formatDecimal(fill.price),
    fee: formatDecimal(fill.fee),
    realized: formatDecimal(fill.realized),
    orderId,
    position: {
      quantity: formatDecimal(positionAfter.quantity),
      cost: formatDecimal(positionAfter.cost),
      realizedPnl: formatDecimal(positionAfter.realizedPnl),
    },
  };
}
