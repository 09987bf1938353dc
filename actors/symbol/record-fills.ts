/**
 * Fills recorded from outside: executions that happened elsewhere. Facts, so neither pause nor halt refuses them; but
 * they need free cash or free quantity, or nothing changes.
 *
 * An id that the ledger knows gets its first answer. A fill that can be executed asks the ledger by its commit; one that
 * can't (or came after its deadline) is looked up before it is refused: what it sold or bought may be the reason why it
 * can't (I3).
 */
import { formatDecimal } from '../../domain/money.ts';
import { cashDelta, type Position, priceFill } from '../../domain/position.ts';
import { type ErrorReply, type Reply, refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import type { FillRequest } from '../../protocol/messages.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import { pastDeadline } from './decode.ts';
import type { FillItem } from './messages.ts';
import type { SymbolState } from './state.ts';
import { followPosition, trackTrade } from './trade.ts';
import type { Turn } from './turn.ts';
import { positionViewOf } from './view.ts';

interface RefusedFill {
  readonly index: number;
  readonly request: FillRequest;
  readonly fingerprint: string;
}

/** What became of the fills of a message: the row of each that is recorded, the answer to each of the others. */
export interface FillResults {
  readonly results: readonly (StoredRow | Reply)[];
  readonly batch: boolean;
}

/** What is answered to a message with refused fills, but for those the ledger knows. */
export interface RefusedFills extends FillResults {
  readonly fills: readonly RefusedFill[];
}

export function recordFills(turn: Turn, items: readonly FillItem[], batch: boolean): void {
  const fills: RefusedFill[] = [];
  const results = items.map((item, index): StoredRow | Reply => {
    if ('ok' in item) return item;
    const fingerprint = requestFingerprint(item);
    const earlier = turn.known(item.id) ?? turn.undecided(item.id);
    if (earlier !== undefined) return repeated(earlier, item, fingerprint);
    const refusal = pastDeadline(item, turn.receivedAt) ?? shortage(turn, item);
    if (refusal === undefined) return recordFill(turn, item, fingerprint);
    fills.push({ index, request: item, fingerprint });
    return refusal;
  });
  if (fills.length === 0) {
    turn.recorded = { results, batch };
    return;
  }
  const { symbol } = turn.settings;
  const key = contentId('fills', symbol, ...items.map((item) => ('ok' in item ? '' : item.id)), ...fills.map(identity));
  turn.awaits = key;
  turn.addEffect({ type: 'confirm', key, refused: { fills, results, batch } });
}

/** The answer, given the rows the ledger holds under the ids of the refused fills, in their order. */
export function confirmedReply(refused: RefusedFills, rows: readonly (StoredRow | undefined)[]): Reply {
  const results = [...refused.results];
  refused.fills.forEach(({ index, request, fingerprint }, position) => {
    const row = rows[position];
    if (row !== undefined) results[index] = repeated(row, request, fingerprint);
  });
  return fillsReply({ results, batch: refused.batch });
}

/** The answer to the fills of a message, told from their rows: written when it is let out, and never for what turns out void. */
export function fillsReply({ results, batch }: FillResults): Reply {
  return batch ? { ok: true, results: results.map(fillReply) } : fillReply(results[0] as StoredRow | Reply);
}

function fillReply(result: StoredRow | Reply): Reply {
  return 'ok' in result ? result : recordedReply(result);
}

function recordedReply(row: StoredRow): Reply {
  return { ok: true, version: row.seq, position: positionViewOf(row) };
}

function identity({ request, fingerprint }: RefusedFill): string {
  return `${request.id} ${fingerprint}`;
}

function recordFill(turn: Turn, request: FillRequest, fingerprint: string): StoredRow {
  const before = turn.state;
  const at = request.at ?? turn.market.at ?? turn.receivedAt;
  const fill = turn.fill(
    { side: request.side, quantity: request.quantity, price: request.price, fee: request.fee ?? 0n },
    { id: request.id, at, orderId: null, request: fingerprint, reserved: null },
  );
  // What follows from the fill may add rows of its own.
  const row = turn.rows[turn.rows.length - 1] as StoredRow;
  trackTrade(turn, fill, at, 'EXTERNAL');
  followPosition(turn, before.position);
  return row;
}

/** Same id: the same answer for the same command, INVALID for another one. */
function repeated(row: StoredRow, request: FillRequest, fingerprint: string): Reply {
  // A request without a time matches the time the first one was given.
  const same = row.request === fingerprint || (request.at === undefined && row.request?.startsWith(`${fingerprint}|`));
  if (row.kind !== 'fill' || !same) {
    return refuse('INVALID', `id ${request.id} was used before for another command: give every command its own id`, {
      id: request.id,
      version: row.seq,
    });
  }
  return recordedReply(row);
}

function shortage(turn: Turn, request: FillRequest): ErrorReply | undefined {
  const { position } = turn.state;
  if (request.side === 'sell') {
    const free = freeQuantity(turn.state);
    if (request.quantity > free) {
      return refuse('INSUFFICIENT', `only ${formatDecimal(free)} can be sold: the position is smaller or in an order`, {
        quantity: formatDecimal(request.quantity),
        held: formatDecimal(position.quantity),
        free: formatDecimal(free),
      });
    }
  }
  if (turn.freeCash === undefined) return undefined;
  const needed = -cashDelta(priceFill(position, { ...request, fee: request.fee ?? 0n }));
  if (needed <= 0n || needed <= turn.freeCash) return undefined;
  return refuse('INSUFFICIENT', 'free cash does not cover this fill: deposit first, or release what is reserved', {
    needed: formatDecimal(needed),
    freeCash: formatDecimal(turn.freeCash),
  });
}

/** What may be sold: the position without what a sell order of ours may still take. */
export function freeQuantity(state: SymbolState): Position['quantity'] {
  const order = state.working?.order;
  if (order?.side !== 'sell' || order.quantity === undefined) return state.position.quantity;
  const inOrder = order.quantity - order.filledQuantity;
  return inOrder >= state.position.quantity ? 0n : state.position.quantity - inOrder;
}

function requestFingerprint(request: FillRequest): string {
  const { side, quantity, price, fee = 0n, at } = request;
  const timeless = `fill|${side}|${quantity}|${price}|${fee}`;
  return at === undefined ? timeless : `${timeless}|${at}`;
}
