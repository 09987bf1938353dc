import { describe, expect, it } from 'vitest';
import type { RecordedRow } from '../../../adapters/feeds/recorded-row.ts';
import { inTimeOrder } from '../../../adapters/feeds/time-order.ts';

function row(at: number, line: number): RecordedRow {
  const trade = { tradeId: String(line), price: 1, quantity: 1, at };
  return { type: 'trade', symbol: 'KRW-BTC', at, trade, place: { path: 'trades.csv', line } };
}

async function sorted(times: readonly number[], windowRows: number, batchRows: number) {
  let disorder = 0;
  async function* batches() {
    const rows = times.map((at, index) => row(at, index + 2));
    for (let start = 0; start < rows.length; start += batchRows) yield rows.slice(start, start + batchRows);
  }
  const rows: RecordedRow[] = [];
  const count = (): void => {
    disorder += 1;
  };
  for await (const batch of inTimeOrder(batches(), count, windowRows)) rows.push(...batch);
  return { times: rows.map(({ at }) => at), lines: rows.map(({ place }) => place.line), disorder };
}

describe('rows by time', () => {
  it('puts late rows where they belong, whatever batches they come in', async () => {
    const times = Array.from({ length: 200 }, (_, index) => index + (index % 5 === 0 ? 7 : 0));
    const expected = [...times].sort((one, other) => one - other);
    for (const batchRows of [1, 3, 10, 200]) {
      expect((await sorted(times, 10, batchRows)).times).toEqual(expected);
    }
  });

  it('keeps the order of the file within one time', async () => {
    expect((await sorted([5, 3, 5, 3], 4, 2)).lines).toEqual([3, 5, 2, 4]);
  });

  it('counts each row that is earlier than the one before it', async () => {
    expect((await sorted([1, 5, 2, 6, 3], 10, 10)).disorder).toBe(2);
  });

  it('refuses a row that comes later than the window reaches, with its line', async () => {
    const times = [...Array.from({ length: 12 }, (_, index) => 100 + index), 1];
    await expect(sorted(times, 5, 1)).rejects.toThrow('trades.csv:14: 1970-01-01T00:00:00.001Z comes more than 5 rows');
  });
});
