/** Several recordings as one, by time. Each is read only as far as the merge has come. */
import type { RecordedRow } from './recorded-row.ts';

/** Rows handed on at once; keeps the cost of asynchronous iteration away from the single row. */
const BATCH_ROWS = 1_024;

/** Each recording is in order of time; rows of one time come in the order of the recordings. */
export async function* mergeByTime(
  recordings: readonly AsyncGenerator<readonly RecordedRow[]>[],
): AsyncGenerator<readonly RecordedRow[]> {
  const [only, ...others] = recordings;
  if (only !== undefined && others.length === 0) return yield* only;
  const cursors = recordings.map((recording) => new Cursor(recording));
  try {
    for (const cursor of cursors) await cursor.load();
    let batch: RecordedRow[] = [];
    for (let next = earliest(cursors); next !== undefined; next = earliest(cursors)) {
      batch.push(next.row);
      if (!next.cursor.advance()) await next.cursor.load();
      if (batch.length >= BATCH_ROWS) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const recording of recordings) await recording.return(undefined);
  }
}

class Cursor {
  private readonly recording: AsyncGenerator<readonly RecordedRow[]>;
  private rows: readonly RecordedRow[] = [];
  private index = 0;

  constructor(recording: AsyncGenerator<readonly RecordedRow[]>) {
    this.recording = recording;
  }

  /** Undefined at the end, and while the next batch is not loaded. */
  get head(): RecordedRow | undefined {
    return this.rows[this.index];
  }

  /** False when the next batch has to be loaded. */
  advance(): boolean {
    this.index += 1;
    return this.index < this.rows.length;
  }

  async load(): Promise<void> {
    do {
      const { value, done } = await this.recording.next();
      this.rows = done ? [] : value;
      this.index = 0;
      if (done) return;
    } while (this.rows.length === 0);
  }
}

function earliest(cursors: readonly Cursor[]): { readonly cursor: Cursor; readonly row: RecordedRow } | undefined {
  let found: { cursor: Cursor; row: RecordedRow } | undefined;
  for (const cursor of cursors) {
    const row = cursor.head;
    if (row !== undefined && (found === undefined || row.at < found.row.at)) found = { cursor, row };
  }
  return found;
}
