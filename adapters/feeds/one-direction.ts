/**
 * Candles as a backtest takes them: a recording runs from old to new, or as a whole from new to old (as Upbit's REST
 * answers do). A candle that turns round is refused with its line: of a file that was put together wrongly nobody knows
 * which part is right. Trades come a little out of order from every venue; they are sorted.
 */
import { describeTime, RecordedDataError, type RecordedRow } from './recorded-row.ts';
import { inTimeOrder } from './time-order.ts';

interface Course {
  at: number;
  /** 1: towards later times; −1: towards earlier ones; 0: not known yet. */
  direction: number;
}

export interface OneDirectionOptions {
  /** All rows are of one symbol: what runs forward needs no sorting. */
  readonly isOneSymbol: boolean;
  /** Called for each trade that is earlier than the one before it. */
  readonly onDisorder: () => void;
}

/** Rows by time, rows of one time in the order of the file. */
export async function* inOneDirection(
  batches: AsyncIterable<RecordedRow[]>,
  { isOneSymbol, onDisorder }: OneDirectionOptions,
): AsyncGenerator<RecordedRow[]> {
  const rows = checked(batches);
  const { value: head } = await rows.next();
  if (head === undefined) return;
  const all = resumed(head, rows);
  if (isOneSymbol && runsForward(head)) yield* all;
  else yield* inTimeOrder(all, head[0]?.type === 'trade' ? onDisorder : () => undefined);
}

async function* checked(batches: AsyncIterable<RecordedRow[]>): AsyncGenerator<RecordedRow[], undefined> {
  const courses = new Map<string, Course>();
  for await (const batch of batches) {
    for (const row of batch) if (row.type === 'candle') follow(row, courses);
    yield batch;
  }
  return undefined;
}

function follow(row: RecordedRow, courses: Map<string, Course>): void {
  const course = courses.get(row.symbol);
  if (course === undefined) {
    courses.set(row.symbol, { at: row.at, direction: 0 });
    return;
  }
  const direction = Math.sign(row.at - course.at);
  if (direction !== 0 && course.direction === 0) course.direction = direction;
  if (direction === -course.direction && direction !== 0) {
    const turn = direction < 0 ? 'earlier' : 'later';
    throw new RecordedDataError(
      row.place,
      `the candle that closes at ${describeTime(row.at)} is ${turn} than the one before it (${describeTime(course.at)}), ` +
        'against the order of the file; sort it by time',
    );
  }
  course.at = row.at;
}

async function* resumed(head: RecordedRow[], rest: AsyncIterable<RecordedRow[]>): AsyncGenerator<RecordedRow[]> {
  yield head;
  yield* rest;
}

function runsForward(rows: readonly RecordedRow[]): boolean {
  return rows.every((row, index) => row.type === 'candle' && row.at >= (rows[index - 1]?.at ?? row.at));
}
