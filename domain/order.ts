/**
 * The life cycle of an order: one table over (status, event), and the sums an order keeps of its fills.
 *
 * An order is `pending` from its durable intent until the venue answers. `unknown` means the venue may or may not have
 * it: only the venue's proof leads out, never a guess or a resend (I6). An event that makes no sense in a status is
 * returned as illegal; what to do about it (count, halt) is the caller's decision.
 */
import type { Units } from './money.ts';
import type { Side } from './position.ts';

export type OrderStatus = 'pending' | 'open' | 'filled' | 'cancelled' | 'rejected' | 'unknown';
export type OrderType = 'market' | 'limit';
export type OrderIntent = 'entry' | 'exit' | 'manual';

export interface Order {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  /** What to trade; absent for a market buy by amount. */
  readonly quantity?: Units;
  /** What a market buy may spend, fees excluded; beside a quantity it is filled as far as that goes. */
  readonly amount?: Units;
  /** The limit. */
  readonly price?: Units;
  /** The level that decided a market exit: paper fills there. */
  readonly trigger?: Units;
  readonly status: OrderStatus;
  readonly filledQuantity: Units;
  readonly filledNotional: Units;
  readonly fees: Units;
  /** Wall time in ms after which the order must not be sent. */
  readonly sendBefore: number;
  readonly intent: OrderIntent;
  /** Why it was placed, then why the venue rejected it. */
  readonly reason?: string;
}

export type OrderEvent =
  | { readonly type: 'accepted' }
  | { readonly type: 'fill'; readonly quantity: Units; readonly notional: Units; readonly fee: Units }
  /** The venue says the order is finished with what is filled. */
  | { readonly type: 'done' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'rejected'; readonly reason: string }
  /** The answer was lost, or said neither yes nor no. */
  | { readonly type: 'ambiguous' };

/** `byFills`: filled when anything was, else cancelled. */
export type OrderTransition = OrderStatus | 'byFills' | 'illegal';

const FINAL: Readonly<Record<OrderEvent['type'], OrderTransition>> = {
  accepted: 'illegal',
  fill: 'illegal',
  done: 'illegal',
  cancelled: 'illegal',
  rejected: 'illegal',
  ambiguous: 'illegal',
};

export const ORDER_TRANSITIONS: Readonly<Record<OrderStatus, Readonly<Record<OrderEvent['type'], OrderTransition>>>> = {
  pending: {
    accepted: 'open',
    fill: 'open',
    done: 'byFills',
    cancelled: 'cancelled',
    rejected: 'rejected',
    ambiguous: 'unknown',
  },
  open: {
    // A late acknowledgement: the venue's two channels are not ordered against each other.
    accepted: 'open',
    fill: 'open',
    done: 'byFills',
    cancelled: 'cancelled',
    rejected: 'illegal',
    ambiguous: 'unknown',
  },
  unknown: {
    accepted: 'open',
    fill: 'open',
    done: 'byFills',
    cancelled: 'cancelled',
    rejected: 'rejected',
    ambiguous: 'unknown',
  },
  filled: FINAL,
  cancelled: FINAL,
  rejected: FINAL,
};

/** The order after this event, or why the event can't be. */
export function applyOrderEvent(order: Order, event: OrderEvent): Order | { illegal: string } {
  const next = ORDER_TRANSITIONS[order.status][event.type];
  if (next === 'illegal') return illegal(order, `${event.type} is impossible once it is ${order.status}`);
  const status = next === 'byFills' ? (order.filledQuantity > 0n ? 'filled' : 'cancelled') : next;
  if (event.type === 'fill') return applyFill({ ...order, status }, event);
  if (event.type === 'rejected') {
    if (order.filledQuantity > 0n) return illegal(order, 'a rejection contradicts its fills');
    return { ...order, status, reason: event.reason };
  }
  return status === order.status ? order : { ...order, status };
}

/** No event changes it any more. */
export function isFinal(status: OrderStatus): boolean {
  return ORDER_TRANSITIONS[status] === FINAL;
}

function applyFill(order: Order, fill: Extract<OrderEvent, { type: 'fill' }>): Order | { illegal: string } {
  if (fill.quantity <= 0n || fill.notional < 0n || fill.fee < 0n) {
    return illegal(order, 'a fill has a positive quantity and no negative notional or fee');
  }
  const filledQuantity = order.filledQuantity + fill.quantity;
  if (order.quantity !== undefined && filledQuantity > order.quantity) {
    return illegal(order, 'its fills exceed its quantity');
  }
  return {
    ...order,
    filledQuantity,
    filledNotional: order.filledNotional + fill.notional,
    fees: order.fees + fill.fee,
  };
}

function illegal(order: Order, why: string): { illegal: string } {
  return { illegal: `order ${order.clientOrderId}: ${why}` };
}
