/** What a position is worth at a price: exact decimals, fees excluded like cost and average price themselves. */
import {
  divide,
  formatDecimal,
  multiply,
  ONE,
  parseDecimal,
  tryParseDecimal,
  type Units,
} from '../../../domain/money.ts';
import type { PositionData } from '../../client/channels.ts';
import type { SymbolView } from '../store/types.ts';

const HUNDRED: Units = 100n * ONE;

/** Decimal strings; amounts in the quote currency. Null where the price or the level is not known. */
export interface PositionNumbers {
  readonly value: string | null;
  readonly profit: string | null;
  /** Of the cost, in percent. */
  readonly profitPercent: string | null;
  /** How far the price is above the stop, in percent of the price; negative when it is below. */
  readonly stopDistancePercent: string | null;
  /** How far the target is above the price, in percent of the price. */
  readonly targetDistancePercent: string | null;
}

const NOTHING: PositionNumbers = {
  value: null,
  profit: null,
  profitPercent: null,
  stopDistancePercent: null,
  targetDistancePercent: null,
};

export function isHeld(position: PositionData): boolean {
  const quantity = tryParseDecimal(position.quantity);
  return quantity !== undefined && quantity > 0n;
}

/** Everything is null when nothing is held. A price of zero is no price. */
export function positionNumbers(
  position: PositionData,
  price: string | undefined,
  exits: SymbolView['exits'],
): PositionNumbers {
  const last = price === undefined ? undefined : tryParseDecimal(price);
  if (!isHeld(position) || last === undefined || last <= 0n) return NOTHING;
  const cost = parseDecimal(position.cost);
  const value = multiply(parseDecimal(position.quantity), last);
  const profit = value - cost;
  const percentOfPrice = (difference: Units): string => formatDecimal(divide(multiply(difference, HUNDRED), last));
  return {
    value: formatDecimal(value),
    profit: formatDecimal(profit),
    profitPercent: cost > 0n ? formatDecimal(divide(multiply(profit, HUNDRED), cost)) : null,
    stopDistancePercent: exits === null ? null : percentOfPrice(last - parseDecimal(exits.stop)),
    targetDistancePercent: exits === null ? null : percentOfPrice(parseDecimal(exits.target) - last),
  };
}
