/** `backtest`: recorded files through the engine, and what came of it as tables, JSON, CSV and a page. */
import { writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RecordedDataError } from '../adapters/feeds/recorded-row.ts';
import { Recording } from '../adapters/feeds/recording.ts';
import { parseDecimal } from '../domain/money.ts';
import { canonicalPreset } from '../domain/preset.ts';
import { isoTime } from '../domain/time.ts';
import { TerminalError } from '../protocol/errors.ts';
import { fingerprint } from '../protocol/ids.ts';
import { Backtest, type BacktestOutcome } from '../research/backtest/backtest.ts';
import { type AskedFor, type BacktestReport, backtestReport } from '../research/backtest/report.ts';
import { tradesCsv } from '../research/backtest/trades-csv.ts';
import { backtestPage } from '../research/page/page.ts';
import { symbolSettings } from '../supervisors/roles/trading-parts.ts';
import { Progress } from './backtest-progress.ts';
import { type BacktestOptions, readBacktestSettings } from './backtest-settings.ts';
import { backtestTables, backtestText, summaryTable } from './backtest-view.ts';
import type { RawSettings } from './settings.ts';

export async function backtestCommand(flags: RawSettings): Promise<void> {
  const options = readBacktestSettings(flags, process.env);
  const { report, outcome } = await run(options).catch((error: unknown) => {
    if (error instanceof RecordedDataError) throw new TerminalError(error.message, { cause: error });
    throw error;
  });
  const { csv, html } = options;
  if (csv !== undefined) await write(csv, tradesCsv(report.trades));
  if (html !== undefined) {
    await write(html, backtestPage(report, outcome, [summaryTable(report), ...backtestTables(report)]));
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : backtestText(report));
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new TerminalError(`${path} can not be written: ${(cause as Error).message}`, { cause });
  }
}

interface Ran {
  readonly outcome: BacktestOutcome;
  readonly report: BacktestReport;
}

async function run(options: BacktestOptions): Promise<Ran> {
  const { sources, contradictions, from = 0, to = Number.POSITIVE_INFINITY, paper } = options;
  const recording = await Recording.open(sources, { disorder: 'refuse', contradictions });
  const { symbols, outOfOrder } = recording;
  const backtest = await Backtest.open({
    symbols: symbols.map(({ symbol }) => symbolSettings(options, symbol)),
    paper,
    balance: parseDecimal(paper.balance),
    limits: options.risk,
    riskSettings: options.riskSettings,
    from,
    to,
  });
  const start = Math.min(...symbols.map(({ coveredFrom }) => coveredFrom));
  const end = Math.min(to, Math.max(...symbols.map(({ coveredUntil }) => coveredUntil)));
  const progress = new Progress(start, end);
  for await (const batch of recording.events()) {
    await backtest.deliver(batch);
    progress.show(backtest.at);
    // Ctrl-C is heard between two batches.
    await nextTurn();
    if ((batch.at(-1)?.at ?? 0) > to) break;
  }
  progress.end();
  const outcome = backtest.finish();
  if (outcome.spans.every(({ candles }) => candles === 0)) {
    throw new TerminalError(
      `nothing to decide on: the data lies between ${isoTime(start)} and ${isoTime(end)}; look at --from and --to`,
    );
  }
  return { outcome, report: backtestReport(outcome, { asked: askedFor(options), data: symbols, outOfOrder }) };
}

function askedFor({ preset, paper, risk, riskSettings, seed, from, to }: BacktestOptions): AskedFor {
  return {
    preset: preset.name,
    parameters: fingerprint(canonicalPreset(preset)),
    fees: Number((paper.feeRate * 100).toFixed(6)),
    slippage: paper.slippageBps,
    partialFill: paper.partialFill,
    balance: paper.balance,
    risk,
    limits: riskSettings,
    seed,
    from: from === undefined ? null : isoTime(from),
    to: to === undefined ? null : isoTime(to),
  };
}
