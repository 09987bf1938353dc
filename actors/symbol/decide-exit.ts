/** The strategy while it holds: levels that react to every price, and the checks at a close. Never refused (I12). */
import { candleExit, travel } from '../../domain/exits.ts';
import type { Reading } from '../../domain/market-view.ts';
import type { SymbolMessage } from './messages.ts';
import { quietPrice } from './quiet.ts';
import type { Turn } from './turn.ts';
import { isDust, placeExit } from './work-orders.ts';

export function onPrice(turn: Turn, price: Extract<SymbolMessage, { type: 'price' }>): void {
  const { preset } = turn.settings;
  const quiet = quietPrice(price, turn.state, preset);
  if (quiet !== undefined) {
    turn.state = quiet.state;
    return;
  }
  const { trade } = turn.state;
  if (trade === null) return;
  const { trade: travelled, exit } = travel(trade, price.from, price.to, price.regime, preset);
  turn.state = { ...turn.state, trade: { ...trade, highWaterMark: travelled.highWaterMark } };
  if (exit !== undefined) startExit(turn, { reason: exit.reason, at: price.at, trigger: exit.price });
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
