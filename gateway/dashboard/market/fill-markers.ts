/**
 * Entries and exits on the chart: one marker for each candle and side, whatever number of fills it took. A sign without a
 * number, which would lie over the candles beside it: the events of the symbol tell quantity and price.
 */
import { MINUTE_MS } from '../../../domain/candle.ts';
import { tryParseDecimal } from '../../../domain/money.ts';
import type { FeedEvent } from '../../../protocol/feed.ts';

export interface FillMarker {
  /** Open time of the candle it belongs to, milliseconds. */
  readonly openTime: number;
  readonly side: 'buy' | 'sell';
}

/** The fills among these events, each row once, oldest first. Rows that are no fills, or not readable ones, are left out. */
export function distinctFills(events: readonly FeedEvent[]): readonly FeedEvent[] {
  const bySeq = new Map<number, FeedEvent>();
  for (const event of events) if (isFill(event)) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** `fills` (distinct, oldest first) and one more; the newest `limit` of them. A row that is no fill changes nothing. */
export function withFill(fills: readonly FeedEvent[], event: FeedEvent, limit: number): readonly FeedEvent[] {
  if (!isFill(event)) return fills;
  const isNewest = event.seq > (fills.at(-1)?.seq ?? Number.NEGATIVE_INFINITY);
  return (isNewest ? [...fills, event] : distinctFills([...fills, event])).slice(-limit);
}

/**
 * `from` is the open time of the oldest candle shown: what happened before it has no place. Fills of one symbol.
 * Sorted by time, as the chart demands it.
 */
export function fillMarkers(events: readonly FeedEvent[], from: number): readonly FillMarker[] {
  const markers = new Map<string, FillMarker>();
  for (const event of distinctFills(events)) {
    const openTime = Math.floor(Date.parse(event.at) / MINUTE_MS) * MINUTE_MS;
    if (openTime < from) continue;
    const side = event.side === 'buy' ? 'buy' : 'sell';
    markers.set(`${openTime} ${side}`, { openTime, side });
  }
  return [...markers.values()].sort((a, b) => a.openTime - b.openTime);
}

function isFill(event: FeedEvent): boolean {
  const { kind, at } = event;
  const side = event.side;
  return (
    kind === 'fill' &&
    (side === 'buy' || side === 'sell') &&
    tryParseDecimal(String(event.quantity)) !== undefined &&
    Number.isFinite(Date.parse(at))
  );
}
