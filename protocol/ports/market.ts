/**
 * Market data as it enters the engine: recorded files, the demo market and exchanges all stand behind `Feed`, so that
 * backtest, paper and live run the same code (I8).
 */
import type { Candle, MarketTrade } from '../../domain/candle.ts';

/**
 * `trade`: one public trade, in order. `candle`: a closed minute, after its trades when the feed has them.
 * `inside` says whether the candle's inner prices were delivered as trades before it, or whether the receiver has to
 * travel the candle's price path itself (candle-only feeds).
 */
export type MarketEvent =
  | { readonly type: 'trade'; readonly symbol: string; readonly trade: MarketTrade }
  | { readonly type: 'candle'; readonly symbol: string; readonly candle: Candle; readonly inside: 'trades' | 'path' };

export interface MarketSink {
  /**
   * Hands an event to the owner of its symbol. Resolves when the owner has processed it and nothing that follows from
   * it is outstanding: a feed at full speed waits for the actor, never for the clock.
   */
  deliver(event: MarketEvent): Promise<void>;
}

export interface Feed {
  readonly kind: 'demo' | 'file' | 'upbit';
  readonly symbols: readonly string[];
  /**
   * Closed candles that lie before what `run` would deliver next, oldest first, for warming up. `after` is the open
   * time of the last candle already stored (exclusive); undefined on a first start.
   */
  history(symbol: string, after: number | undefined): Promise<readonly Candle[]>;
  /**
   * Delivers events, each symbol in order, until the feed ends ('end') or `signal` aborts ('aborted'). `after` gives,
   * per symbol, the open time of the last candle already stored: delivery goes on with the minute behind it.
   * Rejects when the data cannot be read.
   */
  run(sink: MarketSink, after: ReadonlyMap<string, number>, signal: AbortSignal): Promise<'end' | 'aborted'>;
}
