/**
 * A symbol as it follows from its channel: a snapshot, then its events. Pure functions for whoever shows one; nothing is
 * computed here that the engine has not said, except the average price, which is derived wherever it is shown.
 */
import { divide, formatDecimal, parseDecimal } from '../../domain/money.ts';
import type { FeedEvent, Stop } from '../../protocol/feed.ts';
import type { PositionData, SymbolLive, SymbolSnapshot } from './channels.ts';
import { stopsAfter } from './stops.ts';

export interface SymbolState {
  /** The journal row it is right after. */
  readonly seq: number;
  readonly position: PositionData;
  /**
   * As the engine last said it. A change of mode that nobody commanded (a position was opened, an exit began) is in no
   * event of its own: `state` messages tell it, see `withLive`.
   */
  readonly mode: string;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  /** Who gave these reasons and when, by the journal: `state` messages do not say it. */
  readonly stops: readonly Stop[];
}

export function symbolState({ seq, data }: { readonly seq: number; readonly data: SymbolSnapshot }): SymbolState {
  const { position, mode, pausedReason, haltedReason, stops } = data;
  return { seq, position, mode, pausedReason, haltedReason, stops };
}

/** The state after an event of the symbol's stream; the same state for one it already contains. */
export function afterEvent(state: SymbolState, event: FeedEvent): SymbolState {
  const { seq, kind } = event;
  if (seq <= state.seq) return state;
  const position = kind === 'fill' ? positionAfter(state.position, event) : { ...state.position, version: seq };
  return { ...state, seq, position, ...(kind === 'mode' ? controlAfter(state, event) : {}) };
}

/** The state with what a `state` message says of now. It is of another moment than the events, and nobody knows which. */
export function withLive(
  state: SymbolState,
  { mode, pausedReason, haltedReason, highWaterMark }: SymbolLive,
): SymbolState {
  return { ...state, position: { ...state.position, highWaterMark }, mode, pausedReason, haltedReason };
}

function positionAfter(before: PositionData, { seq, at, position }: FeedEvent): PositionData {
  const { quantity, cost, realizedPnl } = position as Pick<PositionData, 'quantity' | 'cost' | 'realizedPnl'>;
  const isFlat = quantity === '0';
  return {
    ...before,
    quantity,
    cost,
    realizedPnl,
    averagePrice: isFlat ? null : formatDecimal(divide(parseDecimal(cost), parseDecimal(quantity))),
    version: seq,
    highWaterMark: isFlat ? null : before.highWaterMark,
    openedAt: isFlat ? null : (before.openedAt ?? at),
  };
}

type Control = Partial<Pick<SymbolState, 'mode' | 'pausedReason' | 'haltedReason' | 'stops'>>;

/** Who may do what after a command, or after a supervisor halted the symbol because its actor could not run. */
function controlAfter(state: SymbolState, event: FeedEvent): Control {
  const { command, reason, mode } = event as FeedEvent & { readonly reason: string; readonly mode?: string };
  const said = mode === undefined ? {} : { mode };
  const stops = stopsAfter(state.stops, event);
  switch (command) {
    case 'pause':
      // A halt is the stronger of the two: pausing a halted symbol changes nothing.
      return state.haltedReason === null ? { ...said, pausedReason: reason, stops } : said;
    case 'halt':
      return { ...said, haltedReason: reason, stops };
    case 'resume':
      return { ...said, pausedReason: null, haltedReason: null, stops };
    case undefined:
      return { ...supervisorHalt(event), stops };
    default:
      // Flatten and resolve change no control.
      return said;
  }
}

function supervisorHalt({ haltedReason }: FeedEvent): Control {
  if (haltedReason === null) return { mode: 'starting', haltedReason };
  return typeof haltedReason === 'string' ? { mode: 'halted', haltedReason } : {};
}
