/** One subscriber of a channel: its handlers, how far it is, and whether it is still there. */
import type { Channel } from '../../protocol/feed.ts';
import { type Cursor, cursorAfter, type Judgement } from './cursor.ts';
import type { FeedHandlers, MessageOf } from './handlers.ts';

/** Runs a handler; what it throws is reported and goes no further. */
export type Deliver = (handler: () => unknown) => void;

export class Subscriber {
  readonly #handlers: FeedHandlers;
  readonly #deliver: Deliver;
  #cursor: Cursor | undefined;
  #closed = false;
  /** Nothing is missing, as far as the gateway has said. */
  #live = false;

  constructor(handlers: FeedHandlers, deliver: Deliver) {
    this.#handlers = handlers;
    this.#deliver = deliver;
  }

  /** The last row it had; undefined while it needs a snapshot. */
  get seq(): number | undefined {
    return this.#cursor?.seq;
  }

  close(): void {
    this.#closed = true;
  }

  /** What it knows is not current any more. `forget`: nor can it be continued. */
  stale(forget: boolean): void {
    this.#live = false;
    if (forget) this.#cursor = undefined;
  }

  start(channel: Channel, snapshot: MessageOf<'snapshot'>): void {
    this.#cursor = cursorAfter(channel, snapshot);
    this.#live = false;
    this.tell('snapshot', snapshot);
  }

  /** Undefined before the first snapshot: the snapshot will contain it. */
  offer(event: MessageOf<'event'>): Judgement | undefined {
    const judgement = this.#cursor?.take(event);
    if (judgement === 'next') this.tell('event', event);
    if (judgement === 'gap') this.#live = false;
    return judgement;
  }

  /** The gateway has sent everything up to the row that the message names. */
  caughtUp(message: MessageOf<'live'>): void {
    if (this.#live || this.#cursor === undefined || this.#cursor.seq < message.seq) return;
    this.#live = true;
    this.tell('live', message);
  }

  tell<Type extends keyof FeedHandlers>(type: Type, message: MessageOf<Type>): void {
    if (this.#closed) return;
    const handlers = this.#handlers as { [Name in Type]?: (message: MessageOf<Name>) => unknown };
    // Called on the object, so that handlers may be the methods of one.
    this.#deliver(() => handlers[type]?.(message));
  }
}
