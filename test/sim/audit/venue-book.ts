/**
 * I5 and I6 at the venue: an order is in its book only after its intent was committed, once, and covered by a reservation
 * or by what is held. What the book has executed is what the journal says, in the end to the last unit.
 */
import type { Order } from '../../../domain/order.ts';
import type { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { notionalOf, text } from './arithmetic.ts';
import type { Report } from './violation.ts';

export class VenueBook {
  readonly #database: MemoryDatabase;
  readonly #report: Report;
  readonly #placed = new Set<string>();

  constructor(database: MemoryDatabase, report: Report) {
    this.#database = database;
    this.#report = report;
  }

  /** The venue has answered an order. One that it did not take, of an owner that is none any more, has done no harm. */
  placed(order: Order, outcome: 'placed' | 'known' | 'fenced'): void {
    if (outcome !== 'placed') return;
    const { clientOrderId: id, symbol } = order;
    if (!this.#database.orders.has(id)) {
      this.#report('I6', `${symbol}: the intent of order ${id} is committed`, 'an order', 'none');
    }
    if (this.#placed.has(id)) this.#report('I6', `${symbol}: order ${id} is placed once`, 1, 2);
    else this.#checkCover(order);
    this.#placed.add(id);
  }

  #checkCover({ clientOrderId: id, symbol, side, quantity, amount, price }: Order): void {
    const { reservations, positions } = this.#database;
    if (side === 'buy') {
      const reservation = reservations.get(id);
      const needed = amount ?? (price === undefined ? 0n : notionalOf(quantity ?? 0n, price));
      const covered = reservation?.status === 'used' ? reservation.remaining : 0n;
      if (covered < needed) this.#report('I5', `${symbol}: order ${id} is covered`, text(needed), text(covered));
      return;
    }
    const held = positions.get(symbol)?.position.quantity ?? 0n;
    if (held < (quantity ?? 0n)) {
      this.#report('I5', `${symbol}: sell ${id} is covered by what is held`, text(quantity ?? 0n), text(held));
    }
  }

  /** When everything is over: the journal has every execution of the book, and no order is left in doubt. */
  checkSettled(): void {
    const { orders, paperOrders, journal } = this.#database;
    const filled = new Map<string, bigint>();
    for (const { fill, orderId } of journal.all()) {
      if (fill !== null && orderId !== null) filled.set(orderId, (filled.get(orderId) ?? 0n) + fill.quantity);
    }
    for (const [id, { trades, status }] of paperOrders) {
      const executed = trades.reduce((sum, trade) => sum + trade.quantity, 0n);
      const known = filled.get(id) ?? 0n;
      if (executed !== known) {
        this.#report('I6', `order ${id}: what the venue executed is in the journal`, text(executed), text(known));
      }
      const order = orders.get(id);
      if (status !== 'open' && (order?.status === 'open' || order?.status === 'pending')) {
        this.#report('liveness', `order ${id}: its end at the venue is known`, status, order.status);
      }
    }
    for (const [id, { status }] of orders) {
      if (status === 'unknown' || status === 'pending') {
        this.#report('liveness', `order ${id} is not left in doubt`, 'a known fate', status);
      }
      if (status === 'open' && !paperOrders.has(id)) {
        this.#report('I6', `order ${id} is where the ledger says it is`, 'in the book', 'not there');
      }
    }
  }
}
