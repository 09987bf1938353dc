/**
 * Last prices, coalesced: of all trades between two flushes the newest of each symbol is told. A trade is read only when
 * somebody wants its price; of the others the bytes are kept, so that who comes next sees a price at once, if it is not old.
 */
import type { Channel } from '../../protocol/feed.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import { PRICE_DOUBT_MS, PRICE_HEARD_AGE_MS_MAX, PRICE_LEAP_MS_MAX, PRICES_MAX } from './bounds.ts';
import { channelOfStream } from './channel-name.ts';
import { type BusTrade, decodeTrade } from './market-data.ts';
import { tickText } from './messages.ts';

interface Price {
  /** Arrived and not read yet. */
  data: Uint8Array | undefined;
  /** When `data` arrived; monotonic milliseconds, like `heardAt`. */
  arrivedAt: number;
  newest: BusTrade | undefined;
  /** When `newest` was heard. */
  heardAt: number;
  /** It has not been told. */
  isNew: boolean;
}

export interface PricesOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** A message of the bus was no trade. */
  readonly onBad: (symbol: string, error: unknown) => void;
}

export class Prices {
  readonly #prices = new Map<string, Price>();
  readonly #changed = new Set<string>();
  readonly #options: PricesOptions;

  constructor(options: PricesOptions) {
    this.#options = options;
  }

  /** A trade of the bus. */
  trade(symbol: string, data: Uint8Array): void {
    const price = this.#of(symbol);
    if (price === undefined) return;
    // A copy: what arrives may be a window into a much larger buffer.
    price.data = new Uint8Array(data);
    price.arrivedAt = this.#options.clock.monotonic();
    this.#changed.add(symbol);
  }

  /** A price from elsewhere: the close of a candle. A corrected candle of long ago is no price of now, so it never goes back. */
  set(symbol: string, trade: BusTrade): void {
    const price = this.#of(symbol);
    if (price === undefined) return;
    this.#read(symbol, price);
    if (price.newest !== undefined && trade.at < price.newest.at) return;
    take(price, trade, this.#options.clock.monotonic());
    if (price.isNew) this.#changed.add(symbol);
  }

  /** The newest price as a message; undefined before the first, and when nobody has heard one for long. */
  newest(symbol: string): string | undefined {
    const price = this.#prices.get(symbol);
    if (price === undefined) return undefined;
    this.#read(symbol, price);
    const ageMs = this.#options.clock.monotonic() - price.heardAt;
    if (price.newest === undefined || ageMs > PRICE_HEARD_AGE_MS_MAX) return undefined;
    return tickText(channelOfStream(symbol), price.newest);
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
    const price: Price = { data: undefined, arrivedAt: 0, newest: undefined, heardAt: 0, isNew: false };
    this.#prices.set(symbol, price);
    return price;
  }

  #read(symbol: string, price: Price): void {
    if (price.data === undefined) return;
    const { data } = price;
    price.data = undefined;
    try {
      take(price, decodeTrade(data), price.arrivedAt);
    } catch (error) {
      this.#options.onBad(symbol, error);
    }
  }
}

/**
 * A price older than the one that is known came late, and is nobody's last; one far ahead of it has a wrong clock. But which
 * of two is wrong only the market can say, whose clock is not ours (it replays the past, leaps over a gap, begins anew): so
 * once the known one has not been heard for a while, what comes is believed. One wrong time can't hold the price for longer.
 */
function take(price: Price, trade: BusTrade, heardAt: number): void {
  if (price.newest !== undefined && heardAt - price.heardAt < PRICE_DOUBT_MS) {
    const aheadMs = trade.at - price.newest.at;
    if (aheadMs < 0 || aheadMs > PRICE_LEAP_MS_MAX) return;
  }
  price.newest = trade;
  price.heardAt = heardAt;
  price.isNew = true;
}
