/** The strategy while it holds: levels that react to every price, and the checks at a close. Never refused (I12). */
import { candleExit, travel } from '../../domain/exits.ts';
import type { Reading } from '../../domain/market-view.ts';
import type { Regime } from '../../domain/regime.ts';
import type { Turn } from './turn.ts';
import { isDust, placeExit } from './work-orders.ts';

export function onPrice(turn: Turn, price: { from: number; to: number; at: number; regime: Regime }): void {
  const { trade, position } = turn.state;
  if (trade === null || position.quantity === 0n) return;
  const travelled = travel(trade, price.from, price.to, price.regime, turn.settings.preset);
  if (travelled.trade.highWaterMark !== trade.highWaterMark) {
    // Not stored by itself: after a crash the mark is found again in the candles since the entry.
    turn.state = { ...turn.state, trade: { ...trade, highWaterMark: travelled.trade.highWaterMark } };
  }
  if (travelled.exit === undefined) return;
  startExit(turn, { reason: travelled.exit.reason, at: price.at, trigger: travelled.exit.price });
}

export function considerExit(turn: Turn, reading: Reading, at: number): void {
  const { trade } = turn.state;
  if (trade === null) return;
  const reason = candleExit(trade, reading, turn.settings.preset);
  if (reason !== undefined) startExit(turn, { reason, at });
}

/**
 * Starts a market exit. An order that still works is cancelled first and the exit follows its end; an entry that is still
 * being decided is declined; an exit that is on its way is left alone.
 */
export function startExit(
  turn: Turn,
  exit: { readonly reason: string; readonly at: number; readonly trigger?: bigint },
): void {
  const { working, pending, flattenReason } = turn.state;
  if (working !== null) {
    const { side, type, clientOrderId } = working.order;
    if ((side === 'sell' && type === 'market') || flattenReason !== null) return;
    turn.change({ flattenReason: exit.reason });
    turn.addEffect({ type: 'cancel', clientOrderId });
    return;
  }
  if (pending !== null) turn.change({ flattenReason: exit.reason });
  if (!turn.modes.in('holding') || isDust(turn)) return;
  placeExit(turn, {
    reason: exit.reason,
    at: exit.at,
    intent: 'exit',
    ...(exit.trigger === undefined ? {} : { trigger: exit.trigger }),
  });
}
