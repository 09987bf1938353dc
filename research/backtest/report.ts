/**
 * A backtest as data: what `--json` prints and what tables and page are made from. Decimals are strings, times ISO, ratios
 * numbers; the same input gives the same bytes, so nothing in here says when or where it was run.
 */
import { DAY_MS } from '../../domain/candle.ts';
import { divide, formatDecimal, type Units } from '../../domain/money.ts';
import type { RiskSettings } from '../../domain/risk.ts';
import { isoTime } from '../../domain/time.ts';
import { type ClosedTrade, type ClosedTradeJson, closedTradeJson } from '../../domain/trade.ts';
import type { BacktestOutcome, SymbolSpan } from './backtest.ts';
import { extremes, ratios, relativeDrawdown, streaks, type TradeExtreme, tradeFigures } from './statistics.ts';

/** What was asked for. */
export interface AskedFor {
  readonly preset: string;
  /** Fingerprint of the preset's parameters, as it is stored with live decisions. */
  readonly parameters: string;
  /** Percent of each side. */
  readonly fees: number;
  /** Basis points. */
  readonly slippage: number;
  readonly partialFill: number;
  readonly balance: string;
  readonly risk: 'on' | 'off';
  /** What `risk` is about. */
  readonly limits: RiskSettings;
  readonly seed: number;
  readonly from: string | null;
  readonly to: string | null;
}

/** What had to be put right in the recording of a symbol. */
export interface DataCounts {
  readonly symbol: string;
  readonly duplicates: number;
  readonly contradictions: number;
  /** In the whole recording; each became a flat candle. */
  readonly missingMinutes: number;
}

export interface FiguresJson {
  readonly trades: number;
  readonly profit: string;
  readonly fees: string;
  /** Profit as a share of the balance at the start. */
  readonly return: number;
  readonly meanReturn: number | null;
  readonly meanDurationMs: number | null;
  readonly wins: number;
  readonly draws: number;
  readonly losses: number;
  readonly winRate: number | null;
}

export interface ExtremeJson {
  readonly symbol: string;
  readonly entryTime: string;
  readonly profit: string;
  readonly return: number;
}

export type BacktestReport = ReturnType<typeof backtestReport>;

/** Shares and ratios are told to so many places: what a float has beyond them is noise. */
const PLACES = 6;

export function backtestReport(
  outcome: BacktestOutcome,
  { asked, data, outOfOrder }: { asked: AskedFor; data: readonly DataCounts[]; outOfOrder: number },
) {
  const { trades, curve, spans } = outcome;
  const { start, last } = curve;
  const figures = (set: readonly ClosedTrade[]) => figuresJson(set, start.equity);
  return {
    settings: asked,
    data: { outOfOrder, symbols: spans.map((span) => dataJson(span, data)) },
    trades: trades.map(closedTradeJson) as readonly ClosedTradeJson[],
    funnel: outcome.funnel,
    refusals: outcome.refusals,
    warnings: outcome.warnings,
    summary: {
      from: isoTime(start.at),
      to: isoTime(last.at),
      days: rounded((last.at - start.at) / DAY_MS),
      tradesPerDay: last.at === start.at ? null : rounded((trades.length * DAY_MS) / (last.at - start.at)),
      startBalance: formatDecimal(start.equity),
      finalBalance: formatDecimal(last.equity),
      /** Open positions at market included. */
      totalReturn: share(last.equity - start.equity, start.equity),
      ...ratiosJson(outcome),
      ...figures(trades),
      drawdown: drawdownJson(outcome),
      streaks: streaks(trades),
      ...extremesJson(trades),
      marketChange: meanOf(spans.flatMap((span) => marketChange(span) ?? [])),
      openPositions: spans.filter(({ open }) => open > 0n).length,
    },
    symbols: spans.map(({ symbol }) => ({ symbol, ...figures(trades.filter((trade) => trade.symbol === symbol)) })),
    exits: grouped(trades, ({ reason }) => reason).map(([reason, set]) => ({ reason, ...figures(set) })),
    regimes: grouped(trades, ({ regime }) => regime).map(([regime, set]) => ({ regime, ...figures(set) })),
    equity: curve.days.map(({ at, equity }) => ({ at: isoTime(at), equity: formatDecimal(equity) })),
  };
}

function dataJson(span: SymbolSpan, data: readonly DataCounts[]) {
  const { symbol, candles, warmUp, first, last, open } = span;
  const counts = data.find((row) => row.symbol === symbol);
  return {
    symbol,
    candles,
    warmUp,
    from: first === undefined ? null : isoTime(first.at),
    to: last === undefined ? null : isoTime(last.at),
    missingMinutes: counts?.missingMinutes ?? 0,
    duplicates: counts?.duplicates ?? 0,
    contradictions: counts?.contradictions ?? 0,
    marketChange: marketChange(span) ?? null,
    openQuantity: formatDecimal(open),
  };
}

function figuresJson(trades: readonly ClosedTrade[], balance: Units): FiguresJson {
  const { profit, fees, meanShare, meanDurationMs, wins, draws, losses } = tradeFigures(trades);
  return {
    trades: trades.length,
    profit: formatDecimal(profit),
    fees: formatDecimal(fees),
    return: share(profit, balance),
    meanReturn: meanShare === null ? null : rounded(meanShare),
    meanDurationMs: meanDurationMs === null ? null : Math.round(meanDurationMs),
    wins,
    draws,
    losses,
    winRate: trades.length === 0 ? null : rounded(wins / trades.length),
  };
}

function ratiosJson({ trades, curve }: BacktestOutcome) {
  const { expectancy, ...floats } = ratios(trades, curve);
  const told = Object.fromEntries(
    Object.entries(floats).map(([name, value]) => [name, value === null ? null : rounded(value)]),
  ) as Record<keyof typeof floats, number | null>;
  return { ...told, expectancy: expectancy === null ? null : formatDecimal(expectancy) };
}

function drawdownJson({ curve }: BacktestOutcome) {
  const { drawdown } = curve;
  if (drawdown === undefined) return null;
  const { peak, low, recoveredAt } = drawdown;
  return {
    relative: rounded(relativeDrawdown(curve)),
    absolute: formatDecimal(peak.equity - low.equity),
    from: isoTime(peak.at),
    low: isoTime(low.at),
    recovered: recoveredAt === null ? null : isoTime(recoveredAt),
    /** From the peak until it was reached again, or to the end. */
    durationMs: (recoveredAt ?? curve.last.at) - peak.at,
  };
}

function extremesJson(trades: readonly ClosedTrade[]) {
  const found = extremes(trades);
  const told = ({ trade, share: part }: TradeExtreme): ExtremeJson => ({
    symbol: trade.symbol,
    entryTime: isoTime(trade.entryTime),
    profit: formatDecimal(trade.profit),
    return: rounded(part),
  });
  return { best: found === undefined ? null : told(found.best), worst: found === undefined ? null : told(found.worst) };
}

/** Last close against first open, as a share: what buying and holding would have brought. */
function marketChange({ first, last }: SymbolSpan): number | undefined {
  return first === undefined || last === undefined ? undefined : rounded(last.price / first.price - 1);
}

function grouped(trades: readonly ClosedTrade[], keyOf: (trade: ClosedTrade) => string) {
  const keys = [...new Set(trades.map(keyOf))].sort();
  return keys.map((key) => [key, trades.filter((trade) => keyOf(trade) === key)] as const);
}

function share(part: Units, whole: Units): number {
  return rounded(Number(divide(part, whole)) / 1e8);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function rounded(value: number): number {
  return Number(value.toFixed(PLACES));
}
