/**
 * A synthetic market that needs no network: the same for the same seed, and going on after a restart exactly where it
 * was. It never ends by itself.
 */
import { type Candle, closeTime, MINUTE_MS } from '../../domain/candle.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Feed, MarketSink } from '../../protocol/ports/market.ts';
import { DEMO_HISTORY_START, DEMO_LIVE_START, DemoMarket } from './demo-market.ts';
import { checkSpeed, Pacer, type Speed } from './pacer.ts';
import { play, type TimedEvent } from './playback.ts';

/** A market minute a second. */
export const DEMO_SPEED = 60;

export interface DemoFeedOptions {
  readonly symbols: readonly string[];
  readonly seed: number;
  readonly speed: Speed;
  readonly clock: Clock;
  readonly log: Log;
}

export class DemoFeed implements Feed {
  readonly kind = 'demo';
  readonly symbols: readonly string[];
  private readonly options: DemoFeedOptions;

  constructor(options: DemoFeedOptions) {
    checkSpeed(options.speed);
    this.options = options;
    this.symbols = [...new Set(options.symbols)];
  }

  /** The 210 hours before the first live minute, as far as they are not stored; minutes without trades are not in it. */
  async history(symbol: string, after: number | undefined): Promise<readonly Candle[]> {
    const market = this.market(symbol);
    const candles: Candle[] = [];
    const start = after === undefined ? DEMO_HISTORY_START : Math.max(DEMO_HISTORY_START, after + MINUTE_MS);
    for (let openTime = start; openTime < DEMO_LIVE_START; openTime += MINUTE_MS) {
      const candle = market.candle(openTime);
      if (candle !== undefined) candles.push(candle);
    }
    return candles;
  }

  run(sink: MarketSink, after: ReadonlyMap<string, number>, signal: AbortSignal): Promise<'end' | 'aborted'> {
    const { seed, speed, clock, log } = this.options;
    const starts = this.symbols.map((symbol) => ({
      market: this.market(symbol),
      start: Math.max(DEMO_LIVE_START, (after.get(symbol) ?? 0) + MINUTE_MS),
    }));
    log.info({ seed, speed, symbols: this.symbols }, 'demo market runs; its prices are invented');
    return play({
      batches: liveMinutes(starts),
      sink,
      pacer: new Pacer({ speed, clock, from: Math.max(...starts.map(({ start }) => start)) }),
      wanted: () => true,
      signal,
    });
  }

  private market(symbol: string): DemoMarket {
    return new DemoMarket({ seed: this.options.seed, symbol });
  }
}

interface LiveMarket {
  readonly market: DemoMarket;
  /** The first minute that is not stored. */
  readonly start: number;
}

/** One batch a minute: the trades of all symbols by time, then the candles they make. */
function* liveMinutes(markets: readonly LiveMarket[]): Generator<TimedEvent[]> {
  if (markets.length === 0) return;
  for (let openTime = Math.min(...markets.map(({ start }) => start)); ; openTime += MINUTE_MS) {
    const events = markets
      .filter(({ start }) => start <= openTime)
      .flatMap(({ market }) => minuteEvents(market, openTime));
    yield events.sort((one, other) => one.at - other.at);
  }
}

function minuteEvents(market: DemoMarket, openTime: number): TimedEvent[] {
  const { symbol } = market;
  const candle = market.candle(openTime);
  if (candle === undefined) return [];
  return [
    ...market.trades(candle).map((trade): TimedEvent => ({ at: trade.at, event: { type: 'trade', symbol, trade } })),
    { at: closeTime(candle), event: { type: 'candle', symbol, candle, inside: 'trades' } },
  ];
}
