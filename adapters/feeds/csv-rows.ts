/**
 * Recorded candles and trades in CSV with a header. The header says which of the two a file holds and where each value
 * stands; columns that mean nothing here (side, cost, …) are passed over.
 */
import { candleRow, checkSymbol, type Place, RecordedDataError, type RecordedRow, tradeRow } from './recorded-row.ts';
import { readLines, type TextLine } from './text-file.ts';
import { parseTimestamp, TIMESTAMP_FORMS } from './timestamps.ts';

/** Names a column may go by, the preferred one first; compared in lower case. */
const COLUMN_NAMES = {
  time: ['timestamp', 'ts_ms', 'ts_utc', 'ts', 'time', 'date', 'datetime', 'open_time'],
  symbol: ['market', 'symbol', 'code'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume'],
  price: ['price'],
  quantity: ['amount', 'quantity', 'volume', 'size'],
  tradeId: ['id', 'trade_id', 'sequential_id'],
} as const;

const EXPECTED_HEADER =
  'a header with timestamp,open,high,low,close,volume (candles) or timestamp,price,amount (trades, with an optional id), ' +
  'and an optional market column';

type Column = keyof typeof COLUMN_NAMES;

/** Where each value stands in a line; −1 for a column the file does not have. */
type Positions = Readonly<Record<Column, number>>;

interface CsvLayout {
  readonly type: 'candle' | 'trade';
  readonly columns: number;
  readonly positions: Positions;
}

/** Rows in the order of the file. `symbol` names a file without a symbol column, and selects from one that has it. */
export async function* readCsvRows(path: string, symbol: string | undefined): AsyncGenerator<RecordedRow[]> {
  let layout: CsvLayout | undefined;
  for await (const lines of readLines(path)) {
    const rows: RecordedRow[] = [];
    for (const line of lines) {
      if (layout === undefined) {
        layout = csvLayout(line, path);
      } else {
        const row = parseCsvRow({ layout, line, path, symbol });
        if (row !== undefined) rows.push(row);
      }
    }
    if (rows.length > 0) yield rows;
  }
  if (layout === undefined) throw new RecordedDataError({ path }, `is empty; expected ${EXPECTED_HEADER}`);
}

export async function hasSymbolColumn(path: string): Promise<boolean> {
  for await (const [header] of readLines(path)) {
    if (header !== undefined) return csvLayout(header, path).positions.symbol >= 0;
  }
  throw new RecordedDataError({ path }, `is empty; expected ${EXPECTED_HEADER}`);
}

function csvLayout(header: TextLine, path: string): CsvLayout {
  const names = splitLine(header.text).map((name) => name.toLowerCase());
  const positions = Object.fromEntries(
    Object.entries(COLUMN_NAMES).map(([column, known]) => {
      const found = known.map((name) => names.indexOf(name)).find((index) => index >= 0);
      return [column, found ?? -1];
    }),
  ) as Positions;
  const has = (...columns: Column[]): boolean => columns.every((column) => positions[column] >= 0);
  if (has('time', 'open', 'high', 'low', 'close', 'volume'))
    return { type: 'candle', columns: names.length, positions };
  if (has('time', 'price', 'quantity')) return { type: 'trade', columns: names.length, positions };
  throw new RecordedDataError(
    { path, line: header.number },
    `header is "${header.text.slice(0, 120)}"; expected ${EXPECTED_HEADER}`,
  );
}

interface CsvLine {
  readonly layout: CsvLayout;
  readonly line: TextLine;
  readonly path: string;
  readonly symbol: string | undefined;
}

/** Undefined when the line is of a symbol that was not asked for. */
function parseCsvRow({ layout, line, path, symbol: wanted }: CsvLine): RecordedRow | undefined {
  const place: Place = { path, line: line.number };
  const { positions } = layout;
  const values = splitLine(line.text);
  if (values.length !== layout.columns) {
    throw new RecordedDataError(place, `${values.length} values, the header names ${layout.columns} columns`);
  }
  let symbol = wanted;
  if (positions.symbol >= 0) {
    symbol = values[positions.symbol] ?? '';
    if (wanted !== undefined && symbol !== wanted) return undefined;
    checkSymbol(symbol, place);
  }
  if (symbol === undefined) throw new RecordedDataError(place, 'neither the file nor the source names a symbol');

  const timeText = values[positions.time] ?? '';
  const at = parseTimestamp(timeText);
  if (at === undefined) throw new RecordedDataError(place, `"${timeText}" is not a time; expected ${TIMESTAMP_FORMS}`);
  if (layout.type === 'candle') {
    const candle = {
      openTime: at,
      open: numberAt('open', values, positions, place),
      high: numberAt('high', values, positions, place),
      low: numberAt('low', values, positions, place),
      close: numberAt('close', values, positions, place),
      volume: numberAt('volume', values, positions, place),
    };
    return candleRow(symbol, candle, place);
  }
  const price = numberAt('price', values, positions, place);
  const quantity = numberAt('quantity', values, positions, place);
  // Without an id of its own a trade is what it says: the same time, price and quantity again is the same trade again.
  const tradeId = positions.tradeId >= 0 ? (values[positions.tradeId] ?? '') : `${timeText}/${price}/${quantity}`;
  if (tradeId === '') throw new RecordedDataError(place, 'the trade has no id');
  return tradeRow(symbol, { tradeId, price, quantity, at }, place);
}

function numberAt(column: Column, values: readonly string[], positions: Positions, place: Place): number {
  const text = values[positions[column]] ?? '';
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new RecordedDataError(place, `${column} is "${text}", a number is expected`);
  return value;
}

const NEEDS_CARE = /"|\s,|,\s|^\s|\s$/;

function splitLine(text: string): string[] {
  const values = text.split(',');
  if (!NEEDS_CARE.test(text)) return values;
  return values.map((value) => {
    const bare = value.trim();
    return bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
  });
}
