/**
 * Several fills in one request, answered one by one. What is settled stays settled; the rest is sent again under its own
 * ids. The answer has the order of the request.
 */
import { type Reply, refuse } from '../../../protocol/errors.ts';
import { isReply } from './decode-reply.ts';
import { Fate } from './fate.ts';
import type { Task } from './task.ts';

interface Item {
  readonly body: object;
  readonly id: string;
  readonly fate: Fate;
  result: Reply | undefined;
}

const encoder = new TextEncoder();

export class BatchTask implements Task {
  readonly #items: readonly Item[];
  readonly #deadline: string;
  /** The request with all its fills. */
  readonly #whole: Uint8Array;
  /** What each attempt held, in its order. */
  readonly #sent = new Map<number, readonly Item[]>();

  constructor(fills: readonly (object & { readonly id: string })[], deadline: string) {
    this.#items = fills.map((body) => ({ body, id: body.id, fate: new Fate(), result: undefined }));
    this.#deadline = deadline;
    this.#whole = this.#encode(this.#items);
  }

  get bytes(): number {
    return this.#whole.byteLength;
  }

  get mayHaveArrived(): boolean {
    return this.#items.some((item) => item.result !== undefined || item.fate.mayHaveArrived);
  }

  attempt(attempt: number): Uint8Array {
    const items = this.#unsettled();
    for (const { fate } of items) fate.sent(attempt);
    this.#sent.set(attempt, items);
    return items.length === this.#items.length ? this.#whole : this.#encode(items);
  }

  reachedNobody(attempt: number): void {
    for (const { fate } of this.#sent.get(attempt) ?? []) fate.reachedNobody(attempt);
  }

  heard(attempt: number, reply: Reply): Reply | undefined {
    const items = this.#sent.get(attempt) ?? [];
    // A refusal of the whole request is one of each fill in it.
    const results = reply.ok ? resultsOf(reply.results, items.length) : items.map(() => reply);
    // Half an answer is none.
    if (results === undefined) return undefined;
    items.forEach((item, index) => {
      item.result ??= item.fate.heard(attempt, results[index] as Reply);
    });
    return this.#unsettled().length > 0 ? undefined : this.#answer();
  }

  end(why: string): Reply {
    for (const item of this.#unsettled()) item.result = item.fate.end({ id: item.id, changes: true, why });
    return this.#answer();
  }

  /** Told once when it was said of the request as a whole, or when every fill came to the same end without an answer. */
  #answer(): Reply {
    const results = this.#items.map(({ result }) => result as Reply);
    const [first] = results;
    if (first !== undefined && !first.ok) {
      const { code, message } = first.error;
      if (results.every((result) => result === first)) return first;
      const sameEnd = results.every((result) => !result.ok && result.error.code === code);
      if (sameEnd && code === 'OUTCOME_UNKNOWN') {
        return refuse(code, message, { ids: this.#items.map(({ id }) => id) });
      }
      if (sameEnd && code === 'UNAVAILABLE') return first;
    }
    return { ok: true, results };
  }

  #encode(items: readonly Item[]): Uint8Array {
    return encoder.encode(JSON.stringify({ fills: items.map(({ body }) => body), deadline: this.#deadline }));
  }

  #unsettled(): Item[] {
    return this.#items.filter(({ result }) => result === undefined);
  }
}

function resultsOf(value: unknown, length: number): readonly Reply[] | undefined {
  return Array.isArray(value) && value.length === length && value.every(isReply) ? value : undefined;
}
