/** The feed as the store needs it: the part of FeedClient (gateway/client) that a page uses, so that tests can play it. */
import type { FeedMessage } from '../../../protocol/feed.ts';

export type Message<Type extends FeedMessage['type']> = Extract<FeedMessage, { readonly type: Type }>;

export interface ChannelHandlers {
  readonly snapshot?: (message: Message<'snapshot'>) => void;
  readonly event?: (message: Message<'event'>) => void;
  readonly tick?: (message: Message<'tick'>) => void;
  readonly candle?: (message: Message<'candle'>) => void;
  readonly state?: (message: Message<'state'>) => void;
}

export interface FeedSubscription {
  unsubscribe(): void;
}

export interface FeedSource {
  subscribe(channel: string, handlers: ChannelHandlers): FeedSubscription;
  close(): void;
}

export interface FeedStatus {
  readonly connection: 'connecting' | 'live' | 'lost';
  /** Milliseconds of this browser's clock; null while it lives. */
  readonly lostAt: number | null;
  /** The server wants a token, or another one: only a person can mend that. */
  readonly unauthorized: boolean;
}

/** Opens the feed with a token (null: none) and reports how the connection is. */
export type OpenFeed = (options: {
  readonly token: string | null;
  readonly onStatus: (status: FeedStatus) => void;
}) => FeedSource;
