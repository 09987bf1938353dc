/** Journal rows in the format of `COPY … WITH (FORMAT binary)`, as Postgres documents it ("COPY", "Binary Format"). */
import type { Fill, Position } from '../../domain/position.ts';
import { BinaryArray, ELEMENT } from '../../ledger/postgres/binary-array.ts';
import { requestText } from '../ledger/contenders/statements.ts';
import type { BenchFill } from '../ledger/load.ts';

export interface CopiedRow {
  readonly fill: BenchFill;
  readonly seq: number;
  readonly priced: Fill;
  readonly after: Position;
  /** When the position was opened, which a row of the engine tells. */
  readonly openedAt: number;
}

export const COPY_JOURNAL = `copy journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed,
  realized, quantity_after, cost_after, realized_after, request, body) from stdin with (format binary)`;
const COLUMNS = 17;

/** Signature, flags, length of the header extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
const COLUMN_COUNT = Buffer.from([0, COLUMNS]);
/** Fields of a tuple are written like the elements of an array: length, then value. Only what comes before differs. */
const ARRAY_HEADER_BYTES = 20;

/** A whole COPY of these rows. */
export function encodeCopy(rows: readonly CopiedRow[]): Buffer {
  const parts: Buffer[] = [HEADER];
  for (const row of rows) parts.push(COLUMN_COUNT, encodeFields(row));
  parts.push(TRAILER);
  return Buffer.concat(parts);
}

function encodeFields({ fill, seq, priced, after, openedAt }: CopiedRow): Buffer {
  const fields = new BinaryArray(ELEMENT.text);
  fields.text(fill.symbol);
  fields.int8(seq);
  fields.uuid(fill.id);
  fields.text('fill');
  fields.timestamp(fill.at);
  fields.text(fill.side);
  fields.numeric(priced.quantity);
  fields.numeric(priced.price);
  fields.numeric(priced.notional);
  fields.numeric(priced.fee);
  fields.numeric(priced.costRemoved);
  fields.numeric(priced.realized);
  fields.numeric(after.quantity);
  fields.numeric(after.cost);
  fields.numeric(after.realizedPnl);
  fields.text(requestText(fill));
  fields.text(JSON.stringify({ regime: null, highWaterMark: null, openedAt }));
  return fields.finish().subarray(ARRAY_HEADER_BYTES);
}
