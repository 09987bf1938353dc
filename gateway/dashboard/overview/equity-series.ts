/** The equity curve as a chart wants it: seconds of time, floats for pixels only, and how far below its peak each point is. */
import { type Worth, withoutDeposits } from '../../../domain/drawdown.ts';
import { toNumber, tryParseDecimal, type Units } from '../../../domain/money.ts';
import { shareOf } from '../format/money.ts';
import type { EquityCurve } from '../store/types.ts';

export interface SeriesPoint {
  /** Seconds since the epoch, shifted into the zone that is shown. */
  readonly time: number;
  readonly value: number;
}

export interface EquitySeries {
  readonly equity: readonly SeriesPoint[];
  /** Percent below the highest point so far, money paid in and taken out left aside: 0 or negative. */
  readonly drawdown: readonly SeriesPoint[];
  readonly lowest: Units;
  readonly highest: Units;
  readonly last: Units;
}

const SECOND_MS = 1_000;

/** Undefined for a curve of fewer than two points: there is nothing to draw. */
export function equitySeries(curve: EquityCurve | undefined, offsetMs: number): EquitySeries | undefined {
  const equity: SeriesPoint[] = [];
  const worths: Worth[] = [];
  for (const point of curve?.points ?? []) {
    const value = tryParseDecimal(point.equity);
    const netDeposits = tryParseDecimal(point.netDeposits);
    const time = Math.floor((Date.parse(point.at) + offsetMs) / SECOND_MS);
    const before = equity.at(-1)?.time ?? Number.NEGATIVE_INFINITY;
    // A chart takes each second once and in order.
    if (value === undefined || netDeposits === undefined || !(time > before)) continue;
    worths.push({ equity: value, netDeposits });
    equity.push({ time, value: toNumber(value) });
  }
  const values = worths.map((worth) => worth.equity);
  const last = values.at(-1);
  if (last === undefined || values.length < 2) return undefined;
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const falls = fallsOf(withoutDeposits(worths));
  const drawdown = equity.map(({ time }, index) => ({ time, value: toNumber(falls[index] ?? 0n) }));
  return { equity, drawdown, lowest: sorted[0] ?? last, highest: sorted.at(-1) ?? last, last };
}

/** How far each value lies below the highest until then, in percent. */
function fallsOf(values: readonly Units[]): readonly Units[] {
  let peak = 0n;
  return values.map((value) => {
    if (value > peak) peak = value;
    return shareOf(value - peak, peak) ?? 0n;
  });
}
