/** A committed journal row as the event the world hears, on the bus and in the feed: what happened, numbered like the row. */
import { formatDecimal } from '../domain/money.ts';
import { isoTime } from '../domain/time.ts';
import type { StoredRow } from './ports/ledger.ts';

/** The event as JSON; its first field is the stream. */
export function eventJson(row: StoredRow): string {
  const { symbol, seq, kind, at, id, fill, orderId, positionAfter, body } = row;
  if (fill === null) {
    // The row's own fields stand, whatever the body holds: the body of an order is the order, with an id of its own.
    const rest = body === null ? {} : (JSON.parse(body) as object);
    return JSON.stringify({ ...rest, stream: symbol, seq, kind, at: isoTime(at), id, orderId });
  }
  const { quantity, cost, realizedPnl } = positionAfter;
  // Written out, because there is one for every fill. Nothing in it needs escaping: names, ids, decimals and times.
  return (
    `{"stream":"${symbol}","seq":${seq},"kind":"${kind}","at":"${isoTime(at)}","id":"${id}","side":"${fill.side}"` +
    `,"quantity":"${formatDecimal(fill.quantity)}","price":"${formatDecimal(fill.price)}"` +
    `,"fee":"${formatDecimal(fill.fee)}","realized":"${formatDecimal(fill.realized)}"` +
    `,"orderId":${orderId === null ? 'null' : `"${orderId}"`}` +
    `,"position":{"quantity":"${formatDecimal(quantity)}","cost":"${formatDecimal(cost)}"` +
    `,"realizedPnl":"${formatDecimal(realizedPnl)}"}}`
  );
}
