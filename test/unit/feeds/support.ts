/** What the feed tests share: a clock moved by hand, a log that remembers, a sink that keeps, files that vanish. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Clock } from '../../../protocol/ports/clock.ts';
import type { Log } from '../../../protocol/ports/log.ts';
import type { Feed, MarketEvent, MarketSink } from '../../../protocol/ports/market.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time stands still until `advance`; timers fall due in order. */
export class ManualClock implements Clock {
  private time = 1_000;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Goes to the next timer; false when there is none. */
  advance(): boolean {
    const [next] = [...this.timers].sort((one, other) => one.at - other.at);
    if (next === undefined) return false;
    this.timers.delete(next);
    this.time = Math.max(this.time, next.at);
    next.callback();
    return true;
  }
}

export class RecordingLog implements Log {
  readonly lines: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[] = [];

  debug(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ ...fields, level: 'debug', message });
  }
  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ ...fields, level: 'info', message });
  }
  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ ...fields, level: 'warn', message });
  }
  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ ...fields, level: 'error', message });
  }
}

export class CollectingSink implements MarketSink {
  readonly events: MarketEvent[] = [];
  private readonly onEvent: (event: MarketEvent, count: number) => void | Promise<void>;

  constructor(onEvent: (event: MarketEvent, count: number) => void | Promise<void> = () => undefined) {
    this.onEvent = onEvent;
  }

  async deliver(event: MarketEvent): Promise<void> {
    this.events.push(event);
    await this.onEvent(event, this.events.length);
  }
}

/** Plays a feed until it ends or has delivered `most` events. */
export async function collect(
  feed: Feed,
  { after = new Map(), most = Number.POSITIVE_INFINITY }: { after?: Map<string, number>; most?: number } = {},
): Promise<MarketEvent[]> {
  const abort = new AbortController();
  const sink = new CollectingSink((_, count) => {
    if (count >= most) abort.abort();
  });
  await feed.run(sink, after, abort.signal);
  return sink.events.slice(0, most);
}

export function candlesOf(events: readonly MarketEvent[], symbol?: string) {
  return events.flatMap((event) =>
    event.type === 'candle' && (symbol === undefined || event.symbol === symbol) ? [event.candle] : [],
  );
}

export function timeOf(event: MarketEvent): number {
  return event.type === 'candle' ? event.candle.openTime + 60_000 : event.trade.at;
}

/** Writes files into a folder that is removed after the tests of the file. */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => Promise<string> {
  let folder: Promise<string> | undefined;
  afterAll(async () => {
    if (folder !== undefined) await rm(await folder, { recursive: true });
  });
  return async (name, content) => {
    folder ??= mkdtemp(join(tmpdir(), 'coinpilot-feeds-'));
    const path = join(await folder, name);
    await writeFile(path, content);
    return path;
  };
}
