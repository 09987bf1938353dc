/** The largest fall from a peak: what somebody lost who came at the worst moment and left at the worst after it. */
import { divide, divideHalfEven, type Units } from './money.ts';

const HUNDRED = 100n;

/**
 * Maximum drawdown in percent: the largest (peak − value) ÷ peak × 100 over all values after the peak, rounded half to even
 * (Magdon-Ismail & Atiya, "Maximum drawdown", Risk 17(10), 2004). 0 when nothing falls; undefined without a positive value,
 * against which a fall could be measured.
 */
export function maximumDrawdown(values: readonly Units[]): Units | undefined {
  let peak: Units | undefined;
  let worst = 0n;
  for (const value of values) {
    if (value > 0n && (peak === undefined || value > peak)) peak = value;
    if (peak === undefined) continue;
    const fall = divide((peak - value) * HUNDRED, peak);
    if (fall > worst) worst = fall;
  }
  return peak === undefined ? undefined : worst;
}

/** An account at a moment; `netDeposits` are all deposits until then less all withdrawals. */
export interface Worth {
  readonly equity: Units;
  readonly netDeposits: Units;
}

/**
 * What the equity would have become if nobody had paid in or taken out since the first point (the time-weighted return, CFA
 * Institute, GIPS): money taken out is no loss, and money paid in hides none. Between two points a deposit counts as there
 * from the first, a withdrawal as taken at the second. After a total loss it begins anew.
 */
export function withoutDeposits(points: readonly Worth[]): Units[] {
  let value = 0n;
  let before: Worth | undefined;
  return points.map((point) => {
    const moved = before === undefined ? 0n : point.netDeposits - before.netDeposits;
    const start = (before?.equity ?? 0n) + (moved > 0n ? moved : 0n);
    const end = point.equity - (moved < 0n ? moved : 0n);
    if (value <= 0n) value = point.equity;
    else if (start > 0n) value = divideHalfEven(value * end, start);
    before = point;
    return value;
  });
}
