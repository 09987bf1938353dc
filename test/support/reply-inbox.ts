/**
 * Requests over a plain NATS connection with one inbox for all of them. Unlike the library's own requests it also hears
 * the answers that come after the caller has stopped waiting, so that a second answer to one id is noticed.
 */
import { createInbox, type Msg, type NatsConnection } from 'nats';

/** What came back: text, `nobody` when the server said that nobody listens, `silence` when nothing came in time. */
export type Answered = { readonly type: 'reply'; readonly text: string } | { readonly type: 'nobody' | 'silence' };

/** Called for every answer but the first one in time. */
export type OnLate = (text: string) => void;

interface Waiting {
  settle: ((answer: Answered) => void) | undefined;
  readonly onLate: OnLate;
}

const NO_RESPONDERS = 503;

export class ReplyInbox {
  readonly #nc: NatsConnection;
  readonly #inbox = createInbox();
  /** Kept to the end: an answer may come however late. */
  readonly #asked = new Map<string, Waiting>();
  #count = 0;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(message);
      },
    });
  }

  ask(request: { subject: string; payload: string; withinMs: number; onLate: OnLate }): Promise<Answered> {
    this.#count += 1;
    const token = String(this.#count);
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle({ type: 'silence' }), request.withinMs);
      const waiting: Waiting = { settle: undefined, onLate: request.onLate };
      const settle = (answer: Answered) => {
        clearTimeout(timer);
        waiting.settle = undefined;
        resolve(answer);
      };
      waiting.settle = settle;
      this.#asked.set(token, waiting);
      try {
        this.#nc.publish(request.subject, request.payload, { reply: `${this.#inbox}.${token}` });
      } catch {
        // A connection that is away for good says so here; for the caller nothing came back.
        settle({ type: 'silence' });
      }
    });
  }

  #take(message: Msg): void {
    const waiting = this.#asked.get(message.subject.slice(this.#inbox.length + 1));
    const isNobody = message.data.length === 0 && message.headers?.code === NO_RESPONDERS;
    if (waiting?.settle !== undefined) {
      waiting.settle(isNobody ? { type: 'nobody' } : { type: 'reply', text: message.string() });
    } else if (!isNobody) waiting?.onLate(message.string());
  }
}
