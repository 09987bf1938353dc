/**
 * Prices and closes from which nothing follows that has to be recorded: nearly all of them. What they change is said here,
 * once; with nothing uncommitted before it such a message is handled without a turn, else as part of one.
 */
import { decideEntry, funnelKey } from '../../domain/entry.ts';
import { candleExit, travel } from '../../domain/exits.ts';
import type { Reading } from '../../domain/market-view.ts';
import type { Preset } from '../../domain/preset.ts';
import type { SymbolMessage } from './messages.ts';
import type { Modes } from './modes.ts';
import type { SymbolState } from './state.ts';

export interface Quiet {
  readonly state: SymbolState;
  /** How the close is counted; undefined for a close that is none of an entry, and for prices. */
  readonly funnelKey: string | undefined;
}

/** What the message changes; undefined when it needs a turn. */
export function quietly(message: SymbolMessage, state: SymbolState, preset: Preset, modes: Modes): Quiet | undefined {
  if (message.type === 'candle') return quietClose(message.reading, state, preset, modes);
  if (message.type === 'price') return quietPrice(message, state, preset);
  return undefined;
}

/** Undefined when the price crosses a level. */
export function quietPrice(
  { from, to, regime }: Extract<SymbolMessage, { type: 'price' }>,
  state: SymbolState,
  preset: Preset,
): Quiet | undefined {
  const { trade, position } = state;
  if (trade === null || position.quantity === 0n) return { state, funnelKey: undefined };
  const travelled = travel(trade, from, to, regime, preset);
  if (travelled.exit !== undefined) return undefined;
  const { highWaterMark } = travelled.trade;
  if (highWaterMark === trade.highWaterMark) return { state, funnelKey: undefined };
  // Not stored by itself: after a crash the mark is found again in the candles since the entry.
  return { state: { ...state, trade: { ...trade, highWaterMark } }, funnelKey: undefined };
}

/** Undefined when an entry or an exit is decided, and at the close that ends the warm-up. */
export function quietClose(reading: Reading, state: SymbolState, preset: Preset, modes: Modes): Quiet | undefined {
  const { decidedThrough, position, working, pending, trade } = state;
  // What lies before the last entry or exit is never decided again, whatever is delivered again.
  if (decidedThrough !== null && reading.candle.openTime <= decidedThrough) return { state, funnelKey: undefined };
  // Not stored by itself: deciding "no" again about the same candle gives the same "no".
  const next = state.regime === reading.regime ? state : { ...state, regime: reading.regime };
  if (position.quantity === 0n && working === null && pending === null) {
    const outcome = decideEntry(reading, preset);
    if (outcome === 'ENTER' || (outcome !== 'WARMING_UP' && modes.in('warming'))) return undefined;
    return { state: next, funnelKey: funnelKey(reading, outcome) };
  }
  if (trade !== null && candleExit(trade, reading, preset) !== undefined) return undefined;
  return { state: next, funnelKey: undefined };
}
