/** How much of the day's limits is used, of the engine's defaults (STRATEGY "Sizing and risk"). Pure. */
import { fromNumber, multiply, type Units } from '../../../domain/money.ts';
import { DEFAULT_RISK_SETTINGS } from '../../../domain/risk.ts';
import { formatKrw, formatPercent, shareOf, unitsOf } from '../format/money.ts';
import type { AccountView } from '../store/types.ts';

export interface DayLimit {
  readonly name: 'loss' | 'entries' | 'positions' | 'losses' | 'exposure';
  readonly value: string;
  readonly limit: string;
  /** 0 to 1: for the bar only. */
  readonly used: number;
}

const { dailyLossShareMax, dailyEntriesMax, positionsMax, lossesInARowMax, exposureShareMax } = DEFAULT_RISK_SETTINGS;

export function dayLimits(account: AccountView, positions: number): readonly DayLimit[] {
  const { day } = account;
  const reference = unitsOf(account.referenceEquity ?? account.equity) ?? 0n;
  const profit = unitsOf(day.profit) ?? 0n;
  const loss = profit < 0n ? -profit : 0n;
  const lossMax = multiply(reference, fromNumber(dailyLossShareMax));
  const exposure = shareOf(account.exposure, reference);
  return [
    { name: 'loss', value: formatKrw(loss), limit: formatKrw(lossMax), used: ratio(loss, lossMax) },
    count('entries', day.entries, dailyEntriesMax),
    count('positions', positions, positionsMax),
    count('losses', day.lossesInRow, lossesInARowMax),
    {
      name: 'exposure',
      value: formatPercent(exposure),
      limit: formatPercent(fromNumber(exposureShareMax * 100)),
      used: ratio(exposure ?? 0n, fromNumber(exposureShareMax * 100)),
    },
  ];
}

function count(name: DayLimit['name'], value: number, limit: number): DayLimit {
  return { name, value: String(value), limit: String(limit), used: Math.min(1, value / limit) };
}

function ratio(part: Units, whole: Units): number {
  if (whole <= 0n) return 0;
  return Math.min(1, Math.max(0, Number((part * 1_000n) / whole) / 1_000));
}
