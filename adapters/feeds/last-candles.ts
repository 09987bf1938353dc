/** Of several candles of one minute the last one in the files, for who says that later rows correct earlier ones. */
import type { RecordedRow } from './recorded-row.ts';
import { sameCandle } from './recorded-row.ts';

/** Rows come in order of time. `onDropped` is told of each candle that gives way to a later row, and whether they differ. */
export async function* lastCandles(
  batches: AsyncIterable<readonly RecordedRow[]>,
  onDropped: (row: RecordedRow, differs: boolean) => void,
): AsyncGenerator<RecordedRow[]> {
  let at = Number.NEGATIVE_INFINITY;
  /** Candles of the instant, in the order of their symbols' first rows. */
  let waiting = new Map<string, Extract<RecordedRow, { type: 'candle' }>>();
  for await (const batch of batches) {
    const ready: RecordedRow[] = [];
    for (const row of batch) {
      if (row.at > at) {
        ready.push(...waiting.values());
        waiting = new Map();
        at = row.at;
      }
      if (row.type === 'trade') {
        ready.push(row);
        continue;
      }
      const earlier = waiting.get(row.symbol);
      if (earlier !== undefined) onDropped(earlier, !sameCandle(earlier.candle, row.candle));
      waiting.set(row.symbol, row);
    }
    yield ready;
  }
  yield [...waiting.values()];
}
