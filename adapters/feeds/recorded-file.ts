/**
 * One file of recorded market data, whatever its format: which symbol it is about, and its rows in the order of time.
 */
import { basename } from 'node:path';
import { hasSymbolColumn, readCsvRows } from './csv-rows.ts';
import { jsonNamesSymbols, readJsonRows } from './json-rows.ts';
import { inOneDirection } from './one-direction.ts';
import { checkSymbol, RecordedDataError, type RecordedRow } from './recorded-row.ts';
import { firstCharacter } from './text-file.ts';
import { inTimeOrder } from './time-order.ts';

export interface FileSource {
  readonly path: string;
  /** Names the symbol of a file that does not say it, and selects one from a file with several. */
  readonly symbol?: string;
}

export interface RecordedFile {
  readonly path: string;
  readonly format: 'csv' | 'json';
  /** Undefined when the rows name their symbols themselves and all are wanted. */
  readonly symbol: string | undefined;
}

/** "KRW-BTC-1m.csv.gz" and "KRW_BTC.json" are about KRW-BTC. */
const SYMBOL_IN_NAME = /^([a-z0-9]{2,10})[-_]([a-z0-9]{1,15})(?=[-_.]|$)/i;

/** Reads as much of the file as tells format and symbol. Rejects with RecordedDataError when neither can be told. */
export async function recognizeFile(source: FileSource): Promise<RecordedFile> {
  const { path } = source;
  const first = await firstCharacter(path);
  const format = first === '[' || first === '{' ? 'json' : 'csv';
  if (source.symbol !== undefined) return { path, format, symbol: checkSymbol(source.symbol, { path }) };
  const namesSymbols = format === 'json' ? await jsonNamesSymbols(path) : await hasSymbolColumn(path);
  return { path, format, symbol: namesSymbols ? undefined : symbolFromName(path) };
}

/**
 * All rows by time, rows of one time in the order of the file. Unpacks, parses and sorts as it goes. `disorder`: whether
 * candles that turn back in time are sorted like trades, or refused.
 */
export function readRecordedFile(
  file: RecordedFile,
  disorder: 'sort' | 'refuse',
  onDisorder: () => void,
): AsyncGenerator<RecordedRow[]> {
  if (disorder === 'sort') return inTimeOrder(rowsOf(file), onDisorder);
  return inOneDirection(rowsOf(file), { isOneSymbol: file.symbol !== undefined, onDisorder });
}

async function* rowsOf({ path, format, symbol }: RecordedFile): AsyncGenerator<RecordedRow[]> {
  if (format === 'csv') yield* readCsvRows(path, symbol);
  else yield await readJsonRows(path, symbol);
}

function symbolFromName(path: string): string {
  const match = SYMBOL_IN_NAME.exec(basename(path));
  if (!match) {
    throw new RecordedDataError(
      { path },
      'neither the file nor its name says which symbol it is about; name the symbol',
    );
  }
  return `${match[1]}-${match[2]}`.toUpperCase();
}
