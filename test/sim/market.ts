/**
 * The market and its collector: stores a closed candle, then says it on the bus, as the real one does. Some symbols have a
 * history long enough for the strategy, and their prices rise and fall out of their band now and then, so that it trades.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import type { BusConnection } from './bus-connection.ts';
import type { Dice } from './dice.ts';
import type { SimLedger } from './sim-ledger.ts';
import type { Trace } from './trace.ts';

const START = Date.UTC(2024, 0, 1);
/** So many candles and the slowest indicator is warm. */
const HISTORY_MINUTES = 205;
const FIRST_PRICE = 100_000;
const RISE = 100;
const DIP = 0.955;

interface Quote {
  minute: number;
  price: number;
  /** Where the price was before it fell; it comes back. */
  before: number;
}

export class Market {
  readonly #ledger: SimLedger;
  readonly #bus: BusConnection;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #quotes = new Map<string, Quote>();

  constructor(ledger: SimLedger, bus: BusConnection, dice: Dice, trace: Trace) {
    this.#ledger = ledger;
    this.#bus = bus;
    this.#dice = dice;
    this.#trace = trace;
  }

  price(symbol: string): number {
    return this.#quote(symbol).price;
  }

  /** A past long enough to trade by. */
  async prepare(symbol: string): Promise<void> {
    const candles: Candle[] = [];
    const quote = this.#quote(symbol);
    for (let minute = 0; minute < HISTORY_MINUTES; minute += 1) {
      candles.push(candleAt(minute, quote.price, quote.price));
      quote.price += RISE;
    }
    quote.minute = HISTORY_MINUTES;
    await this.#ledger.reader.storeCandles(candles.map((candle) => ({ symbol, candle })));
  }

  /** The price moves within the minute. */
  trade(symbol: string): void {
    const quote = this.#quote(symbol);
    quote.price = Math.round(quote.price * this.#dice.between(0.995, 1.005));
    this.#trace.add('market', () => `${symbol} trades at ${quote.price}`);
    const at = START + quote.minute * MINUTE_MS + 1_000;
    const trade = { symbol, tradeId: `${at}`, price: quote.price, quantity: 1, at: new Date(at).toISOString() };
    this.#bus.publish(`cp.market.${symbol}.trade`, JSON.stringify(trade));
  }

  /** A minute is over. */
  async candle(symbol: string): Promise<void> {
    const quote = this.#quote(symbol);
    const open = quote.price;
    quote.price = this.#next(quote);
    const candle = candleAt(quote.minute, open, quote.price);
    quote.minute += 1;
    await this.#ledger.reader.storeCandles([{ symbol, candle }]);
    this.#trace.add('market', () => `${symbol} closes minute ${quote.minute - 1} at ${quote.price}`);
    const { openTime, ...prices } = candle;
    const message = { symbol, unit: '1m', openTime: new Date(openTime).toISOString(), ...prices };
    this.#bus.publish(`cp.market.${symbol}.candle`, JSON.stringify(message));
  }

  #next(quote: Quote): number {
    if (quote.price < quote.before) {
      const next = Math.round(quote.price * this.#dice.between(0.99, 1.04));
      if (next >= quote.before) quote.before = 0;
      return next;
    }
    if (this.#dice.chance(0.15)) {
      quote.before = quote.price;
      return Math.round(quote.price * DIP);
    }
    return quote.price + RISE;
  }

  #quote(symbol: string): Quote {
    let quote = this.#quotes.get(symbol);
    if (quote === undefined) {
      quote = { minute: 0, price: FIRST_PRICE, before: 0 };
      this.#quotes.set(symbol, quote);
    }
    return quote;
  }
}

function candleAt(minute: number, open: number, close: number): Candle {
  return {
    openTime: START + minute * MINUTE_MS,
    open,
    high: Math.max(open, close),
    low: Math.min(open, close),
    close,
    volume: 10,
  };
}
