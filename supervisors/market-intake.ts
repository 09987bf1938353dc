/**
 * Where market data enters a Pod: hands every event to the owner of its symbol and to the account, keeps candles for the
 * ledger, and tells the bus. A candle is stored after it was decided on; what is not stored when the process dies is
 * delivered and decided again, with the same result.
 */
import type { Candle } from '../domain/candle.ts';
import { dayOf } from '../domain/risk.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import type { FunnelCount, LedgerWriter } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { MarketEvent, MarketSink } from '../protocol/ports/market.ts';
import type { Subjects } from '../protocol/subjects.ts';
import { tellMarket } from './market-tell.ts';
import type { PodStats } from './pod-stats.ts';
import type { SymbolHost } from './symbol-host.ts';

export interface MarketIntakeOptions {
  readonly hosts: ReadonlyMap<string, SymbolHost>;
  readonly observePrice: (symbol: string, price: number, at: number) => Promise<void> | undefined;
  readonly writer: LedgerWriter;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: PodStats;
  /** Candles could not be stored: nothing is dropped, the feed waits, its part is restarted. */
  readonly onFailed: (error: unknown) => void;
}

export class MarketIntake implements MarketSink {
  readonly #options: MarketIntakeOptions;
  #candles: { symbol: string; candle: Candle }[] = [];
  #funnel = new Map<string, FunnelCount>();
  /** Decisions on a candle that is not in the buffer yet: both are stored together or not at all. */
  readonly #decided = new Map<string, FunnelCount>();
  #marketTime: number | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;

  constructor(options: MarketIntakeOptions) {
    this.#options = options;
  }

  /** Market time: the latest instant any event told. Undefined before the first. */
  get marketTime(): number | undefined {
    return this.#marketTime;
  }

  async deliver(event: MarketEvent): Promise<void> {
    const { hosts, observePrice, stats, bus, subjects } = this.#options;
    const { symbol } = event;
    const at = event.type === 'trade' ? event.trade.at : event.candle.openTime;
    const price = event.type === 'trade' ? event.trade.price : event.candle.close;
    this.observeTime(at);
    const observed = observePrice(symbol, price, at);
    if (observed !== undefined) await observed;
    await hosts.get(symbol)?.market(event);
    tellMarket(bus, subjects, event);
    if (event.type === 'trade') {
      stats.trades += 1;
      return;
    }
    stats.candles += 1;
    this.#candles.push({ symbol, candle: event.candle });
    this.#takeDecided(symbol);
    if (this.#candles.length >= LIMITS.candleBufferMax) await this.flush();
    else this.#scheduleFlush();
  }

  observeTime(at: number): void {
    if (this.#marketTime === undefined || at > this.#marketTime) this.#marketTime = at;
  }

  /** Stores what was counted for a symbol whose candles another process stores. */
  decided(symbol: string): void {
    this.#takeDecided(symbol);
    if (this.#funnel.size > 0) this.#scheduleFlush();
  }

  /** Counts one decision at a close, for the funnel; it is stored with the candle. */
  count(symbol: string, key: string): void {
    const day = dayOf(this.#marketTime ?? 0);
    const id = `${day}|${symbol}|${key}`;
    this.#decided.set(id, { day, symbol, key, count: (this.#decided.get(id)?.count ?? 0) + 1 });
  }

  /** Stores what is waiting; one at a time. Rejects when the ledger can't be written, keeping what was not stored. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#flushing = this.#flushing.catch(() => undefined).then(() => this.#store());
    return this.#flushing;
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  #takeDecided(symbol: string): void {
    for (const [id, row] of this.#decided) {
      if (row.symbol !== symbol) continue;
      this.#decided.delete(id);
      this.#funnel.set(id, { ...row, count: row.count + (this.#funnel.get(id)?.count ?? 0) });
    }
  }

  async #store(): Promise<void> {
    const candles = this.#candles;
    const funnel = this.#funnel;
    if (candles.length === 0 && funnel.size === 0) return;
    this.#candles = [];
    this.#funnel = new Map();
    try {
      await this.#options.writer.storeCandles(candles, [...funnel.values()]);
    } catch (error) {
      this.#candles = [...candles, ...this.#candles];
      for (const [id, row] of this.#funnel) {
        const earlier = funnel.get(id);
        funnel.set(id, earlier === undefined ? row : { ...row, count: row.count + earlier.count });
      }
      this.#funnel = funnel;
      throw error;
    }
  }

  #scheduleFlush(): void {
    if (this.#cancelTimer !== undefined) return;
    this.#cancelTimer = this.#options.clock.after(LIMITS.candleFlushIntervalMs, () => {
      this.flush().catch((error: unknown) => this.#options.onFailed(error));
    });
  }
}
