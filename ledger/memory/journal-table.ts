/** One row a change, by stream: in order of seq, without gaps, and each id once. */
import { invariant } from '../../domain/invariant.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';

interface Stream {
  readonly rows: StoredRow[];
  readonly byId: Map<string, StoredRow>;
}

export class JournalTable {
  readonly #streams = new Map<string, Stream>();

  append(row: StoredRow): void {
    let stream = this.#streams.get(row.symbol);
    if (stream === undefined) {
      stream = { rows: [], byId: new Map() };
      this.#streams.set(row.symbol, stream);
    }
    invariant(row.seq === stream.rows.length + 1, 'a stream has no gaps');
    invariant(!stream.byId.has(row.id), 'an id is accepted once per stream');
    stream.rows.push(row);
    stream.byId.set(row.id, row);
  }

  find(stream: string, id: string): StoredRow | undefined {
    return this.#streams.get(stream)?.byId.get(id);
  }

  after(stream: string, seq: number, limit: number): readonly StoredRow[] {
    // A row's place is its seq.
    const start = Math.max(seq, 0);
    return this.#streams.get(stream)?.rows.slice(start, start + limit) ?? [];
  }

  /** Every row, stream by stream. */
  *all(): Iterable<StoredRow> {
    for (const { rows } of this.#streams.values()) yield* rows;
  }

  /** The last seq; 0 for an empty stream. */
  head(stream: string): number {
    return this.#streams.get(stream)?.rows.length ?? 0;
  }
}
