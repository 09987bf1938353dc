/** What a call has to get answered: the content of its attempts, and what their answers amount to. */
import type { Reply } from '../../../protocol/errors.ts';
import { Fate } from './fate.ts';

export interface Task {
  /** Bytes of its largest attempt. */
  readonly bytes: number;
  /** The content of this attempt, which is about to be sent. */
  attempt(attempt: number): Uint8Array;
  reachedNobody(attempt: number): void;
  /** Takes an answer to an attempt, however late. Returns the answer for good once there is one. */
  heard(attempt: number, reply: Reply): Reply | undefined;
  /** Some attempt may have been carried out without our knowing. */
  readonly mayHaveArrived: boolean;
  /** The answer when no attempt is made any more. */
  end(why: string): Reply;
}

const encoder = new TextEncoder();

/** One command or question: the same bytes in every attempt. */
export class SingleTask implements Task {
  readonly #payload: Uint8Array;
  readonly #id: string | undefined;
  readonly #changes: boolean;
  readonly #fate = new Fate();

  constructor(options: { readonly body: object; readonly id: string | undefined; readonly changes: boolean }) {
    this.#payload = encoder.encode(JSON.stringify(options.body));
    this.#id = options.id;
    this.#changes = options.changes;
  }

  get bytes(): number {
    return this.#payload.byteLength;
  }

  get mayHaveArrived(): boolean {
    return this.#fate.mayHaveArrived;
  }

  attempt(attempt: number): Uint8Array {
    this.#fate.sent(attempt);
    return this.#payload;
  }

  reachedNobody(attempt: number): void {
    this.#fate.reachedNobody(attempt);
  }

  heard(attempt: number, reply: Reply): Reply | undefined {
    return this.#fate.heard(attempt, reply);
  }

  end(why: string): Reply {
    return this.#fate.end({ id: this.#id, changes: this.#changes, why });
  }
}
