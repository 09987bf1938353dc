/**
 * Where a collector's market data goes: a candle into the ledger, then on the bus; a trade on the bus. In this order a
 * Pod that missed a candle finds it in the ledger by the time it hears the next one.
 *
 * The bus can't be fenced by a row: whether this process may still speak is asked before every word.
 */
import { type Candle, closeTime } from '../domain/candle.ts';
import { FencedError, RetryableError } from '../protocol/errors.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import type { LedgerWriter } from '../protocol/ports/ledger.ts';
import type { MarketEvent, MarketSink } from '../protocol/ports/market.ts';
import type { Subjects } from '../protocol/subjects.ts';
import { tellMarket } from './market-tell.ts';

export interface MarketPublisherOptions {
  readonly writer: Pick<LedgerWriter, 'storeCandles'>;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly mayPublish: () => boolean;
}

export class MarketPublisher implements MarketSink {
  readonly #options: MarketPublisherOptions;
  #candles: { readonly symbol: string; readonly candle: Candle }[] = [];
  /** The statement that will store what gathers now: the candles of one minute go together. */
  #batch: Promise<void> | undefined;
  /** Market time of the last event that was told; undefined before the first. */
  marketTime: number | undefined;
  trades = 0;
  candles = 0;

  constructor(options: MarketPublisherOptions) {
    this.#options = options;
  }

  /** Rejects with FencedError when the role is over, with RetryableError while nobody could hear it. */
  async deliver(event: MarketEvent): Promise<void> {
    this.#checkAuthority();
    if (event.type === 'candle') await this.#store(event.symbol, event.candle);
    this.publish(event);
  }

  /** Tells what is in the ledger already. */
  publish(event: MarketEvent): void {
    this.#checkAuthority();
    const { bus, subjects } = this.#options;
    // It would be dropped: a market that nobody hears waits.
    if (!bus.connected) throw new RetryableError('no connection to NATS to publish on');
    tellMarket(bus, subjects, event);
    this.marketTime = event.type === 'trade' ? event.trade.at : closeTime(event.candle);
    if (event.type === 'trade') this.trades += 1;
    else this.candles += 1;
  }

  #checkAuthority(): void {
    if (!this.#options.mayPublish()) throw new FencedError('this process is not the active collector any more');
  }

  #store(symbol: string, candle: Candle): Promise<void> {
    this.#candles.push({ symbol, candle });
    this.#batch ??= Promise.resolve().then(() => {
      const candles = this.#candles;
      this.#candles = [];
      this.#batch = undefined;
      return this.#options.writer.storeCandles(candles);
    });
    return this.#batch;
  }
}
