/**
 * What is held of one symbol, and how an execution changes it (I4).
 *
 * A position keeps quantity and cost, both without fees; the average price is derived, because a stored average drifts.
 * A sell removes cost in proportion to the quantity sold, rounded half to even; the last unit takes the rest, so a flat
 * position has no cost left over.
 */
import { invariant } from './invariant.ts';
import { divide, divideHalfEven, multiply, type Units } from './money.ts';

export type Side = 'buy' | 'sell';

export interface Position {
  readonly quantity: Units;
  /** What the held quantity cost, fees excluded. */
  readonly cost: Units;
  /** Sum over sells of notional − cost removed, fees excluded. */
  readonly realizedPnl: Units;
}

export interface Execution {
  readonly side: Side;
  readonly quantity: Units;
  readonly price: Units;
  readonly fee: Units;
}

/** An execution with everything a fold needs, so that a fold never rounds. */
export interface Fill extends Execution {
  readonly notional: Units;
  readonly costRemoved: Units;
  readonly realized: Units;
}

export const FLAT: Position = { quantity: 0n, cost: 0n, realizedPnl: 0n };

/** The fill this execution is against `position`. The caller has checked that a sell does not exceed what is held. */
export function priceFill(position: Position, execution: Execution): Fill {
  invariant(execution.quantity > 0n && execution.price > 0n, 'a fill has a positive quantity and price');
  invariant(execution.fee >= 0n, 'a fee is not negative');
  const { side, quantity, price, fee } = execution;
  const notional = multiply(quantity, price);
  if (side === 'buy') return { side, quantity, price, fee, notional, costRemoved: 0n, realized: 0n };
  invariant(quantity <= position.quantity, 'a sell does not exceed the quantity held');
  const costRemoved =
    quantity === position.quantity ? position.cost : divideHalfEven(position.cost * quantity, position.quantity);
  return { side, quantity, price, fee, notional, costRemoved, realized: notional - costRemoved };
}

export function applyFill(position: Position, fill: Fill): Position {
  const buys = fill.side === 'buy';
  const next: Position = {
    quantity: buys ? position.quantity + fill.quantity : position.quantity - fill.quantity,
    cost: buys ? position.cost + fill.notional : position.cost - fill.costRemoved,
    realizedPnl: position.realizedPnl + fill.realized,
  };
  invariant(next.quantity >= 0n && next.cost >= 0n, 'quantity and cost never go below zero');
  return next;
}

/** What the fill does to cash: + notional sold − notional bought − fee. */
export function cashDelta(fill: Fill): Units {
  return (fill.side === 'sell' ? fill.notional : -fill.notional) - fill.fee;
}

/** Average price of what is held, fees excluded; undefined when flat. */
export function averagePrice(position: Position): Units | undefined {
  return position.quantity > 0n ? divide(position.cost, position.quantity) : undefined;
}
