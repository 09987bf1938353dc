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
  /** Records an execution and whether it ends the order. Recording the same trade again changes nothing. */
  fill(clientOrderId: string, trade: VenueTrade, done: boolean): Promise<void>;
  cancel(clientOrderId: string): Promise<void>;
  find(clientOrderId: string): Promise<PaperBookOrder | undefined>;
}
