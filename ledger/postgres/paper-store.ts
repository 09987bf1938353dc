/** The paper venue's book in Postgres. */
import type pg from 'pg';
import { formatDecimal, parseDecimal } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { PaperBookOrder, PaperStore } from '../../protocol/ports/paper-store.ts';
import type { VenueTrade } from '../../protocol/ports/venue.ts';
import { bookOrder, type PlacedOrder } from '../paper-book.ts';
import { query, transaction } from './connection.ts';
import { optionalText } from './rows.ts';

interface BookRow {
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: Order['side'];
  readonly type: Order['type'];
  readonly quantity: string | null;
  readonly amount: string | null;
  readonly price: string | null;
  readonly trigger: string | null;
  readonly status: PaperBookOrder['status'];
  readonly trades: { tradeId: string; quantity: string; price: string; fee: string; at: number }[];
}

export class PostgresPaperStore implements PaperStore {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async place(order: Order, epoch: number): Promise<'placed' | 'known' | 'fenced'> {
    return transaction(this.#pool, async (client) => {
      // Share-locked, so that a claim either comes before (and fences us) or finds the order.
      const mine = await query(client, 'select from positions where symbol = $1 and epoch = $2 for share', [
        order.symbol,
        epoch,
      ]);
      if (mine.rowCount !== 1) return 'fenced';
      const placed = await query(
        client,
        `insert into paper_orders (client_order_id, symbol, side, type, quantity, amount, price, trigger, status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'open') on conflict do nothing`,
        [
          order.clientOrderId,
          order.symbol,
          order.side,
          order.type,
          optionalText(order.quantity),
          optionalText(order.amount),
          optionalText(order.price),
          optionalText(order.trigger),
        ],
      );
      return placed.rowCount === 1 ? 'placed' : 'known';
    });
  }

  async fill(clientOrderId: string, trade: VenueTrade, done: boolean): Promise<boolean> {
    return transaction(this.#pool, async (client) => {
      // Locked, so that a cancellation, or the fill of a process that should be dead, comes before or after, never between.
      const { rows } = await query<{ status: PaperBookOrder['status'] }>(
        client,
        'select status from paper_orders where client_order_id = $1 for update',
        [clientOrderId],
      );
      if (rows[0] !== undefined && rows[0].status !== 'open') return false;
      const { rowCount } = await query(
        client,
        `insert into paper_fills (trade_id, client_order_id, quantity, price, fee, at)
         values ($1, $2, $3, $4, $5, timestamptz 'epoch' + $6 * interval '1 millisecond') on conflict do nothing`,
        [
          trade.tradeId,
          clientOrderId,
          formatDecimal(trade.quantity),
          formatDecimal(trade.price),
          formatDecimal(trade.fee),
          trade.at,
        ],
      );
      if (rowCount === 0) return false;
      if (done)
        await query(client, `update paper_orders set status = 'done' where client_order_id = $1`, [clientOrderId]);
      return true;
    });
  }

  async cancel(clientOrderId: string): Promise<void> {
    await query(
      this.#pool,
      `update paper_orders set status = 'cancelled' where client_order_id = $1 and status = 'open'`,
      [clientOrderId],
    );
  }

  async find(clientOrderId: string): Promise<PaperBookOrder | undefined> {
    const { rows } = await query<BookRow>(
      this.#pool,
      `select o.client_order_id, o.symbol, o.side, o.type, o.quantity::text, o.amount::text, o.price::text,
              o.trigger::text, o.status,
              coalesce((select jsonb_agg(jsonb_build_object('tradeId', f.trade_id, 'quantity', f.quantity::text,
                'price', f.price::text, 'fee', f.fee::text, 'at', (extract(epoch from f.at) * 1000)::bigint)
                order by f.at, f.trade_id) from paper_fills f where f.client_order_id = o.client_order_id), '[]') as trades
       from paper_orders o where o.client_order_id = $1`,
      [clientOrderId],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const trades = row.trades.map((trade) => ({
      tradeId: trade.tradeId,
      quantity: parseDecimal(trade.quantity),
      price: parseDecimal(trade.price),
      fee: parseDecimal(trade.fee),
      at: trade.at,
    }));
    return { order: bookOrder(placedOrder(row), trades), status: row.status, trades };
  }
}

function placedOrder(row: BookRow): PlacedOrder {
  return {
    clientOrderId: row.client_order_id,
    symbol: row.symbol,
    side: row.side,
    type: row.type,
    ...(row.quantity === null ? {} : { quantity: parseDecimal(row.quantity) }),
    ...(row.amount === null ? {} : { amount: parseDecimal(row.amount) }),
    ...(row.price === null ? {} : { price: parseDecimal(row.price) }),
    ...(row.trigger === null ? {} : { trigger: parseDecimal(row.trigger) }),
  };
}
