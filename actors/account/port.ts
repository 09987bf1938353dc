/** What a symbol needs of the account: permission and cash for an entry. */
import type { EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from '../symbol/entry-ask.ts';

export interface EntryAccount {
  /** Decides and, when granted, sets cash aside. Asking again with the same id reserves once. Rejects when unreachable. */
  reserve(ask: EntryAsk): Promise<EntryVerdict>;
  /** Frees a reservation that was never used. */
  release(reservationId: string): Promise<void>;
}
