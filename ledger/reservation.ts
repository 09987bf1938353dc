/** What both ledgers hold of a reservation: held → used → settled, or held → released. */
import type { EntryRequest, EntryVerdict } from '../protocol/ports/ledger.ts';

export type ReservationStatus = 'held' | 'used' | 'settled' | 'released';

/**
 * The answer to an entry asked for again after its intent was committed: a late copy of the question. Setting cash aside
 * anew would leave a reservation that nothing ever frees.
 */
export function alreadyUsed(request: EntryRequest, status: ReservationStatus): EntryVerdict {
  return {
    granted: false,
    denied: {
      code: 'DUPLICATE',
      message: 'the reservation of this entry was used already',
      details: { reservation: request.id, symbol: request.symbol, status },
    },
  };
}
