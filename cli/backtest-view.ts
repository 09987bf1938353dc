/** A backtest as the tables people know from freqtrade. */
import type { BacktestReport, ExtremeJson, FiguresJson } from '../research/backtest/report.ts';
import type { PageTable } from '../research/page/page.ts';
import { duration, grouped, labelled, table } from './table.ts';

const NONE = 'N/A';

export function backtestText(report: BacktestReport): string {
  const tables = backtestTables(report).map(({ title, headers, rows }) => {
    const body = rows.length === 0 ? 'none' : table(headers, rows, headers.slice(1));
    return section(title, body);
  });
  const parts = [...tables, section('Data', dataNotes(report)), section('Summary', labelled(summary(report)))];
  return `${parts.join('\n\n')}\n`;
}

/** Every table of a backtest, for terminal and page. */
export function backtestTables(report: BacktestReport): PageTable[] {
  return [
    { title: 'Symbols', ...figuresTable('symbol', report.symbols, ({ symbol }) => symbol) },
    { title: 'Exits', ...figuresTable('reason', report.exits, ({ reason }) => reason) },
    { title: 'Regimes at entry', ...figuresTable('regime', report.regimes, ({ regime }) => regime) },
    { title: 'Why entries were not made', ...funnelTable(report.funnel) },
    { title: 'Entries the account refused', headers: ['code', 'entries'], rows: counted(report.refusals) },
    { title: 'Warnings', headers: ['warning', 'times'], rows: counted(report.warnings) },
    { title: 'Recordings', ...dataTable(report) },
  ];
}

/** The figures of the whole run, for the page. */
export function summaryTable(report: BacktestReport): PageTable {
  const rows = summary(report).filter((pair): pair is [string, string] => pair[1] !== null);
  return { title: 'Summary', headers: ['figure', 'value'], rows };
}

type Cells = Pick<PageTable, 'headers' | 'rows'>;

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}

function figuresTable<Row extends FiguresJson>(
  name: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): Cells {
  return {
    headers: [name, 'trades', 'mean %', 'profit', 'profit %', 'mean time', 'win', 'draw', 'loss', 'win %', 'fees'],
    rows: rows.map((row) => [
      nameOf(row),
      String(row.trades),
      percent(row.meanReturn),
      money(row.profit),
      percent(row.return),
      row.meanDurationMs === null ? NONE : duration(row.meanDurationMs),
      String(row.wins),
      String(row.draws),
      String(row.losses),
      percent(row.winRate, 1),
      money(row.fees),
    ]),
  };
}

/** A row a check, a column a regime: of all closes without a position, how many each check stopped. */
function funnelTable(funnel: BacktestReport['funnel']): Cells {
  const cells = Object.entries(funnel).map(([key, count]) => {
    const [regime = '', reason = ''] = key.split('/');
    return { regime, reason, count };
  });
  const regimes = [...new Set(cells.map(({ regime }) => regime))];
  const reasons = [...new Set(cells.map(({ reason }) => reason))];
  const sum = (kept: (cell: (typeof cells)[number]) => boolean) =>
    cells.filter(kept).reduce((total, { count }) => total + count, 0);
  const all = sum(() => true);
  const rows = reasons
    .map((reason) => ({ reason, total: sum((cell) => cell.reason === reason) }))
    .sort((a, b) => b.total - a.total)
    .map(({ reason, total }) => [
      reason,
      ...regimes.map((regime) => count(sum((cell) => cell.reason === reason && cell.regime === regime))),
      count(total),
      percent(total / all, 2),
    ]);
  const headers = ['stopped by', ...regimes, 'all', 'share'];
  const totals = [
    'all closes',
    ...regimes.map((regime) => count(sum((cell) => cell.regime === regime))),
    count(all),
    '',
  ];
  return { headers, rows: [...rows, totals] };
}

function counted(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts).map(([name, times]) => [name, count(times)]);
}

function dataTable({ data }: BacktestReport): Cells {
  return {
    headers: ['symbol', 'from', 'to', 'candles', 'warm-up', 'missing', 'doubles', 'contradictions', 'market'],
    rows: data.symbols.map((row) => [
      row.symbol,
      minute(row.from),
      minute(row.to),
      count(row.candles),
      count(row.warmUp),
      count(row.missingMinutes),
      count(row.duplicates),
      count(row.contradictions),
      percent(row.marketChange),
    ]),
  };
}

/** What had to be put right, in sentences. */
function dataNotes({ data }: BacktestReport): string {
  const notes = data.symbols.flatMap(({ symbol, missingMinutes, duplicates, contradictions }) => [
    ...(missingMinutes > 0 ? [`${symbol}: ${count(missingMinutes)} minutes without a candle were taken as flat`] : []),
    ...(duplicates > 0 ? [`${symbol}: ${count(duplicates)} rows were there twice and were used once`] : []),
    ...(contradictions > 0
      ? [`${symbol}: ${count(contradictions)} candles gave way to another one of their minute`]
      : []),
  ]);
  if (data.outOfOrder > 0) notes.push(`${count(data.outOfOrder)} rows were out of order and were sorted`);
  return notes.length === 0 ? 'without gaps, doubles or disorder' : notes.join('\n');
}

function summary({ settings, summary: s }: BacktestReport): (readonly [string, string | null])[] {
  const { drawdown } = s;
  return [
    ['preset', `${settings.preset} (${settings.parameters})`],
    ['fees, slippage, risk', `${settings.fees} %, ${settings.slippage} bp, ${settings.risk}`],
    ['decided from', minute(s.from)],
    ['to', `${minute(s.to)} (${count(s.days)} days)`],
    ['trades', `${count(s.trades)} (${number(s.tradesPerDay)} a day)`],
    ['start balance', money(s.startBalance)],
    ['final balance', `${money(s.finalBalance)}${s.openPositions > 0 ? ` (${s.openPositions} open, at market)` : ''}`],
    ['total return', percent(s.totalReturn)],
    ['yearly return', percent(s.yearlyReturn)],
    ['profit of trades', money(s.profit)],
    ['fees of trades', money(s.fees)],
    ['profit factor', number(s.profitFactor)],
    ['expectancy (ratio)', `${s.expectancy === null ? NONE : money(s.expectancy)} (${number(s.expectancyRatio)})`],
    ['Sharpe', number(s.sharpe)],
    ['Sortino', number(s.sortino)],
    ['Calmar', number(s.calmar)],
    ['max drawdown', drawdown === null ? 'none' : `${percent(drawdown.relative)}, ${money(drawdown.absolute)}`],
    ['drawdown from', drawdown === null ? null : `${minute(drawdown.from)}, lowest ${minute(drawdown.low)}`],
    [
      'drawdown over',
      drawdown === null ? null : `${minute(drawdown.recovered ?? null, 'not yet')} (${duration(drawdown.durationMs)})`,
    ],
    ['win / draw / loss', `${s.wins} / ${s.draws} / ${s.losses} (${percent(s.winRate, 1)} won)`],
    ['longest streaks', `${s.streaks.wins} wins, ${s.streaks.losses} losses`],
    ['best trade', extreme(s.best)],
    ['worst trade', extreme(s.worst)],
    ['market change', percent(s.marketChange)],
  ];
}

function extreme(found: ExtremeJson | null): string {
  if (found === null) return NONE;
  return `${percent(found.return)} ${found.symbol} ${minute(found.entryTime)} (${money(found.profit)})`;
}

function percent(share: number | null, places = 2): string {
  return share === null ? NONE : `${(share * 100).toFixed(places)} %`;
}

function number(value: number | null): string {
  return value === null ? NONE : value.toFixed(2);
}

function count(value: number): string {
  return grouped(String(value));
}

/** With two decimals: exact to the last unit it stands in the JSON. */
function money(decimal: string): string {
  return grouped(Number(decimal).toFixed(2));
}

function minute(time: string | null, otherwise: string = NONE): string {
  return time === null ? otherwise : time.slice(0, 16).replace('T', ' ');
}
