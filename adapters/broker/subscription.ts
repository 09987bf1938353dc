/** One SUB of one client, and how much of it is used up. */
import type { Outbox } from './outbox.ts';

/** What delivery needs to know of the client behind a subscription; the session implements it. */
export interface Subscriber {
  readonly outbox: Outbox;
  /** False for a client that does not want its own messages back. */
  readonly wantsEcho: boolean;
  /** False for a client that can't read HMSG; it gets the payload without headers. */
  readonly readsHeaders: boolean;
  /** Forgets a subscription that has had all the messages it asked for. */
  retire(subscription: Subscription): void;
}

/** A subscriber while it publishes. */
export interface Publisher extends Subscriber {
  /** Called when a reader it feeds is falling behind. */
  giveWay(): void;
}

export interface Subscription {
  readonly subscriber: Subscriber;
  /** The client's own name for it, repeated in every MSG. */
  readonly sid: string;
  readonly pattern: string;
  /** Queue group, or '' for a plain subscription. */
  readonly queue: string;
  /** Messages delivered so far. */
  delivered: number;
  /** Messages after which it ends (UNSUB with a maximum); 0 = never. */
  max: number;
  /** False from the moment it ends, so that a route found earlier no longer delivers to it. */
  live: boolean;
}
