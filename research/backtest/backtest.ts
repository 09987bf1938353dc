/**
 * A backtest: recorded events through the engine, one after the other, and what they came to.
 *
 * Events of one instant have their turn in the order in which they are delivered: by time, then by the order of the symbols.
 * Each has all its consequences before the next one begins, so that the outcome never depends on how fast anything is.
 */
import { closeTime, MINUTE_MS } from '../../domain/candle.ts';
import { fromNumber, multiply, type Units } from '../../domain/money.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import { BacktestEngine, type EngineSettings } from './engine.ts';
import { EquityCurve } from './equity-curve.ts';
import { type Bar, HourBars } from './hour-bars.ts';

/** An event and its market time: of a trade its own, of a candle its close. */
export interface TimedEvent {
  readonly at: number;
  readonly event: MarketEvent;
}

export interface BacktestSettings extends EngineSettings {
  /** Candles that open at or after this market time are left out. */
  readonly to: number;
}

/** What the market of a symbol did while the strategy decided on it. */
export interface SymbolSpan {
  readonly symbol: string;
  /** Closes that were decided on. */
  readonly candles: number;
  /** Closes before `from`, that only warmed up the indicators. */
  readonly warmUp: number;
  /** Open of the first candle that was decided on, and close of the last. */
  readonly first: { readonly at: number; readonly price: number } | undefined;
  readonly last: { readonly at: number; readonly price: number } | undefined;
  /** Held at the end; a position that is open is not a trade. */
  readonly open: Units;
  readonly hours: readonly Bar[];
}

export interface BacktestOutcome {
  readonly trades: readonly ClosedTrade[];
  readonly funnel: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
  /** What the engine warned of, and how often. */
  readonly warnings: Readonly<Record<string, number>>;
  readonly spans: readonly SymbolSpan[];
  readonly curve: EquityCurve;
}

interface Span {
  readonly symbol: string;
  readonly hours: HourBars;
  candles: number;
  warmUp: number;
  first: SymbolSpan['first'];
  lastAt: number;
  lastPrice: number;
}

export class Backtest {
  readonly #settings: BacktestSettings;
  readonly #engine: BacktestEngine;
  readonly #spans: readonly Span[];
  readonly #spanOf: ReadonlyMap<string, Span>;
  #curve: EquityCurve | undefined;
  #at = 0;

  private constructor(settings: BacktestSettings, engine: BacktestEngine) {
    this.#settings = settings;
    this.#engine = engine;
    this.#spans = settings.symbols.map(({ symbol }) => ({
      symbol,
      hours: new HourBars(),
      candles: 0,
      warmUp: 0,
      first: undefined,
      lastAt: 0,
      lastPrice: 0,
    }));
    this.#spanOf = new Map(this.#spans.map((span) => [span.symbol, span]));
  }

  static async open(settings: BacktestSettings): Promise<Backtest> {
    return new Backtest(settings, await BacktestEngine.open(settings));
  }

  /** Market time of the last event. */
  get at(): number {
    return this.#at;
  }

  /** Takes events in order of time; resolves when all are through. */
  async deliver(events: readonly TimedEvent[]): Promise<void> {
    const { to } = this.#settings;
    for (const { at, event } of events) {
      if ((event.type === 'candle' ? event.candle.openTime : at) >= to) continue;
      if (at > this.#at) this.#markEquity();
      this.#at = at;
      const waiting = this.#engine.deliver(event);
      if (waiting !== undefined) await waiting;
      if (event.type === 'candle') this.#observe(event);
    }
  }

  finish(): BacktestOutcome {
    this.#markEquity(true);
    const engine = this.#engine;
    const curve = this.#curve ?? new EquityCurve({ at: this.#at, equity: engine.cash });
    curve.finish();
    const spans = this.#spans.map(({ symbol, hours, candles, warmUp, first, lastAt, lastPrice }) => ({
      symbol,
      candles,
      warmUp,
      first,
      last: first === undefined ? undefined : { at: lastAt, price: lastPrice },
      open: engine.quantity(symbol),
      hours: hours.bars,
    }));
    const trades = engine.trades.toSorted((a, b) => a.exitTime - b.exitTime || (a.symbol < b.symbol ? -1 : 1));
    const warnings = engine.log.counts;
    return { trades, funnel: engine.funnel(), refusals: engine.refusals(), warnings, spans, curve };
  }

  #observe({ symbol, candle }: Extract<MarketEvent, { type: 'candle' }>): void {
    const span = this.#spanOf.get(symbol);
    if (span === undefined) return;
    if (candle.openTime < this.#settings.from) {
      span.warmUp += 1;
      return;
    }
    this.#curve ??= new EquityCurve({ at: candle.openTime, equity: this.#settings.balance });
    span.first ??= { at: candle.openTime, price: candle.open };
    span.candles += 1;
    span.hours.take(candle);
    span.lastAt = closeTime(candle);
    span.lastPrice = candle.close;
  }

  /** When everything of an instant is through: the account at its prices. */
  #markEquity(isLast = false): void {
    if (this.#curve === undefined || this.#at % MINUTE_MS !== 0) return;
    const { cash } = this.#engine;
    let estimate = Number(cash) / 1e8;
    for (const { symbol, lastPrice } of this.#spans) {
      const quantity = this.#engine.quantity(symbol);
      if (quantity > 0n) estimate += (Number(quantity) / 1e8) * lastPrice;
    }
    if (isLast || this.#curve.asksFor(this.#at, estimate)) this.#curve.mark(this.#at, this.#equity(cash));
  }

  #equity(cash: Units): Units {
    let equity = cash;
    for (const { symbol, lastPrice } of this.#spans) {
      const quantity = this.#engine.quantity(symbol);
      if (quantity > 0n) equity += multiply(quantity, fromNumber(lastPrice));
    }
    return equity;
  }
}
