/**
 * Paper matching: what an order would get at a price, with fees and slippage, as a pure function.
 *
 * Prices, quantities and fees are exact decimals. Market and level fills are moved by the slippage against the order and
 * not rounded to ticks; a limit order fills at its own price or not at all. Who is asked when, and cash, is the venue's
 * business, not ours.
 */
import { invariant } from './invariant.ts';
import { divideDown, divideHalfEven, fromNumber, minimum, multiply, ONE, type Units } from './money.ts';
import type { Order } from './order.ts';

export interface PaperSettings {
  /** Share of the notional, each side: 0.0005 is 0.05 %. */
  readonly feeRate: number;
  /** Hundredths of a percent, against the order, on market and level fills. */
  readonly slippageBps: number;
  /** Share of what is left that fills at each price point, above 0 up to 1; 1 (everything) when absent. */
  readonly partialFill?: number;
}

export const DEFAULT_PAPER_SETTINGS: PaperSettings = { feeRate: 0.0005, slippageBps: 5 };

/** The part of an order that matching looks at. */
export type PaperOrder = Pick<
  Order,
  'side' | 'type' | 'quantity' | 'amount' | 'price' | 'trigger' | 'filledQuantity' | 'filledNotional'
>;

export interface PaperFill {
  readonly quantity: Units;
  readonly price: Units;
  readonly fee: Units;
  /** Nothing worth filling is left: the order is done. */
  readonly complete: boolean;
}

const BASIS_POINTS = 10_000n;
/** Once less than one part in this many of the order is left, a partial fill takes all of it: fills come to an end. */
const LAST_PART = 1_000n;

/**
 * The fill of `order` at `price`, or undefined when there is none: the limit is not reached, or what is left of an amount
 * buys nothing. A market order with a trigger fills at its trigger, whatever `price` is; without one at `price`.
 */
export function paperFill(order: PaperOrder, price: number, settings: PaperSettings): PaperFill | undefined {
  const fillPrice = order.type === 'limit' ? limitPrice(order, price) : marketPrice(order, price, settings);
  if (fillPrice === undefined) return undefined;
  const rest = restAt(order, fillPrice);
  if (rest <= 0n) return undefined;
  const quantity = partOf(order, rest, fillPrice, settings);
  const fee = multiply(multiply(quantity, fillPrice), fromNumber(settings.feeRate));
  return { quantity, price: fillPrice, fee, complete: quantity === rest };
}

/** `price` moved by the slippage against this side: up for a buy, down for a sell. */
export function withSlippage(side: Order['side'], price: Units, slippageBps: number): Units {
  const slip = divideHalfEven(fromNumber(slippageBps), BASIS_POINTS);
  return multiply(price, side === 'buy' ? ONE + slip : ONE - slip);
}

function limitPrice(order: PaperOrder, price: number): Units | undefined {
  invariant(order.price !== undefined, 'a limit order has a price');
  const market = fromNumber(price);
  const reached = order.side === 'buy' ? market <= order.price : market >= order.price;
  return reached ? order.price : undefined;
}

function marketPrice(order: PaperOrder, price: number, settings: PaperSettings): Units {
  const slipped = withSlippage(order.side, order.trigger ?? fromNumber(price), settings.slippageBps);
  invariant(slipped > 0n, 'a market price stays positive after slippage');
  return slipped;
}

/** The quantity still to fill, and of that what the rest of an amount buys at this price, rounded down: never overspent. */
function restAt({ side, quantity, amount, filledQuantity, filledNotional }: PaperOrder, price: Units): Units {
  invariant(
    quantity !== undefined || (amount !== undefined && side === 'buy'),
    'an order has a quantity, or buys for an amount',
  );
  const wanted = quantity === undefined ? undefined : quantity - filledQuantity;
  if (amount === undefined) return wanted ?? 0n;
  const affordable = amount > filledNotional ? divideDown(amount - filledNotional, price) : 0n;
  return wanted === undefined ? affordable : minimum(wanted, affordable);
}

function partOf(order: PaperOrder, rest: Units, price: Units, settings: PaperSettings): Units {
  const share = fromNumber(settings.partialFill ?? 1);
  invariant(share > 0n && share <= ONE, 'the partial fill share is above 0 and at most 1');
  const part = (rest * share) / ONE;
  const whole = order.quantity ?? divideDown(order.amount ?? 0n, price);
  // A part whose notional rounds to nothing would never use the amount up: it would be given away for ever.
  const nothing = multiply(part, price) === 0n;
  return nothing || (rest - part) * LAST_PART < whole ? rest : part;
}
