/** A ledger of one symbol whose rows the bus always brings: asked only how far it is, and for snapshots of now. */
import type { FeedReader, FeedSnapshot } from '../../../protocol/ports/feed-reader.ts';

export class QuietLedger implements FeedReader {
  /** The last row. */
  seq = 0;
  readonly #symbol: string;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  async heads(): Promise<ReadonlyMap<string, number>> {
    return new Map([
      ['account', 0],
      ['cluster', 0],
      [this.#symbol, this.seq],
    ]);
  }

  async journal(): Promise<[]> {
    return [];
  }

  async symbolSnapshot(): Promise<FeedSnapshot> {
    const { seq } = this;
    const symbol = this.#symbol;
    const position = { symbol, quantity: '0.5', cost: '71500000', averagePrice: '143000000', realizedPnl: '0' };
    const rest = { mode: 'holding', pausedReason: null, haltedReason: null, owner: 'pod-1', epoch: 1, openOrders: [] };
    return { seq, data: { symbol, position: { ...position, version: seq }, ...rest } };
  }

  accountSnapshot(): Promise<never> {
    return notAsked();
  }

  clusterSnapshot(): Promise<never> {
    return notAsked();
  }

  recentDecisions(): Promise<never> {
    return notAsked();
  }

  positions(): Promise<never> {
    return notAsked();
  }

  trades(): Promise<never> {
    return notAsked();
  }

  candles(): Promise<never> {
    return notAsked();
  }

  fills(): Promise<never> {
    return notAsked();
  }

  equity(): Promise<never> {
    return notAsked();
  }
}

function notAsked(): Promise<never> {
  return Promise.reject(new Error('the clients of the load watch one symbol, and nothing else'));
}
