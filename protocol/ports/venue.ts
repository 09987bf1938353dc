/**
 * Where orders go. A venue cannot be fenced by a row of ours, so outcomes are definitive or ambiguous, and an ambiguous
 * one stays unknown until the venue proves it (I6). The paper venue stands behind this port exactly as an exchange does.
 */
import type { Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';

export type SubmitOutcome =
  | { readonly type: 'accepted' }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'ambiguous'; readonly reason: string };

/** An execution the venue proves. `tradeId` is unique per venue. */
export interface VenueTrade {
  readonly tradeId: string;
  readonly quantity: Units;
  readonly price: Units;
  readonly fee: Units;
  readonly at: number;
}

export type VenueOrderState =
  | { readonly type: 'found'; readonly status: 'open' | 'done' | 'cancelled'; readonly trades: readonly VenueTrade[] }
  /** `final`: proven never to have arrived and never to arrive; otherwise only "not seen yet". */
  | { readonly type: 'not-found'; readonly final: boolean };

/** Pushed by the venue while connected; `query` is the truth behind it. */
export interface VenueUpdate {
  readonly symbol: string;
  readonly clientOrderId: string;
  readonly trades: readonly VenueTrade[];
  readonly status: 'open' | 'done' | 'cancelled';
}

export interface Venue {
  readonly kind: 'paper' | 'upbit';
  /** Share of the notional, as the venue charges it. */
  readonly feeRate: Units;
  /** Calls back for every update of an order of this symbol, in order. Returns the unsubscribe. */
  watch(symbol: string, onUpdate: (update: VenueUpdate) => void): () => void;
  /** Sends an order whose intent is durable. Never throws: what is not known is `ambiguous`. */
  submit(order: Order, authority: { readonly epoch: number }): Promise<SubmitOutcome>;
  /** Asks for a cancellation; the outcome comes as an update. */
  cancel(symbol: string, clientOrderId: string): Promise<void>;
  /** What the venue knows of this id. Rejects with RetryableError when it can't be asked: that is never "flat". */
  query(symbol: string, clientOrderId: string): Promise<VenueOrderState>;
  /** Market prices, for venues that match against them (paper). Resolves when resulting fills are durable. */
  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined;
}
