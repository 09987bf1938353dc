/**
 * Last prices, coalesced: of all trades between two flushes the newest of each symbol is told. A trade is read only when
 * somebody wants its price; of the others the bytes are kept, so that who comes next sees a price at once.
 */
import type { Channel } from '../../protocol/feed.ts';
import { PRICES_MAX } from './bounds.ts';
import { channelOfStream } from './channel-name.ts';
import { type BusTrade, decodeTrade } from './market-data.ts';
import { tickText } from './messages.ts';

interface Price {
  /** Arrived and not read yet. */
  data: Uint8Array | undefined;
  newest: BusTrade | undefined;
  /** It has not been told. */
  isNew: boolean;
}

export class Prices {
  readonly #prices = new Map<string, Price>();
  readonly #changed = new Set<string>();
  readonly #onBad: (symbol: string, error: unknown) => void;

  /** `onBad`: a message of the bus was no trade. */
  constructor(onBad: (symbol: string, error: unknown) => void) {
    this.#onBad = onBad;
  }

  /** A trade of the bus. */
  trade(symbol: string, data: Uint8Array): void {
    const price = this.#of(symbol);
    if (price === undefined) return;
    // A copy: what arrives may be a window into a much larger buffer.
    price.data = new Uint8Array(data);
    this.#changed.add(symbol);
  }

  /** A price from elsewhere: the close of a candle. */
  set(symbol: string, trade: BusTrade): void {
    const price = this.#of(symbol);
    if (price === undefined) return;
    this.#read(symbol, price);
    take(price, trade);
    if (price.isNew) this.#changed.add(symbol);
  }

  /** The newest price as a message; undefined before the first. */
  newest(symbol: string): string | undefined {
    const price = this.#prices.get(symbol);
    if (price === undefined) return undefined;
    this.#read(symbol, price);
    return price.newest === undefined ? undefined : tickText(channelOfStream(symbol), price.newest);
  }

  /** Tells each symbol's newest price since the last flush, of those that are watched. */
  flush(isWatched: (channel: Channel) => boolean, publish: (channel: Channel, text: string) => void): void {
    for (const symbol of this.#changed) {
      const channel = channelOfStream(symbol);
      const price = this.#prices.get(symbol);
      if (price === undefined || !isWatched(channel)) continue;
      this.#read(symbol, price);
      if (price.isNew && price.newest !== undefined) publish(channel, tickText(channel, price.newest));
      price.isNew = false;
    }
    this.#changed.clear();
  }

  #of(symbol: string): Price | undefined {
    const known = this.#prices.get(symbol);
    if (known !== undefined || this.#prices.size >= PRICES_MAX) return known;
    const price: Price = { data: undefined, newest: undefined, isNew: false };
    this.#prices.set(symbol, price);
    return price;
  }

  #read(symbol: string, price: Price): void {
    if (price.data === undefined) return;
    const { data } = price;
    price.data = undefined;
    try {
      take(price, decodeTrade(data));
    } catch (error) {
      this.#onBad(symbol, error);
    }
  }
}

/** A price older than the one that is known came late, and is nobody's last. */
function take(price: Price, trade: BusTrade): void {
  if (price.newest !== undefined && trade.at < price.newest.at) return;
  price.newest = trade;
  price.isNew = true;
}
