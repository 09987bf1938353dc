/**
 * What a venue demands of orders in one market: symbol grammar, price ticks, the least quantity step and order value.
 *
 * Ticks validate limit prices; market and level fills are not rounded to them (DESIGN §8).
 */
import { invariant } from './invariant.ts';
import { DECIMAL_PLACES, ONE, parseDecimal, type Units } from './money.ts';

export interface Instrument {
  readonly symbol: string;
  /** Orders worth less are refused by the venue. */
  readonly minimumNotional: Units;
  readonly quantityStep: Units;
  /** The step of prices at this price. Prices are positive. */
  tickSize(price: Units): Units;
}

export const UPBIT_KRW_MINIMUM_NOTIONAL: Units = 5_000n * ONE;

/** Upbit's KRW market: [price at least, tick], from the top, as in force since 2025-07-31 (docs.upbit.com, krw-market-info). */
const UPBIT_KRW_TICKS: readonly (readonly [atLeast: Units, tick: Units])[] = (
  [
    ['1000000', '1000'],
    ['500000', '500'],
    ['100000', '100'],
    ['50000', '50'],
    ['10000', '10'],
    ['5000', '5'],
    ['100', '1'],
    ['10', '0.1'],
    ['1', '0.01'],
    ['0.1', '0.001'],
    ['0.01', '0.0001'],
    ['0.001', '0.00001'],
    ['0.0001', '0.000001'],
    ['0.00001', '0.0000001'],
    ['0', '0.00000001'],
  ] as const
).map(([atLeast, tick]) => [parseDecimal(atLeast), parseDecimal(tick)]);

const SYMBOL = /^[A-Z0-9]{2,10}-[A-Z0-9]{1,15}$/;

/** Quote, dash, base in capitals, as Upbit writes it: `KRW-BTC`. Safe as a NATS subject token and a file name. */
export function isSymbol(text: string): boolean {
  return SYMBOL.test(text);
}

/** An Upbit KRW market. */
export function upbitKrw(symbol: string): Instrument {
  invariant(isSymbol(symbol), `"${symbol}" is a symbol such as KRW-BTC`);
  return {
    symbol,
    minimumNotional: UPBIT_KRW_MINIMUM_NOTIONAL,
    quantityStep: parseDecimal(`0.${'1'.padStart(DECIMAL_PLACES, '0')}`),
    tickSize: upbitKrwTick,
  };
}

/** True when an order may carry this price. */
export function isOnTick(instrument: Instrument, price: Units): boolean {
  return price > 0n && price % instrument.tickSize(price) === 0n;
}

/** The nearest allowed price not above (`down`) or not below (`up`) this one. */
export function roundToTick(instrument: Instrument, price: Units, direction: 'down' | 'up'): Units {
  const tick = instrument.tickSize(price);
  const below = (price / tick) * tick;
  // Each bracket starts on a multiple of its own tick and of the next one's, so one step up never leaves the grid.
  return direction === 'down' || below === price ? below : below + tick;
}

function upbitKrwTick(price: Units): Units {
  invariant(price > 0n, 'a price is positive');
  const bracket = UPBIT_KRW_TICKS.find(([atLeast]) => price >= atLeast);
  invariant(bracket !== undefined, 'the tick table starts at zero');
  return bracket[1];
}
