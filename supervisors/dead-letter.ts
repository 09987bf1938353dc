/** What is kept of a message that has crashed too many lives of its actor: enough for a person to see what it was. */
import type { Envelope } from '../actors/symbol/messages.ts';
import type { DeadLetter } from '../protocol/ports/ledger.ts';

export function deadLetter(symbol: string, { message, attempts }: Envelope, error: string): DeadLetter {
  return { stream: symbol, message: JSON.stringify(message, withoutBigInt), error, attempts };
}

function withoutBigInt(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
