/** The horizontal lines of an open position: what it cost, where it ends. */
import type { SymbolView } from '../store/types.ts';
import { isHeld } from './position-numbers.ts';

export interface PriceLevel {
  readonly kind: 'average' | 'stop' | 'target';
  /** For the chart, not for bookkeeping. */
  readonly price: number;
  /** Why a stop stands where it stands: STOP_LOSS or TRAILING_STOP. */
  readonly reason: string | null;
}

/** None without a position; a position recorded from outside may have an average price and no exits. */
export function priceLevels(view: SymbolView | undefined): readonly PriceLevel[] {
  if (view === undefined || !isHeld(view.position)) return [];
  const { position, exits } = view;
  const levels: PriceLevel[] = [];
  if (position.averagePrice !== null) {
    levels.push({ kind: 'average', price: Number(position.averagePrice), reason: null });
  }
  if (exits !== null) {
    levels.push({ kind: 'stop', price: Number(exits.stop), reason: exits.stopReason });
    levels.push({ kind: 'target', price: Number(exits.target), reason: null });
  }
  return levels.filter((level) => Number.isFinite(level.price));
}
