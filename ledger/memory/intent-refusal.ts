/** The second look at the limits when an intent commits: the memory twin of `cp_intent_refusal`, word for word. */
import { formatDecimal } from '../../domain/money.ts';
import { isoTime } from '../../domain/time.ts';
import type { GroupOutcome, IntentLimits } from '../../protocol/ports/ledger.ts';
import type { MemoryDatabase } from './memory-database.ts';

/** `occupied`: symbols other than this one with a position or an open entry. */
export function intentRefusal(
  limits: IntentLimits | undefined,
  { account, riskDays }: MemoryDatabase,
  occupied: number,
): GroupOutcome | undefined {
  if (limits === undefined) return undefined;
  const { at, day, cooldownMs, dailyLossMax, dailyEntriesMax, positionsMax } = limits;
  const refuse = (code: 'COOLDOWN' | 'DAILY_LOSS' | 'DAILY_ENTRIES' | 'POSITIONS', reason: string): GroupOutcome => ({
    type: 'refused',
    code,
    reason,
  });
  if (account.cooldownFrom !== null && at < account.cooldownFrom + cooldownMs) {
    const since = isoTime(account.cooldownFrom);
    return refuse('COOLDOWN', `the account cools down after losing trades in a row, since ${since}`);
  }
  const counted = riskDays.get(day);
  if (counted !== undefined && counted.profit <= -dailyLossMax) {
    const numbers = `${formatDecimal(counted.profit)} of -${formatDecimal(dailyLossMax)}`;
    return refuse('DAILY_LOSS', `the realized loss of the day has reached its limit: ${numbers}`);
  }
  if (counted !== undefined && counted.entries >= dailyEntriesMax) {
    return refuse('DAILY_ENTRIES', `the entries of the day are used up: ${counted.entries} of ${dailyEntriesMax}`);
  }
  if (occupied >= positionsMax) {
    return refuse(
      'POSITIONS',
      `there are as many positions and open entries as allowed: ${occupied} of ${positionsMax}`,
    );
  }
  return undefined;
}
