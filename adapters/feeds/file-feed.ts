/**
 * Recorded candles and trades behind the feed port. Candle files deliver candles whose inside the receiver travels;
 * trade files deliver trades and the candles built from them. A file that grows is not followed.
 */
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Feed, MarketSink } from '../../protocol/ports/market.ts';
import { checkSpeed, Pacer, type Speed } from './pacer.ts';
import { play, type TimedEvent } from './playback.ts';
import type { FileSource } from './recorded-file.ts';
import { Recording } from './recording.ts';

export interface FileFeedOptions {
  readonly sources: readonly FileSource[];
  readonly speed: Speed;
  readonly clock: Clock;
  readonly log: Log;
}

export class FileFeed implements Feed {
  readonly kind = 'file';
  private readonly options: FileFeedOptions;
  private readonly recording: Recording;

  private constructor(options: FileFeedOptions, recording: Recording) {
    this.options = options;
    this.recording = recording;
  }

  /**
   * Reads all files once: which symbols they hold, and that every line can be used, before anything is decided on the
   * first. Rejects with RecordedDataError, naming file and line.
   */
  static async open(options: FileFeedOptions): Promise<FileFeed> {
    checkSpeed(options.speed);
    const recording = await Recording.open(options.sources, { disorder: 'sort', contradictions: 'refuse' });
    const { symbols, outOfOrder } = recording;
    const paths = options.sources.map(({ path }) => path);
    if (outOfOrder > 0) options.log.warn({ paths, rows: outOfOrder }, 'recorded rows are out of order and were sorted');
    for (const { symbol, candles, trades, duplicates, missingMinutes } of symbols) {
      const fields = { symbol, candles, trades, duplicates, missingMinutes };
      if (duplicates > 0) options.log.warn(fields, 'recording holds duplicates, each is used once');
      else options.log.info(fields, 'recording read');
    }
    return new FileFeed(options, recording);
  }

  get symbols(): readonly string[] {
    return this.recording.symbols.map(({ symbol }) => symbol);
  }

  /** A recording has nothing before its first candle. */
  async history(): Promise<readonly Candle[]> {
    return [];
  }

  run(sink: MarketSink, after: ReadonlyMap<string, number>, signal: AbortSignal): Promise<'end' | 'aborted'> {
    const { speed, clock } = this.options;
    return play({
      batches: this.recording.events(),
      sink,
      pacer: new Pacer({ speed, clock, from: Math.max(0, ...after.values()) + MINUTE_MS }),
      wanted: (timed) => isBehind(timed, after),
      signal,
    });
  }
}

/** Whether the event belongs to a minute behind the last one stored. */
function isBehind({ event }: TimedEvent, after: ReadonlyMap<string, number>): boolean {
  const stored = after.get(event.symbol);
  if (stored === undefined) return true;
  return event.type === 'candle' ? event.candle.openTime > stored : event.trade.at >= stored + MINUTE_MS;
}
