/**
 * Exit rules: price levels that react to every price, and the checks at a close (STRATEGY "Exit").
 *
 * Levels are exact decimals rounded half to even at the eighth place; a price that touches a level has reached it. The
 * stop loss is the tighter of the entry's regime and the current one: risk never widens after entry. Nothing here knows
 * of fees, risk rules or the AI; an exit is never refused (I12).
 */
import { closeTime } from './candle.ts';
import type { Reading } from './market-view.ts';
import { divideHalfEven, fromNumber, ONE, type Units } from './money.ts';
import { type Preset, parametersFor, type RegimeParameters } from './preset.ts';
import type { Regime } from './regime.ts';

/** The part of a position exits look at. */
export interface OpenTrade {
  /** The actual entry price, slippage included. */
  readonly entryPrice: Units;
  /** Market time of the entry fill; in a backtest the open time of its candle. */
  readonly entryTime: number;
  /** The regime at the entry decision. */
  readonly entryRegime: Regime;
  /** The highest price since entry, the entry price at first. */
  readonly highWaterMark: Units;
}

export type PriceExitReason = 'STOP_LOSS' | 'TRAILING_STOP' | 'TAKE_PROFIT';
export type CandleExitReason = 'RSI_OVERBOUGHT' | 'TIME_LIMIT';
export type ExitReason = PriceExitReason | CandleExitReason;

export interface ExitLevels {
  /** A price at or below this exits. */
  readonly stop: { readonly price: Units; readonly reason: 'STOP_LOSS' | 'TRAILING_STOP' };
  /** A price at or above this exits. */
  readonly target: Units;
}

export interface PriceExit {
  readonly reason: PriceExitReason;
  /** Where the exit is decided: the level, or the price itself when it was already beyond. */
  readonly price: Units;
}

export interface Travelled {
  /** The same object as before when the mark didn't rise. */
  readonly trade: OpenTrade;
  readonly exit?: PriceExit;
}

/** The levels that hold for this trade in this regime. */
export function exitLevels(trade: OpenTrade, regime: Regime, preset: Preset): ExitLevels {
  const { entryPrice, highWaterMark } = trade;
  const parameters = exitParameters(trade, regime, preset);
  const stopLoss = percentOf(entryPrice, -tighterStopLoss(trade, regime, preset));
  const target = percentOf(entryPrice, parameters.takeProfit);
  if (highWaterMark >= percentOf(entryPrice, parameters.trailingArm)) {
    const trailing = percentOf(highWaterMark, -parameters.trailing);
    if (trailing > stopLoss) return { stop: { price: trailing, reason: 'TRAILING_STOP' }, target };
  }
  return { stop: { price: stopLoss, reason: 'STOP_LOSS' }, target };
}

/**
 * What happens to the trade while the price moves continuously from `from` to `to`. A live price is `from` = `to`; a
 * candle is its opening point and then the three stretches of its path. The point `from` is checked first: a level it is
 * already beyond fills at `from`. A level crossed on the stretch fills at that level.
 */
export function travel(trade: OpenTrade, from: number, to: number, regime: Regime, preset: Preset): Travelled {
  if (staysClear(trade, { low: Math.min(from, to), high: Math.max(from, to) }, regime, preset)) return { trade };

  const start = fromNumber(from);
  const atStart = raiseMark(trade, start);
  const levels = exitLevels(atStart, regime, preset);
  if (start <= levels.stop.price) return { trade: atStart, exit: { reason: levels.stop.reason, price: start } };
  if (start >= levels.target) return { trade: atStart, exit: { reason: 'TAKE_PROFIT', price: start } };
  if (from === to) return { trade: atStart };

  const end = fromNumber(to);
  if (end <= levels.stop.price) return { trade: atStart, exit: levels.stop };
  if (end >= levels.target) {
    return { trade: raiseMark(atStart, levels.target), exit: { reason: 'TAKE_PROFIT', price: levels.target } };
  }
  return { trade: raiseMark(atStart, end) };
}

/** The exit decided at a close, in the regime of that close; RSI_OVERBOUGHT comes before TIME_LIMIT. */
export function candleExit(trade: OpenTrade, reading: Reading, preset: Preset): CandleExitReason | undefined {
  const parameters = exitParameters(trade, reading.regime, preset);
  if (reading.rsi14 !== undefined && reading.rsi14 > parameters.rsiExit) {
    const enough = percentOf(trade.entryPrice, parameters.rsiExitProfit);
    if (fromNumber(reading.candle.close) >= enough) return 'RSI_OVERBOUGHT';
  }
  if (closeTime(reading.candle) - trade.entryTime >= parameters.timeLimitMs) return 'TIME_LIMIT';
  return undefined;
}

/** The current regime's parameters; the entry's while the current one is unknown. */
function exitParameters(trade: OpenTrade, regime: Regime, preset: Preset): RegimeParameters {
  return parametersFor(preset, regime === 'UNKNOWN' ? trade.entryRegime : regime);
}

/** Percent below entry: the lesser of the entry's regime and the current one. */
function tighterStopLoss(trade: OpenTrade, regime: Regime, preset: Preset): number {
  const atEntry = parametersFor(preset, trade.entryRegime).stopLoss;
  return Math.min(atEntry, exitParameters(trade, regime, preset).stopLoss);
}

const HUNDRED_PERCENT: Units = 100n * ONE;

/** `price` changed by `percent` percent: exact, then rounded half to even. */
function percentOf(price: Units, percent: number): Units {
  return divideHalfEven(price * (HUNDRED_PERCENT + fromNumber(percent)), HUNDRED_PERCENT);
}

function raiseMark(trade: OpenTrade, price: Units): OpenTrade {
  return price > trade.highWaterMark ? { ...trade, highWaterMark: price } : trade;
}

/** Floats this close to a level are left to exact arithmetic. */
const DOUBT = 1e-9;
const UNITS_PER_ONE = 1e8;

/**
 * True when, on floats and with a margin for their error, no price between these reaches the mark or any level: the usual
 * case, for which exact arithmetic on every price would be wasted. Any doubt says false.
 */
export function staysClear(
  trade: OpenTrade,
  { low, high }: { readonly low: number; readonly high: number },
  regime: Regime,
  preset: Preset,
): boolean {
  const mark = Number(trade.highWaterMark) / UNITS_PER_ONE;
  if (!(high < mark * (1 - DOUBT))) return false;
  const entry = Number(trade.entryPrice) / UNITS_PER_ONE;
  const parameters = exitParameters(trade, regime, preset);
  if (high >= entry * (1 + parameters.takeProfit / 100) * (1 - DOUBT)) return false;
  if (low <= entry * (1 - tighterStopLoss(trade, regime, preset) / 100) * (1 + DOUBT)) return false;
  const armed = mark >= entry * (1 + parameters.trailingArm / 100) * (1 - DOUBT);
  return !(armed && low <= mark * (1 - parameters.trailing / 100) * (1 + DOUBT));
}
