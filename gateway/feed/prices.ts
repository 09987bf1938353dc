/**
 * Last prices, coalesced: a cohort of clients whose turn it is is told the newest of each symbol, however many came since its
 * last turn. A trade is read only when somebody wants its price; of the others the bytes are kept, so that who comes next
 * sees a price at once, if it is not old.
 */
import type { Channel } from '../../protocol/feed.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import { COHORTS, PRICE_DOUBT_MS, PRICE_HEARD_AGE_MS_MAX, PRICE_LEAP_MS_MAX, PRICES_MAX } from './bounds.ts';
import { channelOfStream } from './channel-name.ts';
import { type BusTrade, decodeTrade } from './market-data.ts';
import { tickText } from './messages.ts';

interface Price {
  readonly channel: Channel;
  /** Arrived and not read yet. */
  data: Uint8Array | undefined;
  /** When `data` arrived; monotonic milliseconds, like `heardAt`. */
  arrivedAt: number;
  /** Its time, in that of the market, and the message that tells it: made once for all cohorts. */
  newest: { readonly at: number; readonly text: string } | undefined;
  /** When `newest` was heard. */
  heardAt: number;
  /** A bit for each cohort that has not been told. */
  untold: number;
}

/** To whom a cohort's prices go. */
export interface Telling {
  readonly isWatched: (channel: Channel) => boolean;
  /** Undefined when nobody is in the cohort. */
  readonly publish: ((channel: Channel, text: string) => void) | undefined;
}

export interface PricesOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** A message of the bus was no trade. */
  readonly onBad: (symbol: string, error: unknown) => void;
}

const ALL_COHORTS = 2 ** COHORTS - 1;

export class Prices {
  readonly #prices = new Map<string, Price>();
  /** Symbols with a trade that nobody has read, or a price that not every cohort has been told. */
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
    if (price.untold > 0) this.#changed.add(symbol);
  }

  /** The newest price as a message; undefined before the first, and when nobody has heard one for long. */
  newest(symbol: string): string | undefined {
    const price = this.#prices.get(symbol);
    if (price === undefined) return undefined;
    this.#read(symbol, price);
    const ageMs = this.#options.clock.monotonic() - price.heardAt;
    return ageMs > PRICE_HEARD_AGE_MS_MAX ? undefined : price.newest?.text;
  }

  /** Tells a cohort the newest price of each symbol that is watched, unless it knows it. */
  tell(cohort: number, { isWatched, publish }: Telling): void {
    const bit = 1 << cohort;
    for (const symbol of this.#changed) {
      const price = this.#prices.get(symbol);
      if (price === undefined) continue;
      if (!isWatched(price.channel)) {
        price.untold = 0;
        this.#changed.delete(symbol);
        continue;
      }
      if (publish !== undefined) {
        this.#read(symbol, price);
        if ((price.untold & bit) !== 0 && price.newest !== undefined) publish(price.channel, price.newest.text);
      }
      price.untold &= ~bit;
      if (price.untold === 0 && price.data === undefined) this.#changed.delete(symbol);
    }
  }

  #of(symbol: string): Price | undefined {
    const known = this.#prices.get(symbol);
    if (known !== undefined || this.#prices.size >= PRICES_MAX) return known;
    const price: Price = {
      channel: channelOfStream(symbol),
      data: undefined,
      arrivedAt: 0,
      newest: undefined,
      heardAt: 0,
      untold: 0,
    };
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
  price.newest = { at: trade.at, text: tickText(price.channel, trade) };
  price.heardAt = heardAt;
  price.untold = ALL_COHORTS;
}
