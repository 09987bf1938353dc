/**
 * Recorded minute candles in JSON: answers of Upbit's REST interface as they were sent (an array of objects, newest
 * first) and freqtrade's arrays `[milliseconds, open, high, low, close, volume]`.
 */
import { candleRow, checkSymbol, type Place, RecordedDataError, type RecordedRow } from './recorded-row.ts';
import { readWhole } from './text-file.ts';
import { fromEpochNumber, parseTimestamp } from './timestamps.ts';

/** JSON is parsed in one piece; about 1.5 million candles. Above it the file is refused. */
const JSON_CHARACTERS_MAX = 268_435_456;

const EXPECTED_JSON =
  'an array of Upbit minute candles ({"market":…,"candle_date_time_utc":…,"opening_price":…,…}) ' +
  'or of freqtrade candles ([milliseconds, open, high, low, close, volume])';

/** Entries in the order of the file. `symbol` names freqtrade candles, and selects from Upbit's. */
export async function readJsonRows(path: string, symbol: string | undefined): Promise<RecordedRow[]> {
  const text = await readWhole(path, JSON_CHARACTERS_MAX);
  const entries = parseArray(text, path);
  // Only an error needs a line number, so it is found only then.
  const placeOf = (index: number): Place => ({ path, line: lineOfEntry(text, index) });
  const rows: RecordedRow[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = lazyPlace(path, () => placeOf(index));
    if (Array.isArray(entry)) {
      rows.push(freqtradeRow(entry, symbol, place));
    } else if (entry !== null && typeof entry === 'object') {
      const row = upbitRow(entry as Readonly<Record<string, unknown>>, symbol, place);
      if (row !== undefined) rows.push(row);
    } else {
      throw new RecordedDataError(place, `found ${JSON.stringify(entry)}; expected ${EXPECTED_JSON}`);
    }
  }
  return rows;
}

/** Whether the entries name their own symbol (Upbit's do). */
export async function jsonNamesSymbols(path: string): Promise<boolean> {
  const [first] = parseArray(await readWhole(path, JSON_CHARACTERS_MAX), path);
  return first !== undefined && !Array.isArray(first);
}

function parseArray(text: string, path: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = (cause as Error).message;
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    throw new RecordedDataError({ path, line: lineAt(text, position) }, `is not JSON (${message})`, { cause });
  }
  if (!Array.isArray(value)) throw new RecordedDataError({ path, line: 1 }, `expected ${EXPECTED_JSON}`);
  return value;
}

function freqtradeRow(entry: readonly unknown[], symbol: string | undefined, place: Place): RecordedRow {
  if (entry.length < 6 || !entry.slice(0, 6).every((value) => typeof value === 'number')) {
    throw new RecordedDataError(
      place,
      `found ${JSON.stringify(entry)}; expected [milliseconds, open, high, low, close, volume]`,
    );
  }
  const [time, open, high, low, close, volume] = entry as [number, number, number, number, number, number];
  const openTime = fromEpochNumber(time);
  if (openTime === undefined) throw new RecordedDataError(place, `${time} is not a time in milliseconds since 1970`);
  if (symbol === undefined) throw new RecordedDataError(place, 'neither the file nor the source names a symbol');
  return candleRow(symbol, { openTime, open, high, low, close, volume }, place);
}

function upbitRow(
  entry: Readonly<Record<string, unknown>>,
  wanted: string | undefined,
  place: Place,
): RecordedRow | undefined {
  const { market, candle_date_time_utc: time, unit } = entry;
  if (typeof market !== 'string' || typeof time !== 'string') {
    throw new RecordedDataError(place, `found ${JSON.stringify(entry).slice(0, 120)}; expected ${EXPECTED_JSON}`);
  }
  if (wanted !== undefined && market !== wanted) return undefined;
  if (unit !== undefined && unit !== 1) {
    throw new RecordedDataError(place, `candles of ${String(unit)} minutes; 1-minute candles are expected`);
  }
  const openTime = parseTimestamp(time);
  if (openTime === undefined) throw new RecordedDataError(place, `"${time}" is not a UTC time`);
  const number = (name: string): number => {
    const value = entry[name];
    if (typeof value !== 'number') {
      throw new RecordedDataError(place, `${name} is ${JSON.stringify(value)}, a number is expected`);
    }
    return value;
  };
  const candle = {
    openTime,
    open: number('opening_price'),
    high: number('high_price'),
    low: number('low_price'),
    close: number('trade_price'),
    volume: number('candle_acc_trade_volume'),
  };
  return candleRow(checkSymbol(market, place), candle, place);
}

function lazyPlace(path: string, find: () => Place): Place {
  return {
    path,
    get line() {
      return find().line;
    },
  };
}

/** The line on which the entry of the outer array begins. The text is known to be valid JSON. */
function lineOfEntry(text: string, index: number): number {
  let depth = 0;
  let commas = 0;
  let inText = false;
  let position = 0;
  for (; position < text.length; position += 1) {
    const character = text[position];
    if (inText) {
      if (character === '\\') position += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') {
      inText = true;
    } else if (character === '[' || character === '{') {
      depth += 1;
      if (depth === 1 && index === 0) break;
    } else if (character === ']' || character === '}') {
      depth -= 1;
    } else if (character === ',' && depth === 1) {
      commas += 1;
      if (commas === index) break;
    }
  }
  const start = position + 1 + text.slice(position + 1).search(/\S/);
  return lineAt(text, start);
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index >= 0 && index < position; index = text.indexOf('\n', index + 1)) line += 1;
  return line;
}
