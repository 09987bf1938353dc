/**
 * The texts that the feed sends (docs/FEED.md), each built once for all who get it. Names of channels need no escaping:
 * they are checked before.
 */
import { formatDecimal, fromNumber } from '../../domain/money.ts';
import { isoTime } from '../../domain/time.ts';
import type { CandleJson, Channel, FeedErrorCode, FeedMessage } from '../../protocol/feed.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { FeedSnapshot } from '../../protocol/ports/feed-reader.ts';
import type { BusTrade } from './market-data.ts';

export const HELLO = text({ type: 'hello', heartbeatMs: LIMITS.feedHeartbeatIntervalMs });
export const PONG = text({ type: 'pong' });

/**
 * `json` is an event as the bus and the journal have it. The event of an order has a `type` of its own (market or limit),
 * which is `orderType` here, because the feed's `type` says what the message is.
 */
export function eventText(channel: Channel, kind: string, json: string): string {
  if (kind === 'fill' || !json.includes('"type":')) return `{"type":"event","channel":"${channel}",${json.slice(1)}`;
  const { type, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify({ type: 'event', channel, ...rest, ...(type === undefined ? {} : { orderType: type }) });
}

export function snapshotText(channel: Channel, { seq, data }: FeedSnapshot): string {
  return text({ type: 'snapshot', channel, seq, data });
}

/** `events` are JSON. */
export function decisionsText(channel: Channel, events: readonly string[]): string {
  return `{"type":"snapshot","channel":"${channel}","seq":0,"data":{"recent":[${events.join()}]}}`;
}

export function liveText(channel: Channel, seq: number): string {
  return `{"type":"live","channel":"${channel}","seq":${seq}}`;
}

/** The price is market data, a float, and a decimal from here on. */
export function tickText(channel: Channel, { price, at }: BusTrade): string {
  return text({ type: 'tick', channel, price: formatDecimal(fromNumber(price)), at: isoTime(at) });
}

export function candleText(channel: Channel, candle: CandleJson): string {
  return text({ type: 'candle', channel, candle });
}

/** `data` is JSON. */
export function stateText(channel: Channel, at: number, data: string): string {
  return `{"type":"state","channel":"${channel}","at":"${isoTime(at)}","data":${data}}`;
}

export function heartbeatText(at: number): string {
  return text({ type: 'heartbeat', at: isoTime(at) });
}

export function errorText(code: FeedErrorCode, message: string, channel?: Channel): string {
  return text({ type: 'error', code, message, ...(channel === undefined ? {} : { channel }) });
}

function text(message: FeedMessage): string {
  return JSON.stringify(message);
}
