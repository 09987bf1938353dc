/** Text from the gateway as a message. What it means is trusted; what the feed itself counts with is checked. */
import type { FeedMessage } from '../../protocol/feed.ts';

type Fields = Readonly<Record<string, unknown>>;

const isSeq = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const CHECKS: Readonly<Record<FeedMessage['type'], (message: Fields) => boolean>> = {
  hello: ({ heartbeatMs }) => typeof heartbeatMs === 'number' && heartbeatMs > 0,
  snapshot: ({ channel, seq, data }) => isText(channel) && isSeq(seq) && isObject(data),
  event: ({ channel, stream, seq, kind }) => isText(channel) && isText(stream) && isSeq(seq) && isText(kind),
  live: ({ channel, seq }) => isText(channel) && isSeq(seq),
  tick: ({ channel, price }) => isText(channel) && isText(price),
  candle: ({ channel, candle }) => isText(channel) && isObject(candle),
  state: ({ channel, data }) => isText(channel) && isObject(data),
  heartbeat: () => true,
  pong: () => true,
  error: ({ code, message }) => isText(code) && isText(message),
};

export type Decoded = { readonly message: FeedMessage } | { readonly problem: string };

/** Undefined for a type of a later version, which is passed over; `problem` says what is wrong with the text. */
export function decodeMessage(text: string): Decoded | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return problem('not JSON', text);
  }
  if (!isObject(message)) return problem('not an object', text);
  const { type } = message as Fields;
  if (typeof type !== 'string') return problem('without a type', text);
  if (!Object.hasOwn(CHECKS, type)) return undefined;
  const isSound = CHECKS[type as FeedMessage['type']](message as Fields);
  return isSound ? { message: message as FeedMessage } : problem('malformed', text);
}

function problem(what: string, text: string): { readonly problem: string } {
  return { problem: `a message of the gateway is ${what}: ${text.slice(0, 200)}` };
}
