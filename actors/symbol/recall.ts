/** What the ledger knows of a command's id before the command is handled: its row, or why the id can't be used. */
import { type ErrorReply, refuse } from '../../protocol/errors.ts';
import type { LedgerReader, StoredRow } from '../../protocol/ports/ledger.ts';
import type { SymbolMessage } from './messages.ts';

export type Recalled =
  | { readonly row: StoredRow | undefined; readonly refusal?: undefined }
  | { readonly refusal: ErrorReply };

/** Messages that are handled in the order of their arrival although the ledger is asked about some of them first. */
export function isRecalled(
  message: SymbolMessage,
): message is Extract<SymbolMessage, { request: unknown } | { type: 'get' }> {
  return 'request' in message || (message.type === 'get' && message.commandId !== undefined);
}

/** Never rejects: a ledger that can't be read is a refusal to try again later. */
export async function recall(
  reader: Pick<LedgerReader, 'journalRow' | 'order'>,
  symbol: string,
  message: SymbolMessage,
): Promise<Recalled> {
  // A question about a command only keeps its place behind the commands that are being looked up.
  if (!isRecalled(message) || message.type === 'get') return { row: undefined };
  const { type } = message;
  const { id } = message.request;
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
