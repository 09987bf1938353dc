/**
 * What one symbol's recorded rows become: market events in order, every minute present, nothing twice. Keeps count of
 * what had to be put right; refuses what cannot be.
 */
import { type Candle, closeTime, DAY_MS, MINUTE_MS } from '../../domain/candle.ts';
import { CandleBuilder, fillGap } from '../../domain/candle-series.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import type { TimedEvent } from './playback.ts';
import { describeTime, RecordedDataError, type RecordedRow, sameCandle } from './recorded-row.ts';

/** A longer hole is no quiet market but two recordings; filled in silence it would be days of invented candles. */
const GAP_MS_MAX = 7 * DAY_MS;
/** So many equal steps of more than a minute in a row mean that the candles are not of one minute. */
const EQUAL_STEPS_MAX = 10;

type CandleRow = Extract<RecordedRow, { type: 'candle' }>;
type TradeRow = Extract<RecordedRow, { type: 'trade' }>;

export interface RecordingCounts {
  candles: number;
  trades: number;
  /** Rows left out because the same candle or trade was there already. */
  duplicates: number;
  /** Candles left out because another one of the same minute says something else, and the rules say which one holds. */
  contradictions: number;
  /** Minutes without a candle or trade, made flat candles. */
  missingMinutes: number;
}

export class SymbolRecording {
  readonly symbol: string;
  readonly type: RecordedRow['type'];
  /** The start of its first minute. */
  readonly coveredFrom: number;
  readonly counts: RecordingCounts = {
    candles: 0,
    trades: 0,
    duplicates: 0,
    contradictions: 0,
    missingMinutes: 0,
  };
  private readonly keepsFirst: boolean;
  private readonly builder = new CandleBuilder();
  private lastCandle: Candle | undefined;
  private lastRow: RecordedRow | undefined;
  /** Trades of the last instant by id: after sorting, a trade's double is of the same instant. */
  private readonly instant = new Map<string, TradeRow>();
  private equalSteps = 0;
  private lastStepMs = 0;

  /** `keepsFirst`: of two candles of a minute that contradict each other the first holds; else they are an error. */
  constructor(first: RecordedRow, keepsFirst: boolean) {
    this.symbol = first.symbol;
    this.type = first.type;
    this.coveredFrom = first.type === 'candle' ? first.candle.openTime : Math.floor(first.at / MINUTE_MS) * MINUTE_MS;
    this.keepsFirst = keepsFirst;
  }

  /** The end of the last minute this recording covers so far. */
  get coveredUntil(): number {
    const at = this.lastRow?.at ?? 0;
    return this.type === 'candle' ? at : Math.floor(at / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  }

  /** Takes the next row; rows come in order of time. Throws RecordedDataError for what contradicts the rows before. */
  take(row: RecordedRow): TimedEvent[] {
    if (row.type !== this.type) {
      throw new RecordedDataError(
        row.place,
        `${this.symbol} comes as ${row.type}s here and as ${this.type}s elsewhere`,
      );
    }
    const previous = this.lastRow;
    if (previous !== undefined && row.at - previous.at > GAP_MS_MAX) {
      throw new RecordedDataError(
        row.place,
        `${this.symbol} has nothing between ${describeTime(previous.at)} and ${describeTime(row.at)}, ` +
          `more than ${GAP_MS_MAX / DAY_MS} days; play the parts one by one`,
      );
    }
    const events = row.type === 'candle' ? this.takeCandle(row) : this.takeTrade(row);
    this.lastRow = row;
    return events;
  }

  /** Closes the minutes that end at or before `time`; no row of them may be taken afterwards. */
  closeThrough(time: number): TimedEvent[] {
    if (this.type === 'trade') return this.builtEvents(this.builder.closeThrough(time));
    const previous = this.lastCandle;
    if (previous === undefined || closeTime(previous) >= time) return [];
    return this.fillEvents(previous, { ...previous, openTime: time });
  }

  private takeCandle({ candle, place }: CandleRow): TimedEvent[] {
    const previous = this.lastCandle;
    if (previous === undefined) return this.candleEvents([candle]);
    if (candle.openTime === previous.openTime) {
      if (sameCandle(candle, previous)) this.counts.duplicates += 1;
      else if (this.keepsFirst) this.counts.contradictions += 1;
      else {
        const earlier = this.lastRow?.place;
        throw new RecordedDataError(
          place,
          `another candle of ${this.symbol} at ${describeTime(candle.openTime)} than in ${earlier?.path}:${earlier?.line}: ` +
            `${JSON.stringify(candle)} after ${JSON.stringify(previous)}`,
        );
      }
      return [];
    }
    this.checkStep(candle, place);
    return [...this.fillEvents(previous, candle), ...this.candleEvents([candle])];
  }

  private takeTrade(row: TradeRow): TimedEvent[] {
    if (row.at !== this.lastRow?.at) this.instant.clear();
    const double = this.instant.get(row.trade.tradeId);
    if (double !== undefined) {
      if (double.trade.price !== row.trade.price || double.trade.quantity !== row.trade.quantity) {
        throw new RecordedDataError(
          row.place,
          `trade ${row.trade.tradeId} of ${this.symbol} is another one in line ${double.place.line}`,
        );
      }
      this.counts.duplicates += 1;
      return [];
    }
    this.instant.set(row.trade.tradeId, row);
    this.counts.trades += 1;
    const closed = this.builder.add(row.trade);
    return [
      ...this.builtEvents(closed),
      { at: row.at, event: { type: 'trade', symbol: this.symbol, trade: row.trade } },
    ];
  }

  /** Candles of five minutes or an hour read as minutes would be mostly invented; the steps between them tell. */
  private checkStep(candle: Candle, place: RecordedRow['place']): void {
    const previous = this.lastRow;
    if (previous?.type !== 'candle') return;
    const stepMs = candle.openTime - previous.candle.openTime;
    this.equalSteps = stepMs > MINUTE_MS && stepMs === this.lastStepMs ? this.equalSteps + 1 : 0;
    this.lastStepMs = stepMs;
    if (this.equalSteps >= EQUAL_STEPS_MAX) {
      throw new RecordedDataError(
        place,
        `candles of ${this.symbol} are ${stepMs / MINUTE_MS} minutes apart; 1-minute candles are expected`,
      );
    }
  }

  private fillEvents(previous: Candle, next: Candle): TimedEvent[] {
    const missing = fillGap(previous, next);
    this.counts.missingMinutes += missing.length;
    return this.candleEvents(missing);
  }

  private builtEvents(candles: readonly Candle[]): TimedEvent[] {
    this.counts.missingMinutes += candles.filter(({ volume }) => volume === 0).length;
    return this.candleEvents(candles);
  }

  private candleEvents(candles: readonly Candle[]): TimedEvent[] {
    const inside = this.type === 'candle' ? 'path' : 'trades';
    return candles.map((candle) => {
      this.counts.candles += 1;
      this.lastCandle = candle;
      const event: MarketEvent = { type: 'candle', symbol: this.symbol, candle, inside };
      return { at: closeTime(candle), event };
    });
  }
}
