/**
 * Work that is done again whenever something may have changed: one run at a time, however often it is woken, and never a
 * wake-up lost. A run that fails is logged and tried again.
 */
import type { Clock } from '../protocol/ports/clock.ts';
import type { Log } from '../protocol/ports/log.ts';

const AFTER_FAILURE_MS = 250;

export interface RepeaterOptions {
  readonly name: string;
  /**
   * Does what there is to do. Answers how long to rest before it is done again, whoever wakes it meanwhile; undefined to
   * wait for a wake-up.
   */
  readonly work: () => Promise<number | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

export class Repeater {
  readonly #options: RepeaterOptions;
  #woken = false;
  #resting = false;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;

  constructor(options: RepeaterOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#woken = true;
    if (this.#stopped || this.#resting || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#woken) this.wake();
    });
  }

  /** Resolves when the run under way, and what woke it meanwhile, is over. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** No further run; resolves when the one under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.settled();
  }

  async #run(): Promise<void> {
    while (this.#woken && !this.#resting && !this.#stopped) {
      this.#woken = false;
      const restMs = await this.#once();
      if (restMs === 0) this.#woken = true;
      else if (restMs !== undefined && !this.#stopped) this.#rest(restMs);
    }
  }

  async #once(): Promise<number | undefined> {
    try {
      return await this.#options.work();
    } catch (error) {
      const { log, name } = this.#options;
      log.warn({ what: name, error: error instanceof Error ? error.message : String(error) }, 'trying again');
      return AFTER_FAILURE_MS;
    }
  }

  #rest(restMs: number): void {
    this.#resting = true;
    this.#cancelTimer = this.#options.clock.after(restMs, () => {
      this.#resting = false;
      this.wake();
    });
  }
}
