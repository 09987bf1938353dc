/** Names of channels: `symbol:<SYMBOL>`, `account`, `cluster`, `decisions`. */
import { isSymbol } from '../../domain/instrument.ts';
import type { Channel } from '../../protocol/feed.ts';

export const ACCOUNT = 'account';
export const CLUSTER = 'cluster';
export const DECISIONS = 'decisions';

const SYMBOL_PREFIX = 'symbol:';

export type ChannelName =
  | { readonly kind: 'symbol'; readonly symbol: string }
  | { readonly kind: typeof ACCOUNT | typeof CLUSTER | typeof DECISIONS };

/** Undefined for what is no channel. */
export function parseChannel(name: Channel): ChannelName | undefined {
  if (name === ACCOUNT || name === CLUSTER || name === DECISIONS) return { kind: name };
  if (!name.startsWith(SYMBOL_PREFIX)) return undefined;
  const symbol = name.slice(SYMBOL_PREFIX.length);
  return isSymbol(symbol) ? { kind: 'symbol', symbol } : undefined;
}

/** The channel that carries a stream of the journal. */
export function channelOfStream(stream: string): Channel {
  return isSymbolStream(stream) ? SYMBOL_PREFIX + stream : stream;
}

/** The topic of a symbol's prices for one cohort. It is no channel's name: those hold no space. */
export function priceTopic(channel: Channel, cohort: number): string {
  return `${channel} ${cohort}`;
}

export function isSymbolStream(stream: string): boolean {
  return stream !== ACCOUNT && stream !== CLUSTER;
}
