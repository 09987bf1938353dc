/** The paper venue's book in memory. */
import { invariant } from '../../domain/invariant.ts';
import type { Order } from '../../domain/order.ts';
import type { PaperBookOrder, PaperStore } from '../../protocol/ports/paper-store.ts';
import type { VenueTrade } from '../../protocol/ports/venue.ts';
import { bookOrder, type PlacedOrder } from '../paper-book.ts';
import type { MemoryDatabase } from './memory-database.ts';

export class MemoryPaperStore implements PaperStore {
  readonly #database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async place(order: Order, epoch: number): Promise<'placed' | 'known' | 'fenced'> {
    const { positions, paperOrders } = this.#database;
    if (positions.get(order.symbol)?.epoch !== epoch) return 'fenced';
    if (paperOrders.has(order.clientOrderId)) return 'known';
    paperOrders.set(order.clientOrderId, { placed: placedOrder(order), status: 'open', trades: [] });
    return 'placed';
  }

  async fill(clientOrderId: string, trade: VenueTrade, done: boolean): Promise<boolean> {
    const { paperOrders, paperTradeIds } = this.#database;
    const entry = paperOrders.get(clientOrderId);
    invariant(entry !== undefined, 'a fill belongs to an order of the book');
    if (entry.status !== 'open' || paperTradeIds.has(trade.tradeId)) return false;
    paperTradeIds.add(trade.tradeId);
    entry.trades.push(trade);
    if (done) entry.status = 'done';
    return true;
  }

  async cancel(clientOrderId: string): Promise<void> {
    const entry = this.#database.paperOrders.get(clientOrderId);
    if (entry?.status === 'open') entry.status = 'cancelled';
  }

  async find(clientOrderId: string): Promise<PaperBookOrder | undefined> {
    const entry = this.#database.paperOrders.get(clientOrderId);
    if (entry === undefined) return undefined;
    const trades = entry.trades.toSorted((a, b) => a.at - b.at || (a.tradeId < b.tradeId ? -1 : 1));
    return { order: bookOrder(entry.placed, trades), status: entry.status, trades };
  }
}

function placedOrder({ clientOrderId, symbol, side, type, quantity, amount, price, trigger }: Order): PlacedOrder {
  return {
    clientOrderId,
    symbol,
    side,
    type,
    ...(quantity === undefined ? {} : { quantity }),
    ...(amount === undefined ? {} : { amount }),
    ...(price === undefined ? {} : { price }),
    ...(trigger === undefined ? {} : { trigger }),
  };
}
