/** What a subscriber is told, and by which names. Each handler gets the message as protocol/feed.ts has it. */
import type { Channel, FeedMessage } from '../../protocol/feed.ts';
import type { LiveData, SnapshotData } from './channels.ts';

export type MessageOf<Type extends FeedMessage['type']> = Extract<FeedMessage, { readonly type: Type }>;
type WithData<Type extends 'snapshot' | 'state', Data> = Omit<MessageOf<Type>, 'data'> & { readonly data: Data };

/**
 * All are optional. What a handler throws (or a promise it returns rejects with) goes to `onError` of the client and harms
 * nothing: the next message comes all the same.
 */
export interface FeedHandlers<Name extends Channel = Channel> {
  /** Replaces everything known of the channel. The first message; may come again at any time. */
  snapshot?(message: WithData<'snapshot', SnapshotData<Name>>): void;
  /** A journal row, each exactly once and in order; the first after a snapshot is `seq` + 1. */
  event?(message: MessageOf<'event'>): void;
  /** The last price; at most ten a second. */
  tick?(message: MessageOf<'tick'>): void;
  /** A closed candle. */
  candle?(message: MessageOf<'candle'>): void;
  /** What is not in the journal, as the engine answers it now. Replaces the one before. */
  state?(message: WithData<'state', LiveData<Name>>): void;
  /** Nothing is missing any more: what comes now happens now. Comes again after a loss was made up for. */
  live?(message: MessageOf<'live'>): void;
  /** The gateway refused the channel. After UNAVAILABLE it is asked again, after the others with the next connection. */
  error?(message: MessageOf<'error'>): void;
}

export interface Subscription {
  readonly channel: Channel;
  /** No handler is called after this. Twice is once. */
  unsubscribe(): void;
}
