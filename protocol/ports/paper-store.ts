/** The paper venue's own book: durable like an exchange's, apart from the ledger. */
import type { Order } from '../../domain/order.ts';
import type { VenueTrade } from './venue.ts';

export interface PaperBookOrder {
  readonly order: Order;
  readonly status: 'open' | 'done' | 'cancelled';
  readonly trades: readonly VenueTrade[];
}

export interface PaperStore {
  /**
   * Takes an order into the book if the symbol still belongs to this epoch: what a claim does not find afterwards never
   * arrived and never will. 'known' for an id that is in the book.
   */
  place(order: Order, epoch: number): Promise<'placed' | 'known' | 'fenced'>;
  /**
   * Records an execution of an open order, and whether it ends it. False when the book has moved on: it has this trade
   * already, or the order is over. Then nothing was changed, and `find` tells what is true.
   */
  fill(clientOrderId: string, trade: VenueTrade, done: boolean): Promise<boolean>;
  cancel(clientOrderId: string): Promise<void>;
  find(clientOrderId: string): Promise<PaperBookOrder | undefined>;
}
