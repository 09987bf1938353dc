/** A closed trade: one entry to the flat position after it, as reports, exports and the API show it (DESIGN §11). */
import { formatDecimal, type Units } from './money.ts';
import type { Regime } from './regime.ts';

export interface ClosedTrade {
  readonly symbol: string;
  /** Market time in ms of the first fill of the entry. */
  readonly entryTime: number;
  readonly exitTime: number;
  /** Averages over the fills of each side, fees excluded. */
  readonly entryPrice: Units;
  readonly exitPrice: Units;
  readonly quantity: Units;
  /** After fees. */
  readonly profit: Units;
  /** Of both sides. */
  readonly fees: Units;
  /** Why it was closed: an exit reason, or what a person said. */
  readonly reason: string;
  /** The regime at the entry decision. */
  readonly regime: Regime;
}

export interface ClosedTradeJson {
  readonly symbol: string;
  readonly entryTime: string;
  readonly exitTime: string;
  readonly entryPrice: string;
  readonly exitPrice: string;
  readonly quantity: string;
  readonly profit: string;
  readonly fees: string;
  readonly reason: string;
  readonly regime: Regime;
}

/** Times in ISO 8601 UTC, decimals as canonical strings. */
export function closedTradeJson(trade: ClosedTrade): ClosedTradeJson {
  return {
    symbol: trade.symbol,
    entryTime: new Date(trade.entryTime).toISOString(),
    exitTime: new Date(trade.exitTime).toISOString(),
    entryPrice: formatDecimal(trade.entryPrice),
    exitPrice: formatDecimal(trade.exitPrice),
    quantity: formatDecimal(trade.quantity),
    profit: formatDecimal(trade.profit),
    fees: formatDecimal(trade.fees),
    reason: trade.reason,
    regime: trade.regime,
  };
}
