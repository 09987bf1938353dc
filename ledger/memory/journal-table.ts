/** One row a change, by stream: in order of seq, without gaps, and each id once. */
import { invariant } from '../../domain/invariant.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';

interface Stream {
  /** Those after the last that was forgotten. */
  readonly rows: StoredRow[];
  readonly byId: Map<string, StoredRow>;
  /** Seq of the last row that was forgotten. */
  forgotten: number;
}

export class JournalTable {
  readonly #streams = new Map<string, Stream>();

  append(row: StoredRow): void {
    let stream = this.#streams.get(row.symbol);
    if (stream === undefined) {
      stream = { rows: [], byId: new Map(), forgotten: 0 };
      this.#streams.set(row.symbol, stream);
    }
    invariant(row.seq === stream.forgotten + stream.rows.length + 1, 'a stream has no gaps');
    invariant(!stream.byId.has(row.id), 'an id is accepted once per stream');
    stream.rows.push(row);
    stream.byId.set(row.id, row);
  }

  find(stream: string, id: string): StoredRow | undefined {
    return this.#streams.get(stream)?.byId.get(id);
  }

  after(stream: string, seq: number, limit: number): readonly StoredRow[] {
    const known = this.#streams.get(stream);
    if (known === undefined) return [];
    // A row's place is its seq.
    const start = Math.max(seq - known.forgotten, 0);
    return known.rows.slice(start, start + limit);
  }

  /** Every row, stream by stream. */
  *all(): Iterable<StoredRow> {
    for (const { rows } of this.#streams.values()) yield* rows;
  }

  /** The last seq; 0 for an empty stream. */
  head(stream: string): number {
    const known = this.#streams.get(stream);
    return known === undefined ? 0 : known.forgotten + known.rows.length;
  }

  /** Lets go of every row; the streams go on counting. */
  forget(): void {
    for (const stream of this.#streams.values()) {
      stream.forgotten += stream.rows.length;
      stream.rows.length = 0;
      stream.byId.clear();
    }
  }
}
