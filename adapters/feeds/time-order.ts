/**
 * Rows by time out of rows in arrival order. Recordings are a little out of order (trades of a burst, markets fetched
 * one after the other) or newest first; a bounded window puts that right. What lies further back than the window
 * reaches is refused with its line, never used and never dropped in silence.
 */
import { describeTime, RecordedDataError, type RecordedRow } from './recorded-row.ts';

/** A row may be this many rows late. A file that is no longer than this is sorted whatever its order. */
const REORDER_ROWS_MAX = 65_536;

/** Rows of one time keep their order. `onDisorder` is called for each row that is earlier than the one before it. */
export async function* inTimeOrder(
  batches: AsyncIterable<readonly RecordedRow[]>,
  onDisorder: () => void,
  windowRows: number = REORDER_ROWS_MAX,
): AsyncGenerator<RecordedRow[]> {
  let waiting: RecordedRow[] = [];
  let previousAt = Number.NEGATIVE_INFINITY;
  let emittedAt = Number.NEGATIVE_INFINITY;
  let sorted = true;
  const sort = (): void => {
    if (!sorted) waiting.sort((one, other) => one.at - other.at);
    sorted = true;
  };
  for await (const batch of batches) {
    for (const row of batch) {
      if (row.at < emittedAt) {
        throw new RecordedDataError(
          row.place,
          `${describeTime(row.at)} comes more than ${windowRows} rows too late; sort the file by time`,
        );
      }
      if (row.at < previousAt) onDisorder();
      if (row.at < (waiting.at(-1)?.at ?? emittedAt)) sorted = false;
      previousAt = row.at;
      waiting.push(row);
    }
    // Sorting at twice the window costs each row two sorts at most, and needs no heap.
    if (waiting.length >= 2 * windowRows) {
      sort();
      const ready = waiting.slice(0, -windowRows);
      waiting = waiting.slice(-windowRows);
      emittedAt = ready.at(-1)?.at ?? emittedAt;
      yield ready;
    }
  }
  sort();
  if (waiting.length > 0) yield waiting;
}
