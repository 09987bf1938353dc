/** The fills that are sent: buys and sells with prices and fees, as a market gives them. */
import { uuid7 } from '../../../adapters/nats/client/index.ts';
import { formatDecimal, ONE, type Units } from '../../../domain/money.ts';
import { mulberry32 } from '../../../test/support/seeded.ts';
import type { LoadFill } from './sender.ts';

/** Bodies that are made before the load begins and used over and over: the load is to cost the machine little. */
const BODIES = 4_096;
/** More is bought than sold, so that positions grow from what they were opened with and no sell is refused. */
const BUY_SHARE = 0.55;
/** Four places of quantity, two of price: quantity × price is exact, whoever folds it. */
const QUANTITY_STEP: Units = ONE / 10_000n;
const PRICE_STEP: Units = ONE / 100n;
/** 0.05 %, as at Upbit. */
const FEE_DIVISOR = 2_000n;

/** Makes fills with fresh ids; the same seed gives the same bodies in the same order. */
export function makeFills(seed: number): () => LoadFill {
  const random = mulberry32(seed);
  const bodies = Array.from({ length: BODIES }, () => makeBody(random));
  let next = 0;
  return () => {
    const body = bodies[next] as Omit<LoadFill, 'id'>;
    next = (next + 1) % BODIES;
    return { id: uuid7(), ...body };
  };
}

function makeBody(random: () => number): Omit<LoadFill, 'id'> {
  const quantity = BigInt(1 + Math.floor(random() * 100_000)) * QUANTITY_STEP;
  const price = BigInt(10_000 + Math.floor(random() * 1_000_000)) * PRICE_STEP;
  return {
    side: random() < BUY_SHARE ? 'buy' : 'sell',
    quantity: formatDecimal(quantity),
    price: formatDecimal(price),
    fee: formatDecimal((quantity * price) / ONE / FEE_DIVISOR),
  };
}
