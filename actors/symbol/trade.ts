/** The strategy's trade from its first fill to its last, and how the mode follows the position. */
import { divide } from '../../domain/money.ts';
import type { Fill, Position } from '../../domain/position.ts';
import type { Regime } from '../../domain/regime.ts';
import { type ClosedTrade, closedTradeJson } from '../../domain/trade.ts';
import { contentId } from '../../protocol/ids.ts';
import type { ManagedTrade } from './state.ts';
import type { Turn } from './turn.ts';

/** Starts the trade with the first fill of an entry order; from then on its stops work. */
export function openTrade(turn: Turn, fill: Fill, at: number, regime: Regime): void {
  turn.change({
    trade: {
      entryPrice: fill.price,
      entryTime: at,
      entryRegime: regime,
      highWaterMark: fill.price,
      fees: fill.fee,
      realized: 0n,
      bought: fill.quantity,
      boughtNotional: fill.notional,
      sold: 0n,
      soldNotional: 0n,
    },
  });
}

/** Adds a fill to the open trade, if there is one; a fill that empties the position closes the trade. */
export function trackTrade(turn: Turn, fill: Fill, at: number, reason: string): void {
  const { trade } = turn.state;
  if (trade === null) return;
  const next = addFill(trade, fill);
  if (turn.state.position.quantity > 0n) {
    turn.change({ trade: next });
    return;
  }
  const closed: ClosedTrade = {
    symbol: turn.settings.symbol,
    entryTime: next.entryTime,
    exitTime: at,
    entryPrice: divide(next.boughtNotional, next.bought),
    exitPrice: divide(next.soldNotional, next.sold),
    quantity: next.bought,
    profit: next.realized - next.fees,
    fees: next.fees,
    reason,
    regime: next.entryRegime,
  };
  turn.change({ trade: null });
  turn.countRisk(at, 0n, 0, { profit: closed.profit, at });
  turn.note('signal', {
    id: contentId('closed', closed.symbol, turn.version, at),
    at,
    body: { signal: 'TRADE_CLOSED', trade: closedTradeJson(closed) },
  });
  turn.addEffect({ type: 'closed', trade: closed });
}

function addFill(trade: ManagedTrade, fill: Fill): ManagedTrade {
  const fees = trade.fees + fill.fee;
  if (fill.side === 'sell') {
    return {
      ...trade,
      fees,
      realized: trade.realized + fill.realized,
      sold: trade.sold + fill.quantity,
      soldNotional: trade.soldNotional + fill.notional,
    };
  }
  const bought = trade.bought + fill.quantity;
  const boughtNotional = trade.boughtNotional + fill.notional;
  const entryPrice = divide(boughtNotional, bought);
  const highWaterMark = entryPrice > trade.highWaterMark ? entryPrice : trade.highWaterMark;
  return { ...trade, fees, bought, boughtNotional, entryPrice, highWaterMark };
}

/** Moves the mode after an execution from outside; an order of ours moves it by its own end. */
export function followPosition(turn: Turn, before: Position): void {
  const held = before.quantity > 0n;
  const holds = turn.state.position.quantity > 0n;
  if (!held && holds && (turn.modes.in('flat') || turn.modes.in('warming')))
    turn.modes.send({ type: 'POSITION_OPENED' });
  if (held && !holds && turn.modes.in('holding')) turn.modes.send({ type: 'POSITION_CLOSED' });
}
