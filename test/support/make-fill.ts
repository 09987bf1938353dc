/** Fills out of a seeded generator, with fresh ids. */
import type { WireFill } from './fill-plan.ts';
import { uuidv7 } from './wire.ts';

/** Few enough decimals that quantity × price is exact: a fold by anybody gives the same notional. */
export function makeFill(random: () => number, sellPercent: number): WireFill {
  const side = random() * 100 < sellPercent ? 'sell' : 'buy';
  const whole = side === 'buy' ? 10 : 2;
  return {
    id: uuidv7(),
    side,
    quantity: decimal(1 + Math.floor(random() * whole * 10_000), 4),
    price: decimal(10_000 + Math.floor(random() * 1_000_000), 2),
    fee: decimal(Math.floor(random() * 1_000), 3),
  };
}

function decimal(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`;
}
