/**
 * The paper venue: takes orders, matches them against market prices, keeps a durable book of its own. It never knows more
 * than an exchange would, with one exception: an order that names the level that triggered it fills at that level, as a
 * resting stop would have.
 */
import { fromNumber, multiply, toNumber, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { type PaperSettings, paperFill } from '../../domain/paper.ts';
import { contentId } from '../../protocol/ids.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { PaperStore } from '../../protocol/ports/paper-store.ts';
import type { SubmitOutcome, Venue, VenueOrderState, VenueTrade, VenueUpdate } from '../../protocol/ports/venue.ts';

interface OpenOrder {
  readonly order: Order;
  readonly trades: readonly VenueTrade[];
  /** A fill of it is being stored: the next price waits its turn. */
  matching?: boolean;
}

export class PaperVenue implements Venue {
  readonly kind = 'paper';
  readonly feeRate: Units;
  readonly #settings: PaperSettings;
  readonly #store: PaperStore;
  readonly #log: Log;
  readonly #open = new Map<string, Map<string, OpenOrder>>();
  readonly #watchers = new Map<string, (update: VenueUpdate) => void>();
  readonly #lastAt = new Map<string, number>();

  constructor(options: { readonly settings: PaperSettings; readonly store: PaperStore; readonly log: Log }) {
    this.#settings = options.settings;
    this.#store = options.store;
    this.#log = options.log;
    this.feeRate = fromNumber(options.settings.feeRate);
  }

  watch(symbol: string, onUpdate: (update: VenueUpdate) => void): () => void {
    this.#watchers.set(symbol, onUpdate);
    return () => {
      if (this.#watchers.get(symbol) === onUpdate) this.#watchers.delete(symbol);
    };
  }

  async submit(order: Order, authority: { readonly epoch: number }): Promise<SubmitOutcome> {
    try {
      const placed = await this.#store.place(order, authority.epoch);
      if (placed === 'fenced') return { type: 'rejected', reason: 'this Pod no longer owns the symbol' };
      if (placed === 'known') return { type: 'ambiguous', reason: 'the venue already has an order with this id' };
    } catch (error) {
      return { type: 'ambiguous', reason: `the venue did not answer: ${(error as Error).message}` };
    }
    this.#remember({ order, trades: [] });
    if (order.trigger !== undefined) await this.#match(order.symbol, order.clientOrderId, toNumber(order.trigger));
    return { type: 'accepted' };
  }

  async cancel(symbol: string, clientOrderId: string): Promise<void> {
    const open = this.#open.get(symbol)?.get(clientOrderId);
    await this.#store.cancel(clientOrderId);
    this.#open.get(symbol)?.delete(clientOrderId);
    this.#tell({ symbol, clientOrderId, trades: open?.trades ?? [], status: 'cancelled' });
  }

  async query(symbol: string, clientOrderId: string): Promise<VenueOrderState> {
    const found = await this.#store.find(clientOrderId);
    // Placing is fenced by the symbol's epoch: what is not in the book of the current owner never will be.
    if (found === undefined) return { type: 'not-found', final: true };
    if (found.status === 'open') this.#remember({ order: { ...found.order, symbol }, trades: found.trades });
    return { type: 'found', status: found.status, trades: found.trades };
  }

  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined {
    this.#lastAt.set(symbol, at);
    const open = this.#open.get(symbol);
    if (open === undefined || open.size === 0) return undefined;
    return this.#matchAll(symbol, [...open.keys()], price);
  }

  async #matchAll(symbol: string, clientOrderIds: readonly string[], price: number): Promise<void> {
    for (const id of clientOrderIds) await this.#match(symbol, id, price);
  }

  /** Executes what this price executes: durable in the book first, then told. */
  async #match(symbol: string, clientOrderId: string, price: number): Promise<void> {
    const open = this.#open.get(symbol)?.get(clientOrderId);
    if (open === undefined || open.matching) return;
    const fill = paperFill(open.order, price, this.#settings);
    if (fill === undefined) return;
    const trade: VenueTrade = {
      tradeId: contentId('paper', clientOrderId, open.trades.length),
      quantity: fill.quantity,
      price: fill.price,
      fee: fill.fee,
      at: this.#lastAt.get(symbol) ?? 0,
    };
    const trades = [...open.trades, trade];
    open.matching = true;
    try {
      await this.#store.fill(clientOrderId, trade, fill.complete);
    } catch (error) {
      // Not executed: the order rests, and the next price tries again under the same trade id.
      open.matching = false;
      this.#log.warn({ symbol, clientOrderId, error: (error as Error).message }, 'a paper fill could not be stored');
      return;
    }
    if (fill.complete) {
      this.#open.get(symbol)?.delete(clientOrderId);
    } else {
      const { order } = open;
      const filledQuantity = order.filledQuantity + fill.quantity;
      const filledNotional = order.filledNotional + multiply(fill.quantity, fill.price);
      this.#remember({ order: { ...order, filledQuantity, filledNotional }, trades });
    }
    this.#tell({ symbol, clientOrderId, trades, status: fill.complete ? 'done' : 'open' });
  }

  #remember(open: OpenOrder): void {
    const { symbol, clientOrderId } = open.order;
    const orders = this.#open.get(symbol);
    if (orders === undefined) this.#open.set(symbol, new Map([[clientOrderId, open]]));
    else orders.set(clientOrderId, open);
  }

  #tell(update: VenueUpdate): void {
    this.#watchers.get(update.symbol)?.(update);
  }
}
