/** What the live feed and its clients say to each other (docs/FEED.md). Types only: the gateway checks what it is sent. */

/** `symbol:<SYMBOL>`, `account`, `cluster` or `decisions`. */
export type Channel = string;

export type FeedRequest =
  | {
      readonly op: 'subscribe';
      readonly channels: readonly Channel[];
      readonly since?: Readonly<Record<Channel, number>>;
    }
  | { readonly op: 'unsubscribe'; readonly channels: readonly Channel[] }
  | { readonly op: 'ping' };

/** A journal row as the bus and the feed carry it; what else is in it depends on its kind. */
export interface FeedEvent {
  readonly stream: string;
  readonly seq: number;
  readonly kind: string;
  /** ISO-8601, UTC. */
  readonly at: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** A pause or halt in force, as its journal row said it. */
export interface Stop {
  readonly command: 'pause' | 'halt';
  readonly reason: string;
  /** Null where nobody was named. */
  readonly by: string | null;
  /** ISO-8601, UTC. Null where no row says it: the ledger itself halts an account in deficit. */
  readonly at: string | null;
}

export interface CandleJson {
  /** ISO-8601, UTC. */
  readonly openTime: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export type FeedMessage =
  | { readonly type: 'hello'; readonly heartbeatMs: number }
  | {
      readonly type: 'snapshot';
      readonly channel: Channel;
      readonly seq: number;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | ({ readonly type: 'event'; readonly channel: Channel } & FeedEvent)
  | { readonly type: 'live'; readonly channel: Channel; readonly seq: number }
  /** `price` is a decimal string. */
  | { readonly type: 'tick'; readonly channel: Channel; readonly price: string; readonly at: string }
  | { readonly type: 'candle'; readonly channel: Channel; readonly candle: CandleJson }
  | {
      readonly type: 'state';
      readonly channel: Channel;
      readonly at: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'heartbeat'; readonly at: string }
  | { readonly type: 'pong' }
  | { readonly type: 'error'; readonly code: FeedErrorCode; readonly message: string; readonly channel?: Channel };

export type FeedErrorCode = 'INVALID' | 'NOT_FOUND' | 'LIMIT' | 'UNAVAILABLE';

export const FEED_PATH = '/feed';
export const FEED_PROTOCOL = 'coinpilot.feed';
export const TOKEN_PROTOCOL = 'coinpilot.token.';
