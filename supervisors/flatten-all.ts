/**
 * Tells every symbol of a flatten to sell, again and again until each has answered for good. Each is told under an id that
 * follows from the command's, so that telling it twice, from two Pods or after a crash, sells once. The ledger keeps what
 * is not finished: the next owner of the account begins where this one ended.
 */
import { isoTime } from '../domain/time.ts';
import { type Reply, RetryableError } from '../protocol/errors.ts';
import { contentId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { FlattenOrder } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { Subjects } from '../protocol/subjects.ts';

export interface FlattenAllOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly log: Log;
  /** Every symbol has answered; `refused`: those that could not, and why. */
  readonly finish: (order: FlattenOrder, refused: Readonly<Record<string, string>>) => Promise<void>;
}

/** How far a symbol is: `told` will sell (or has nothing to sell), `refused` can't, `under way` has not answered. */
export type FlattenState = 'told' | 'refused' | 'under way';

export interface FlattenProgress {
  readonly symbol: string;
  readonly state: FlattenState;
  readonly reason?: string;
}

const ATTEMPT_MS = 1_000;
const PAUSE_MS = 200;

interface Run {
  readonly order: FlattenOrder;
  readonly progress: Map<string, FlattenProgress>;
  told: Promise<unknown>;
}

export class FlattenAll {
  readonly #options: FlattenAllOptions;
  #run: Run | undefined;
  #stopped = false;

  constructor(options: FlattenAllOptions) {
    this.#options = options;
  }

  /** Begins, or goes on with, what the ledger says is not finished. A newer order takes the place of an older one. */
  start(order: FlattenOrder): void {
    if (this.#run?.order.id === order.id) return;
    const run: Run = {
      order,
      progress: new Map(order.symbols.map((symbol) => [symbol, { symbol, state: 'under way' }])),
      told: Promise.resolve(),
    };
    // First, so that those who are told below know that it is their turn.
    this.#run = run;
    run.told = Promise.all(order.symbols.map((symbol) => this.#tell(run, symbol)));
    this.#finish(run);
  }

  /** What has come of it so far, waiting a moment for the symbols to answer. */
  async progress(order: Pick<FlattenOrder, 'id' | 'symbols'>, patienceMs: number): Promise<readonly FlattenProgress[]> {
    const run = this.#run;
    // Finished in an earlier life, or by an earlier command: its end is in the journal.
    if (run?.order.id !== order.id) return order.symbols.map((symbol) => ({ symbol, state: 'told' }));
    await Promise.race([run.told, sleep(this.#options.clock, patienceMs)]);
    return [...run.progress.values()];
  }

  stop(): void {
    this.#stopped = true;
  }

  #finish(run: Run): void {
    run.told
      .then(() => this.#untilDone(run))
      .catch((error: unknown) => {
        this.#options.log.error(
          { flatten: run.order.id, error: (error as Error).message },
          'a flatten ended in an error',
        );
      });
  }

  /** Nothing is lost when this fails: the next owner tells the symbols again, and they know it. */
  async #untilDone(run: Run): Promise<void> {
    const refused = Object.fromEntries(
      [...run.progress.values()].flatMap(({ symbol, reason }) => (reason === undefined ? [] : [[symbol, reason]])),
    );
    while (!this.#isOver(run)) {
      try {
        await this.#options.finish(run.order, refused);
        return;
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        await sleep(this.#options.clock, PAUSE_MS);
      }
    }
  }

  async #tell(run: Run, symbol: string): Promise<void> {
    const { clock, log } = this.#options;
    let isWarned = false;
    while (!this.#isOver(run)) {
      const reply = await this.#ask(run.order, symbol);
      if (reply.ok) {
        run.progress.set(symbol, { symbol, state: 'told' });
        return;
      }
      const { code, message, retryable } = reply.error;
      if (!retryable) {
        log.error({ symbol, code, reason: message }, 'a symbol could not be flattened: a person must look');
        run.progress.set(symbol, { symbol, state: 'refused', reason: `${code}: ${message}` });
        return;
      }
      if (!isWarned) log.warn({ symbol, code, reason: message }, 'a symbol was not reached to be flattened; trying on');
      isWarned = true;
      await sleep(clock, PAUSE_MS);
    }
  }

  async #ask({ id, reason, by }: FlattenOrder, symbol: string): Promise<Reply> {
    const { bus, subjects, clock } = this.#options;
    const request = {
      id: contentId('flatten', id, symbol),
      reason,
      ...(by === undefined ? {} : { by }),
      deadline: isoTime(clock.now() + LIMITS.reserveTimeoutMs),
    };
    try {
      const data = await bus.request(subjects.symbol(symbol, 'flatten'), JSON.stringify(request), ATTEMPT_MS);
      return JSON.parse(new TextDecoder().decode(data)) as Reply;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      return { ok: false, error: { code: 'UNAVAILABLE', message: error.message, retryable: true, details: {} } };
    }
  }

  /** Another owner, or a newer order, tells the symbols from here on. */
  #isOver(run: Run): boolean {
    return this.#stopped || this.#run !== run;
  }
}
