/**
 * Fills by the million: the same for every contender of this suite, cheap to make, so that making them is never what is
 * measured. Ids are UUIDs of version 7 that count up: as good for an index as those of a client, without its randomness.
 */
import { ONE, type Units } from '../../domain/money.ts';
import type { FillRequest } from '../../protocol/messages.ts';
import { mulberry32 } from '../../test/support/seeded.ts';
import { drawer, type Law } from '../harness/draw.ts';

export interface SymbolFill {
  readonly symbol: string;
  readonly request: FillRequest;
}

/** Opens each position so far that no sell of this suite exceeds what is held. */
export const OPENING_QUANTITY: Units = 1_000_000n * ONE;

export function symbolNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `KRW-S${index}`);
}

/** Makes fills of symbols drawn by this law. */
export function fillMaker(symbols: readonly string[], seed: number, law: Law = 'evenly'): () => SymbolFill {
  const random = mulberry32(seed);
  const draw = drawer(law, symbols.length, random);
  const nextId = idMaker();
  return () => ({
    symbol: symbols[draw()] as string,
    request: {
      id: nextId(),
      side: random() < 0.6 ? 'buy' : 'sell',
      quantity: BigInt(1 + Math.floor(random() * 99_999_999)),
      price: BigInt(1 + Math.floor(random() * 100_000)) * (ONE / 100n),
      fee: BigInt(Math.floor(random() * 1_000)),
      at: Date.now(),
    },
  });
}

/** The fill that opens a position. */
export function openingFill(): FillRequest {
  return { id: idMaker()(), side: 'buy', quantity: OPENING_QUANTITY, price: ONE, fee: 0n, at: Date.now() };
}

let makers = 0;

function idMaker(): () => string {
  makers += 1;
  const time = Date.now().toString(16).padStart(12, '0');
  const head = `${time.slice(0, 8)}-${time.slice(8)}-7${makers.toString(16).padStart(3, '0')}`;
  let count = 0;
  return () => {
    count += 1;
    const low = count.toString(16).padStart(15, '0');
    return `${head}-8${low.slice(0, 3)}-${low.slice(3)}`;
  };
}
