/** How much of the day's limits is used, as the engine tells both (STRATEGY "Sizing and risk"). Pure. */
import { fromNumber, multiply, type Units } from '../../../domain/money.ts';
import { formatKrw, formatPercent, shareOf, unitsOf } from '../format/money.ts';
import type { AccountView } from '../store/types.ts';

export interface DayLimit {
  readonly name: 'loss' | 'entries' | 'positions' | 'losses' | 'exposure';
  readonly value: string;
  /** Null where nothing limits it, or nobody knows what does. */
  readonly limit: string | null;
  /** 0 to 1: for the bar only. */
  readonly used: number;
}

export function dayLimits(account: AccountView, positions: number): readonly DayLimit[] {
  const { day } = account;
  const limits = account.limits?.enforced === true ? account.limits : undefined;
  const reference = unitsOf(account.referenceEquity ?? account.equity) ?? 0n;
  const profit = unitsOf(day.profit) ?? 0n;
  const loss = profit < 0n ? -profit : 0n;
  const lossMax = limits && multiply(reference, fromNumber(limits.dailyLossShareMax));
  const exposure = shareOf(account.exposure, reference);
  const exposureMax = limits && fromNumber(limits.exposureShareMax * 100);
  return [
    {
      name: 'loss',
      value: formatKrw(loss),
      limit: lossMax === undefined ? null : formatKrw(lossMax),
      used: ratio(loss, lossMax),
    },
    count('entries', day.entries, limits?.dailyEntriesMax),
    count('positions', positions, limits?.positionsMax),
    count('losses', day.lossesInRow, limits?.lossesInARowMax),
    {
      name: 'exposure',
      value: formatPercent(exposure),
      limit: exposureMax === undefined ? null : formatPercent(exposureMax),
      used: ratio(exposure ?? 0n, exposureMax),
    },
  ];
}

function count(name: DayLimit['name'], value: number, limit: number | undefined): DayLimit {
  if (limit === undefined) return { name, value: String(value), limit: null, used: 0 };
  return { name, value: String(value), limit: String(limit), used: Math.min(1, value / limit) };
}

function ratio(part: Units, whole: Units | undefined): number {
  if (whole === undefined || whole <= 0n) return 0;
  return Math.min(1, Math.max(0, Number((part * 1_000n) / whole) / 1_000));
}
