/** The largest fall from a peak: what somebody lost who came at the worst moment and left at the worst after it. */
import { divide, type Units } from './money.ts';

const HUNDRED = 100n;

/**
 * Maximum drawdown in percent: the largest (peak − value) ÷ peak × 100 over all values after the peak, rounded half to even
 * (Magdon-Ismail & Atiya, "Maximum drawdown", Risk 17(10), 2004). 0 when nothing falls; undefined without a positive value,
 * against which a fall could be measured. Money paid out falls like money lost.
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
