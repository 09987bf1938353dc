/** An order of the paper book as both stores give it back: what was asked for, and the sums of its trades. */
import { multiply } from '../domain/money.ts';
import type { Order } from '../domain/order.ts';
import type { VenueTrade } from '../protocol/ports/venue.ts';

/** What the book keeps of an order. Status, deadline and intent are the engine's, not the venue's. */
export type PlacedOrder = Pick<
  Order,
  'clientOrderId' | 'symbol' | 'side' | 'type' | 'quantity' | 'amount' | 'price' | 'trigger'
>;

export function bookOrder(placed: PlacedOrder, trades: readonly VenueTrade[]): Order {
  return {
    ...placed,
    status: 'open',
    filledQuantity: trades.reduce((sum, trade) => sum + trade.quantity, 0n),
    filledNotional: trades.reduce((sum, trade) => sum + multiply(trade.quantity, trade.price), 0n),
    fees: trades.reduce((sum, trade) => sum + trade.fee, 0n),
    sendBefore: 0,
    intent: 'entry',
  };
}
