/**
 * What a backtest came to, in the figures people know from freqtrade. Money is exact; ratios are floats. A figure that needs
 * more than the sample has is null, shown as N/A: a Sharpe ratio of three days says nothing.
 */
import { DAY_MS } from '../../domain/candle.ts';
import { multiply, toNumber, type Units } from '../../domain/money.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import type { EquityCurve, Worth } from './equity-curve.ts';

/** Fewer whole UTC days than this say nothing about a year: no yearly return, Sharpe, Sortino or Calmar ratio. */
export const DAYS_MIN = 30;
const DAYS_A_YEAR = 365;

/** A set of trades: of a symbol, of an exit reason, of everything. */
export interface TradeFigures {
  readonly trades: number;
  readonly profit: Units;
  readonly fees: Units;
  /** Mean of the trades' profit as a share of what was bought; null without trades. */
  readonly meanShare: number | null;
  readonly meanDurationMs: number | null;
  readonly wins: number;
  readonly draws: number;
  readonly losses: number;
}

export interface TradeExtreme {
  readonly trade: ClosedTrade;
  readonly share: number;
}

export interface Ratios {
  /** (final ÷ start) ^ (365 ÷ days) − 1: freqtrade's CAGR. */
  readonly yearlyReturn: number | null;
  /** Sum of gains ÷ sum of losses; null without losses. */
  readonly profitFactor: number | null;
  /** Mean profit of a trade in money: win rate × mean gain − loss rate × mean loss, as freqtrade defines it. */
  readonly expectancy: Units | null;
  /** (1 + mean gain ÷ mean loss) × win rate − 1: freqtrade's expectancy ratio; null without gains or losses. */
  readonly expectancyRatio: number | null;
  /**
   * Mean ÷ standard deviation of the daily returns of equity × √365, no risk-free rate (Sharpe 1994; freqtrade's
   * SharpeHyperOptLossDaily). The deviation is that of a sample (n − 1).
   */
  readonly sharpe: number | null;
  /**
   * Mean daily return ÷ downside deviation × √365, where the downside deviation is √(mean of min(0, return)²) over all days
   * (Sortino & Price 1994; freqtrade's SortinoHyperOptLossDaily with an acceptable return of 0).
   */
  readonly sortino: number | null;
  /** Yearly return ÷ largest relative drawdown (Young 1991). freqtrade's own has no unit: mean daily percent × √365 ÷ drawdown. */
  readonly calmar: number | null;
}

export function tradeFigures(trades: readonly ClosedTrade[]): TradeFigures {
  const sum = (values: readonly Units[]): Units => values.reduce((total, value) => total + value, 0n);
  return {
    trades: trades.length,
    profit: sum(trades.map(({ profit }) => profit)),
    fees: sum(trades.map(({ fees }) => fees)),
    meanShare: mean(trades.map(profitShare)),
    meanDurationMs: mean(trades.map(({ entryTime, exitTime }) => exitTime - entryTime)),
    wins: trades.filter(({ profit }) => profit > 0n).length,
    draws: trades.filter(({ profit }) => profit === 0n).length,
    losses: trades.filter(({ profit }) => profit < 0n).length,
  };
}

/** Profit after fees as a share of what the position cost without them. */
export function profitShare({ profit, entryPrice, quantity }: ClosedTrade): number {
  return toNumber(profit) / toNumber(multiply(entryPrice, quantity));
}

/** The most wins and losses in a row, in the order of the exits; a draw ends both. */
export function streaks(trades: readonly ClosedTrade[]): { readonly wins: number; readonly losses: number } {
  let [wins, losses, longestWins, longestLosses] = [0, 0, 0, 0];
  for (const { profit } of trades) {
    wins = profit > 0n ? wins + 1 : 0;
    losses = profit < 0n ? losses + 1 : 0;
    longestWins = Math.max(longestWins, wins);
    longestLosses = Math.max(longestLosses, losses);
  }
  return { wins: longestWins, losses: longestLosses };
}

/** Best and worst by share of what was bought; the first of equals. Undefined without trades. */
export function extremes(trades: readonly ClosedTrade[]): { best: TradeExtreme; worst: TradeExtreme } | undefined {
  const all = trades.map((trade) => ({ trade, share: profitShare(trade) }));
  const [first] = all;
  if (first === undefined) return undefined;
  return {
    best: all.reduce((best, one) => (one.share > best.share ? one : best), first),
    worst: all.reduce((worst, one) => (one.share < worst.share ? one : worst), first),
  };
}

export function ratios(trades: readonly ClosedTrade[], curve: EquityCurve): Ratios {
  const gains = trades.filter(({ profit }) => profit > 0n).map(({ profit }) => toNumber(profit));
  const losses = trades.filter(({ profit }) => profit < 0n).map(({ profit }) => -toNumber(profit));
  const returns = dailyReturns(curve);
  const enough = returns.length >= DAYS_MIN;
  const yearlyReturn = enough ? compoundYearly(curve.start, curve.last) : null;
  const deepest = relativeDrawdown(curve);
  return {
    yearlyReturn,
    profitFactor: losses.length === 0 ? null : total(gains) / total(losses),
    expectancy: trades.length === 0 ? null : tradeFigures(trades).profit / BigInt(trades.length),
    expectancyRatio: expectancyRatio(gains, losses, trades.length),
    sharpe: enough ? annualised(returns, sampleDeviation(returns)) : null,
    sortino: enough ? annualised(returns, downsideDeviation(returns)) : null,
    calmar: yearlyReturn === null || deepest === 0 ? null : yearlyReturn / deepest,
  };
}

/** The largest fall as a share of its peak; 0 when nothing fell. */
export function relativeDrawdown({ drawdown }: EquityCurve): number {
  if (drawdown === undefined) return 0;
  const { peak, low } = drawdown;
  return toNumber(peak.equity - low.equity) / toNumber(peak.equity);
}

/** Of whole UTC days: a part of a day at either end is not one. */
export function dailyReturns({ start, days }: EquityCurve): number[] {
  const ends = [start, ...days].filter(({ at }) => at % DAY_MS === 0);
  return ends.slice(1).map(({ equity }, index) => toNumber(equity) / toNumber((ends[index] as Worth).equity) - 1);
}

function compoundYearly(start: Worth, end: Worth): number | null {
  const days = (end.at - start.at) / DAY_MS;
  const growth = toNumber(end.equity) / toNumber(start.equity);
  return growth > 0 ? growth ** (DAYS_A_YEAR / days) - 1 : null;
}

function expectancyRatio(gains: readonly number[], losses: readonly number[], trades: number): number | null {
  if (gains.length === 0 || losses.length === 0) return null;
  const riskReward = total(gains) / gains.length / (total(losses) / losses.length);
  return (1 + riskReward) * (gains.length / trades) - 1;
}

function annualised(returns: readonly number[], deviation: number): number | null {
  return deviation === 0 ? null : ((mean(returns) ?? 0) / deviation) * Math.sqrt(DAYS_A_YEAR);
}

function sampleDeviation(values: readonly number[]): number {
  const middle = mean(values) ?? 0;
  return Math.sqrt(total(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

function downsideDeviation(values: readonly number[]): number {
  return Math.sqrt(total(values.map((value) => Math.min(0, value) ** 2)) / values.length);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : total(values) / values.length;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
