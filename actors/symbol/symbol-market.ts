/**
 * What a symbol knows of its market at the moment: the price, and what its closed candles say. It is brought up to date
 * before the turn that depends on it and never taken back, whatever becomes of the turn.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { fillGap } from '../../domain/candle-series.ts';
import { MarketView, type Reading } from '../../domain/market-view.ts';
import type { Regime } from '../../domain/regime.ts';
import { NO_VOLATILITY, type Volatility } from '../../domain/volatility.ts';
import type { WarmUp } from './stored-candles.ts';
import type { MarketNow } from './turn.ts';

export class SymbolMarket implements MarketNow {
  price: number | undefined;
  at: number | undefined;
  closedThrough: number | undefined;
  /** What the market looked like at the last close. */
  reading: Reading | undefined;
  /** Made for the first candle: it takes more than everything else a resting symbol has. */
  #view: MarketView | undefined;

  /** The regime that holds now, for price exits between closes. */
  get regime(): Regime {
    return this.#view?.regime ?? 'UNKNOWN';
  }

  get volatility(): Volatility {
    return this.#view?.volatility ?? NO_VOLATILITY;
  }

  get lastCandle(): Candle | undefined {
    return this.#view?.lastCandle;
  }

  move(price: number, at: number): void {
    this.price = price;
    this.at = at;
  }

  /** Takes the next closed candle and says what the market looks like at its close. */
  observe(candle: Candle): Reading {
    this.#view ??= new MarketView();
    this.reading = this.#view.observe(candle);
    this.closedThrough = candle.openTime;
    this.move(candle.close, candle.openTime + MINUTE_MS);
    return this.reading;
  }

  /** Takes stored history in, before the first candle. */
  warmUp({ hours, minutes }: WarmUp): void {
    this.#view ??= new MarketView();
    this.#view.seedHours(hours);
    let previous: Candle | undefined;
    for (const candle of minutes) {
      if (previous !== undefined) for (const flat of fillGap(previous, candle)) this.#view.observe(flat);
      this.observe(candle);
      previous = candle;
    }
  }
}
