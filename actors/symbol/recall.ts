/** What the ledger knows of a command's id before the command is handled: its row, or why the id can't be used. */
import { type ErrorReply, refuse } from '../../protocol/errors.ts';
import type { LedgerReader, StoredRow } from '../../protocol/ports/ledger.ts';
import type { SymbolMessage } from './messages.ts';

export type Recalled =
  | { readonly row: StoredRow | undefined; readonly refusal?: undefined }
  | { readonly refusal: ErrorReply };

/** Never rejects: a ledger that can't be read is a refusal to try again later. */
export async function recall(
  reader: Pick<LedgerReader, 'journalRow' | 'order'>,
  symbol: string,
  command: { readonly id: string; readonly type: SymbolMessage['type'] },
): Promise<Recalled> {
  const { id, type } = command;
  try {
    const row = await reader.journalRow(symbol, id);
    if (row !== undefined || type !== 'order') return { row };
    // An order goes by its command's id at the venue, where symbols share one book.
    const order = await reader.order(id);
    if (order === undefined || order.symbol === symbol) return { row };
    return {
      refusal: refuse(
        'INVALID',
        `id ${id} was used before for an order of ${order.symbol}: give every order its own id`,
        {
          id,
          symbol: order.symbol,
        },
      ),
    };
  } catch {
    return {
      refusal: refuse('UNAVAILABLE', 'the ledger can not be read at the moment: send the same command again'),
    };
  }
}
