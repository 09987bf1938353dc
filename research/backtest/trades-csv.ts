/** Closed trades as CSV: the names of their JSON as header, a line each, decimals and times as they stand there. */
import type { ClosedTradeJson } from '../../domain/trade.ts';

const COLUMNS: readonly (keyof ClosedTradeJson)[] = [
  'symbol',
  'entryTime',
  'exitTime',
  'entryPrice',
  'exitPrice',
  'quantity',
  'profit',
  'fees',
  'reason',
  'regime',
];

export function tradesCsv(trades: readonly ClosedTradeJson[]): string {
  // Symbols, reasons, times and decimals hold neither commas nor quotes.
  const lines = trades.map((trade) => COLUMNS.map((column) => trade[column]).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
