/** An entry's question and its answer as they travel between Pods: money as decimal strings. */
import { formatDecimal, parseDecimal } from '../../domain/money.ts';
import type { RiskDenied } from '../../domain/risk.ts';
import type { EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from '../symbol/entry-ask.ts';

export function encodeAsk(ask: EntryAsk, deadline: number): string {
  const { price, amount, minimumNotional, feeRate, at, lastEntryAt } = ask;
  return JSON.stringify({
    ...ask,
    at: new Date(at).toISOString(),
    lastEntryAt: lastEntryAt === null ? null : new Date(lastEntryAt).toISOString(),
    price: formatDecimal(price),
    amount: amount === null ? null : formatDecimal(amount),
    minimumNotional: formatDecimal(minimumNotional),
    feeRate: formatDecimal(feeRate),
    deadline: new Date(deadline).toISOString(),
  } satisfies Record<keyof EntryAsk | 'deadline', unknown>);
}

export function encodeVerdict(verdict: EntryVerdict): Readonly<Record<string, unknown>> {
  if (!verdict.granted) return verdict;
  return { granted: true, amount: formatDecimal(verdict.amount), reserve: formatDecimal(verdict.reserve) };
}

/** Throws for anything that is not a verdict. */
export function decodeVerdict(value: Readonly<Record<string, unknown>>): EntryVerdict {
  if (value.granted === false && typeof value.denied === 'object') {
    return { granted: false, denied: value.denied as RiskDenied };
  }
  return { granted: true, amount: parseDecimal(String(value.amount)), reserve: parseDecimal(String(value.reserve)) };
}
