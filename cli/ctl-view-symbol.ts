/** What a person reads of a symbol: its position, its orders, and why it does or does not enter. */
import type { OkReply } from '../protocol/errors.ts';
import { type Fields, fieldsOf, lines, listOf, money, text } from './ctl-fields.ts';
import { grouped, labelled, rounded, table } from './table.ts';

/** `get`, `fill` and the commands that change who may trade: position, mode and whatever else the reply tells. */
export function showSymbol(reply: OkReply): string {
  const position = fieldsOf(reply.position);
  const orders = listOf(reply.openOrders);
  const shown = labelled([
    ['symbol', text(position.symbol)],
    ['mode', text(reply.mode)],
    ['halted', text(reply.haltedReason)],
    ['paused', text(reply.pausedReason)],
    ['note', text(reply.message)],
    ...positionPairs(position),
    ['dust', reply.dust === true ? 'yes: below the least order of the venue' : null],
    ['owner', reply.owner === undefined ? null : `${text(reply.owner)}, epoch ${text(reply.epoch)}`],
    ['open orders', reply.openOrders === undefined ? null : String(orders.length)],
  ]);
  return orders.length === 0 ? shown : lines(shown, '', orderTable(orders));
}

export function showOrder(reply: OkReply): string {
  const order = fieldsOf(reply.order);
  return labelled([
    ['order', text(order.id)],
    ['status', text(order.status)],
    ['side', order.side === undefined ? null : `${text(order.side)} ${text(order.type) ?? ''}`],
    ['quantity ordered', money(order.quantity)],
    ['amount ordered', money(order.amount)],
    ['limit price', money(order.price)],
    ['filled', money(order.filledQuantity)],
    ['filled for', money(order.filledNotional)],
    ['fees', money(order.fees)],
    ['reason', text(order.reason)],
    ...positionPairs(fieldsOf(reply.position)),
  ]);
}

/** Every check with its numbers, in the order in which they decide: the first ✗ is the reason. */
export function showExplain(reply: OkReply): string {
  const checks = listOf(reply.checks);
  const rows = checks.map((check) => [
    check.pass === true ? '✓' : '✗',
    text(check.name) ?? '',
    quantity(check.value),
    quantity(check.limit),
  ]);
  const heading = labelled([
    ['symbol', text(reply.symbol)],
    ['at', text(reply.at)],
    ['regime', text(reply.regime)],
    ['preset', text(reply.preset)],
    ['decision', `${text(reply.decision) ?? ''}${reply.decision === 'ENTER' ? '' : ` (${text(reply.reason) ?? ''})`}`],
  ]);
  return lines(heading, '', table([' ', 'check', 'value', 'limit'], rows, ['value', 'limit']));
}

function positionPairs(position: Fields): (readonly [string, string | null])[] {
  return [
    ['quantity', money(position.quantity)],
    ['average price', money(position.averagePrice)],
    ['cost', money(position.cost)],
    ['realized profit', money(position.realizedPnl)],
    ['regime', text(position.regime)],
    ['high water mark', money(position.highWaterMark)],
    ['opened', text(position.openedAt)],
    ['version', text(position.version)],
  ];
}

function orderTable(orders: readonly Fields[]): string {
  const rows = orders.map((order) => [
    text(order.id) ?? '',
    text(order.side) ?? '',
    text(order.type) ?? '',
    text(order.status) ?? '',
    money(order.quantity) ?? money(order.amount) ?? '',
    money(order.price) ?? '',
    money(order.filledQuantity) ?? '',
  ]);
  const headers = ['order', 'side', 'type', 'status', 'quantity or amount', 'price', 'filled'];
  return table(headers, rows, ['quantity or amount', 'price', 'filled']);
}

/** A number of a check; a missing one is an indicator that is not warm. */
function quantity(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'number' ? rounded(value) : grouped(String(value));
}
