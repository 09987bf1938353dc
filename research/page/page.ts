/** A backtest as one page that needs nothing else: curves, candles with entries and exits, tables; light and dark. */
import type { ClosedTradeJson } from '../../domain/trade.ts';
import type { BacktestOutcome } from '../backtest/backtest.ts';
import type { BacktestReport } from '../backtest/report.ts';
import { candleChart, equityChart, type TradeMark } from './chart.ts';
import { escaped, tableMarkup } from './markup.ts';

/** A titled table as the command line shows it, so that page and terminal say the same. */
export interface PageTable {
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #6a737d; --ground: #fff; --line: #d8dee4; --up: #1a7f4b; --down: #c2352b; --mark: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe4ea; --soft: #949ea9; --ground: #14181d; --line: #303840; --up: #4cc38a; --down: #f2695f; --mark: #6cb0ff; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th[scope=row], th:first-child { text-align: left; font-weight: 500; } thead th { color: var(--soft); }
figure { margin: 1.5rem 0; } figcaption { color: var(--soft); } svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 11px; } .grid { stroke: var(--line); stroke-width: .5; }
.line, .fall { fill: none; stroke: var(--mark); stroke-width: 1.5; } .fall { stroke: var(--down); }
.up { stroke: var(--up); fill: var(--up); } .down { stroke: var(--down); fill: var(--down); } .up, .down { stroke-width: .6; opacity: .8; }
.mark { stroke: var(--ground); } .entry { fill: var(--mark); } .win { fill: var(--up); } .loss { fill: var(--down); }
`;

const TRADE_HEADERS = [
  'symbol',
  'entry',
  'exit',
  'entry price',
  'exit price',
  'quantity',
  'profit',
  'reason',
  'regime',
];

export function backtestPage(report: BacktestReport, outcome: BacktestOutcome, tables: readonly PageTable[]): string {
  const { settings, summary, trades } = report;
  const names = outcome.spans.map(({ symbol }) => symbol).join(', ');
  const title = `Backtest: ${names}, ${settings.preset}`;
  const charts = outcome.spans.map(({ symbol, hours }) =>
    candleChart(symbol, hours, trades.filter((trade) => trade.symbol === symbol).flatMap(marksOf)),
  );
  const parts = [
    `<h1>${escaped(title)}</h1><p>${summary.from.slice(0, 16)} to ${summary.to.slice(0, 16)} UTC</p>`,
    equityChart(outcome.curve.hours),
    ...charts,
    ...tables.map((one) => `<h2>${escaped(one.title)}</h2>${tableMarkup(one.headers, one.rows)}`),
    `<h2>Trades</h2>${tableMarkup(TRADE_HEADERS, trades.map(tradeCells))}`,
  ];
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>` +
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>` +
    `<body>\n${parts.join('\n')}\n</body></html>\n`
  );
}

function marksOf({ entryTime, exitTime, entryPrice, exitPrice, profit, reason }: ClosedTradeJson): TradeMark[] {
  const isWin = Number(profit) > 0;
  return [
    {
      at: Date.parse(entryTime),
      price: Number(entryPrice),
      side: 'entry',
      label: `entry ${entryTime} at ${entryPrice}`,
    },
    {
      at: Date.parse(exitTime),
      price: Number(exitPrice),
      side: isWin ? 'win' : 'loss',
      label: `${reason} ${exitTime} at ${exitPrice}: ${profit}`,
    },
  ];
}

function tradeCells(trade: ClosedTradeJson): string[] {
  const minute = (time: string) => time.slice(0, 16).replace('T', ' ');
  return [
    trade.symbol,
    minute(trade.entryTime),
    minute(trade.exitTime),
    trade.entryPrice,
    trade.exitPrice,
    trade.quantity,
    trade.profit,
    trade.reason,
    trade.regime,
  ];
}
