/** What a client of the live feed may say (docs/FEED.md), checked once at the edge. */
import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { describeIssues } from './messages.ts';

/** Longer than every name of a channel. */
const CHANNEL_LENGTH_MAX = 80;

const channel = z.string({ error: 'must be text such as "symbol:KRW-BTC"' }).max(CHANNEL_LENGTH_MAX);
const channels = z.array(channel, { error: 'must be a list such as ["account"]' }).min(1);
const seq = z.number({ error: 'must be the number of an event' }).int().nonnegative();

const request = z.discriminatedUnion(
  'op',
  [
    z.object({ op: z.literal('subscribe'), channels, since: z.record(channel, seq).optional() }),
    z.object({ op: z.literal('unsubscribe'), channels }),
    z.object({ op: z.literal('ping') }),
  ],
  { error: 'op must be "subscribe", "unsubscribe" or "ping"' },
);

export type FeedRequestDecoded =
  | { readonly type: 'request'; readonly request: z.output<typeof request> }
  /** Not JSON: whoever speaks is no client of the feed. */
  | { readonly type: 'garbage' }
  | { readonly type: 'refused'; readonly code: 'INVALID' | 'LIMIT'; readonly message: string };

/** Never throws. Fields that are not known are ignored. */
export function decodeFeedRequest(text: string): FeedRequestDecoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: 'garbage' };
  }
  const result = request.safeParse(value);
  if (!result.success) return { type: 'refused', code: 'INVALID', message: describeIssues(result.error) };
  const { data } = result;
  const maximum = LIMITS.feedChannelsPerMessageMax;
  if (data.op !== 'ping' && data.channels.length > maximum) {
    return { type: 'refused', code: 'LIMIT', message: `a message names at most ${maximum} channels: send several` };
  }
  return { type: 'request', request: data };
}
