/** A bounded list of events, newest first, each once. Order is that of hearing; history that is loaded later goes by time. */
import type { FeedEvent } from '../../../protocol/feed.ts';

export const EVENTS_MAX = 200;

export function withEvent(events: readonly FeedEvent[], event: FeedEvent): readonly FeedEvent[] {
  // What is new is nearly always newer than all: only then is no search needed.
  const seen = events.some((other) => isSame(other, event));
  return seen ? events : [event, ...events].slice(0, EVENTS_MAX);
}

/** Merges history under what was heard live. */
export function withHistory(events: readonly FeedEvent[], history: readonly FeedEvent[]): readonly FeedEvent[] {
  const fresh = history.filter((event) => !events.some((other) => isSame(other, event)));
  return [...events, ...fresh].sort(newestFirst).slice(0, EVENTS_MAX);
}

function isSame(a: FeedEvent, b: FeedEvent): boolean {
  return a.seq === b.seq && a.stream === b.stream;
}

function newestFirst(a: FeedEvent, b: FeedEvent): number {
  if (a.stream === b.stream) return b.seq - a.seq;
  return a.at < b.at ? 1 : a.at > b.at ? -1 : 0;
}
