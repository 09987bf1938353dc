/**
 * The load every contender gets: fills with prices, fees, buys and sells, over so many symbols, from so many callers.
 * Positions are opened large enough, and the account with enough cash, that nothing is refused whatever the order.
 */
import { uuid7 } from '../../adapters/uuid7.ts';
import { ONE, type Units } from '../../domain/money.ts';
import type { Side } from '../../domain/position.ts';
import { mulberry32 } from '../../test/support/seeded.ts';
import { drawer } from '../harness/draw.ts';

export interface BenchFill {
  readonly id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Units;
  readonly price: Units;
  readonly fee: Units;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Scenario {
  /** `symbols/callers`; one symbol is `hot`. */
  readonly name: string;
  readonly symbols: number;
  readonly callers: number;
}

const SYMBOLS = [1, 10, 200, 5_000];
const CALLERS = [1, 10, 64, 256, 2_048];

export const SCENARIOS: readonly Scenario[] = SYMBOLS.flatMap((symbols) =>
  CALLERS.map((callers) => ({ name: `${symbols === 1 ? 'hot' : symbols}/${callers}`, symbols, callers })),
);

/** From here on symbols are drawn by Zipf's law, as markets are traded; a few are chosen evenly. */
const ZIPF_FROM = 1_000;

export function symbolName(index: number): string {
  return `KRW-S${index}`;
}

/** Makes fills for one scenario; the same seed makes the same ones, but for their ids. */
export function makeLoad({ symbols }: Pick<Scenario, 'symbols'>, seed: number): () => BenchFill {
  const random = mulberry32(seed);
  const draw = drawer(symbols >= ZIPF_FROM ? 'zipf' : 'evenly', symbols, random);
  return () => ({
    id: uuid7(),
    symbol: symbolName(draw()),
    side: random() < 0.6 ? 'buy' : 'sell',
    quantity: BigInt(1 + Math.floor(random() * 99_999_999)),
    price: BigInt(1 + Math.floor(random() * 100_000)) * (ONE / 100n),
    fee: BigInt(Math.floor(random() * 1_000)),
    at: Date.now(),
  });
}
