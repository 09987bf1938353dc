/** So many requests at a time, so many that wait for their turn, and an answer in time: whoever asks too much waits, nobody else. */
import type { Clock } from '../../protocol/ports/clock.ts';
import type { HttpResponse } from '../live-server.ts';
import { failure } from './responses.ts';

export interface SlotsOptions {
  readonly clock: Clock;
  readonly atOnce: number;
  /** Those that wait for one of these; the next is answered 429. */
  readonly waiting: number;
  /** From its turn on; without it a request takes as long as it takes. */
  readonly deadlineMs?: number;
}

type Work = () => HttpResponse | Promise<HttpResponse>;

export class Slots {
  readonly #options: SlotsOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** Rejects when the work does. */
  async run(work: Work): Promise<HttpResponse> {
    const { atOnce, waiting } = this.#options;
    if (this.#running >= atOnce) {
      if (this.#waiting.length >= waiting) {
        return failure('LIMIT', 'too many requests wait for an answer: ask again in a second', { 'retry-after': '1' });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await this.#inTime(work);
    } finally {
      this.#next();
    }
  }

  /** A turn of the loop between two of them: what else this process does is not kept waiting. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else setImmediate(next);
  }

  async #inTime(work: Work): Promise<HttpResponse> {
    const { clock, deadlineMs } = this.#options;
    if (deadlineMs === undefined) return work();
    return new Promise((resolve, reject) => {
      const cancel = clock.after(deadlineMs, () => {
        resolve(failure('UNAVAILABLE', 'the ledger did not answer in time: ask again', { 'retry-after': '1' }));
      });
      Promise.resolve().then(work).then(resolve, reject).finally(cancel);
    });
  }
}
