/** One list of a symbol's events out of several that may overlap: each row once, newest first. */
import type { FeedEvent } from '../../../protocol/feed.ts';

export function latestEvents(
  symbol: string,
  sources: readonly (readonly FeedEvent[])[],
  limit: number,
): readonly FeedEvent[] {
  const bySeq = new Map<number, FeedEvent>();
  for (const events of sources) {
    for (const event of events) if (event.stream === symbol) bySeq.set(event.seq, event);
  }
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, limit);
}
