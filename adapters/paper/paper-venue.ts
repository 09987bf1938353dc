/**
 * The paper venue: takes orders, matches them against market prices, keeps a durable book of its own. It never knows more
 * than an exchange would, with one exception: an order that names the level that triggered it fills at that level, as a
 * resting stop would have.
 *
 * What concerns one symbol happens one after the other, as in an exchange's own engine: a cancellation never overtakes the
 * order it cancels, nor an execution that is being stored; what is told is what the book holds.
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
  /** The end of each symbol's line. */
  readonly #lines = new Map<string, Promise<unknown>>();

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

  submit(order: Order, authority: { readonly epoch: number }): Promise<SubmitOutcome> {
    return this.#inLine(order.symbol, () => this.#submit(order, authority));
  }

  async #submit(order: Order, authority: { readonly epoch: number }): Promise<SubmitOutcome> {
    try {
      const placed = await this.#store.place(order, authority.epoch);
      if (placed === 'fenced') return { type: 'rejected', reason: 'this Pod no longer owns the symbol' };
      if (placed === 'known') return { type: 'ambiguous', reason: 'the venue already has an order with this id' };
    } catch (error) {
      return { type: 'ambiguous', reason: `the venue did not answer: ${(error as Error).message}` };
    }
    this.#remember({ order, trades: [] });
    // Before the first price there is no market to execute in, nor a time to execute at: the next price does it.
    if (order.trigger !== undefined && this.#lastAt.has(order.symbol)) {
      await this.#match(order.symbol, order.clientOrderId, toNumber(order.trigger));
    }
    return { type: 'accepted' };
  }

  /** Tells what became of the order: an execution that came first stands. An order that never arrived is not told of. */
  cancel(symbol: string, clientOrderId: string): Promise<void> {
    return this.#inLine(symbol, async () => {
      await this.#store.cancel(clientOrderId);
      await this.#readAgain(symbol, clientOrderId);
    });
  }

  query(symbol: string, clientOrderId: string): Promise<VenueOrderState> {
    return this.#inLine(symbol, async () => {
      const found = await this.#store.find(clientOrderId);
      // Placing is fenced by the symbol's epoch: what is not in the book of the current owner never will be.
      if (found === undefined) return { type: 'not-found', final: true };
      if (found.status === 'open') this.#remember({ order: { ...found.order, symbol }, trades: found.trades });
      return { type: 'found', status: found.status, trades: found.trades };
    });
  }

  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined {
    this.#lastAt.set(symbol, at);
    const open = this.#open.get(symbol);
    if (open === undefined || open.size === 0) return undefined;
    const clientOrderIds = [...open.keys()];
    return this.#inLine(symbol, async () => {
      for (const id of clientOrderIds) await this.#match(symbol, id, price);
    });
  }

  /** Executes what this price executes: durable in the book first, then told. */
  async #match(symbol: string, clientOrderId: string, price: number): Promise<void> {
    const open = this.#open.get(symbol)?.get(clientOrderId);
    if (open === undefined) return;
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
    try {
      if (!(await this.#store.fill(clientOrderId, trade, fill.complete))) {
        await this.#readAgain(symbol, clientOrderId);
        return;
      }
    } catch (error) {
      // Perhaps executed: the order rests, and the next price tries again under the same trade id. The book takes it once.
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

  /** The book is ahead of what is known here: the answer of an earlier fill was lost, or somebody else wrote it. */
  async #readAgain(symbol: string, clientOrderId: string): Promise<void> {
    const found = await this.#store.find(clientOrderId);
    this.#open.get(symbol)?.delete(clientOrderId);
    if (found === undefined) return;
    if (found.status === 'open') this.#remember({ order: { ...found.order, symbol }, trades: found.trades });
    this.#tell({ symbol, clientOrderId, trades: found.trades, status: found.status });
  }

  #inLine<T>(symbol: string, work: () => Promise<T>): Promise<T> {
    const before = this.#lines.get(symbol);
    const result = before === undefined ? work() : before.then(work, work);
    this.#lines.set(symbol, result);
    const done = (): void => {
      if (this.#lines.get(symbol) === result) this.#lines.delete(symbol);
    };
    result.then(done, done);
    return result;
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
