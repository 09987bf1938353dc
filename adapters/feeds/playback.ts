/**
 * Plays timed market events into a sink: in order, at a speed, waiting for the sink, until the end or an abort.
 *
 * Each delivery to a symbol is awaited before the next one to it; symbols whose events fall on the same instant are
 * served together. Nothing is in flight any more when `play` settles, rejections included.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MarketEvent, MarketSink } from '../../protocol/ports/market.ts';
import type { Pacer } from './pacer.ts';

export interface TimedEvent {
  /** Market time in milliseconds: of a trade its own, of a candle its close. */
  readonly at: number;
  readonly event: MarketEvent;
}

export interface Playback {
  /** In order of time. */
  readonly batches: AsyncIterable<readonly TimedEvent[]> | Iterable<readonly TimedEvent[]>;
  readonly sink: MarketSink;
  readonly pacer: Pacer;
  /** Events this one refuses were stored before a restart and are passed over. */
  readonly wanted: (timed: TimedEvent) => boolean;
  readonly signal: AbortSignal;
}

/** Rejects with what the sink or the source of the events rejected with. */
export async function play({ batches, sink, pacer, wanted, signal }: Playback): Promise<'end' | 'aborted'> {
  if (signal.aborted) return 'aborted';
  for await (const batch of batches) {
    const events = batch.filter(wanted);
    for (let start = 0, end = 0; start < events.length; start = end) {
      const at = events[start]?.at ?? 0;
      for (end = start; end < events.length && events[end]?.at === at; end += 1);
      await pacer.reach(at, signal);
      if (signal.aborted) return 'aborted';
      await deliverInstant(sink, events.slice(start, end));
    }
    // A sink that answers at once would otherwise keep timers and sockets, and with them the abort, from ever running.
    await nextTurn();
    if (signal.aborted) return 'aborted';
  }
  return 'end';
}

async function deliverInstant(sink: MarketSink, events: readonly TimedEvent[]): Promise<void> {
  const [only, ...more] = events;
  if (only === undefined) return;
  if (more.length === 0) return sink.deliver(only.event);
  const bySymbol = new Map<string, MarketEvent[]>();
  for (const { event } of events) {
    const queue = bySymbol.get(event.symbol);
    if (queue === undefined) bySymbol.set(event.symbol, [event]);
    else queue.push(event);
  }
  const outcomes = await Promise.allSettled([...bySymbol.values()].map((queue) => deliverInOrder(sink, queue)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function deliverInOrder(sink: MarketSink, queue: readonly MarketEvent[]): Promise<void> {
  for (const event of queue) await sink.deliver(event);
}
