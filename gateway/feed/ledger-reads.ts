/**
 * All reads of the feed pass here: a bounded number at a time, each with a deadline (a cut connection may never answer),
 * and an outage is told once, not once a read.
 */
import { RetryableError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { FeedReader } from '../../protocol/ports/feed-reader.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { LEDGER_READ_MS_MAX, LEDGER_READS_MAX } from './bounds.ts';
import type { FeedCounts } from './stats.ts';

export interface LedgerReadsOptions {
  readonly reader: FeedReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: FeedCounts;
}

export class LedgerReads {
  readonly #options: LedgerReadsOptions;
  /** Those that wait for their turn: as many as there are streams and channels, at most. */
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #isAway = false;

  constructor(options: LedgerReadsOptions) {
    this.#options = options;
  }

  /** Rejects when the read failed or took too long. */
  async run<Result>(read: (reader: FeedReader) => Promise<Result>): Promise<Result> {
    if (this.#running >= LEDGER_READS_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      const result = await this.#inTime(read);
      this.#back();
      return result;
    } catch (error) {
      this.#away(error);
      throw error;
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #inTime<Result>(read: (reader: FeedReader) => Promise<Result>): Promise<Result> {
    const { reader, clock } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = clock.after(LEDGER_READ_MS_MAX, () => {
        reject(new RetryableError(`the ledger did not answer within ${LEDGER_READ_MS_MAX} ms`));
      });
      read(reader).then(resolve, reject).finally(cancel);
    });
  }

  #away(error: unknown): void {
    const { log, counts } = this.#options;
    counts.ledgerFailures += 1;
    if (!this.#isAway) log.warn({ error: messageOf(error) }, 'the ledger can not be read: the feed waits for it');
    this.#isAway = true;
  }

  #back(): void {
    if (this.#isAway) this.#options.log.info({}, 'the ledger can be read again: the feed catches up');
    this.#isAway = false;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
