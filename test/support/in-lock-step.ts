/** Asks several ledgers the same and expects the same answer, apart from what may differ: wall times and orders of sets. */
import { expect } from 'vitest';
import type { Ledger } from './ledger-implementations.ts';

export async function sameOnAll<T>(ledgers: readonly Ledger[], ask: (ledger: Ledger) => Promise<T>): Promise<T> {
  const [first, ...others] = await Promise.all(ledgers.map(ask));
  for (const other of others) expect(comparable(other)).toEqual(comparable(first));
  return first as T;
}

type Fields = Readonly<Record<string, unknown>>;

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Fields;
  if (fields.symbol === 'cluster' && fields.kind === 'ownership') return comparableEvent(fields);
  const result: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(fields)) {
    // By the clock of each: the contract suite looks at them.
    if (name === 'heartbeatAgeMs' || name === 'leaseLeftMs') continue;
    result[name] = name === 'lost' || (name === 'positions' && 'event' in fields) ? asSet(part) : comparable(part);
  }
  return result;
}

function comparableEvent({ seq, body }: Fields): unknown {
  const told = JSON.parse(String(body)) as Fields;
  const lists = Object.entries(told).map(([name, part]) => [name, Array.isArray(part) ? asSet(part) : part]);
  return { seq, told: Object.fromEntries(lists) as unknown };
}

function asSet(list: unknown): unknown {
  return (list as readonly unknown[]).map(comparable).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf(item: unknown): string {
  return typeof item === 'object' && item !== null ? String((item as Fields).symbol) : String(item);
}
