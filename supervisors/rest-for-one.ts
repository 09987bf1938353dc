/**
 * Supervises the parts of a process, of which each depends on those before it: when one fails, it and everything behind
 * it are stopped in reverse order and started again in order. A start that is under way is called off when a part before
 * it fails. A part that keeps failing ends the process, visibly; a server that is away (RetryableError) is waited for
 * instead, however long it takes.
 *
 * A failure belongs to the life of the part that reported it: once that life was stopped, it is not heard any more.
 */
import { FencedError, RetryableError, TerminalError } from '../protocol/errors.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { RestartPolicy } from './restart-policy.ts';

export interface RunningPart {
  /** Ends the part; called once. A part must not fail any more after it was asked to stop. */
  stop(): Promise<void>;
}

export interface PartSpec {
  readonly name: string;
  /**
   * Starts the part. `failed` reports a failure after the start; before it, the promise rejects. `signal` calls the start
   * off: the process stops, or a part before this one has failed.
   */
  start(failed: (error: unknown) => void, signal: AbortSignal): Promise<RunningPart>;
}

export interface RestForOneOptions {
  readonly parts: readonly PartSpec[];
  readonly policy: RestartPolicy;
  /** For failures from outside; its verdict to give up counts for lost authority only. */
  readonly outsidePolicy: RestartPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** A part keeps failing, or failed in a way that only a person can mend. */
  readonly onGiveUp: (part: string, error: unknown) => void;
}

/** One life of a part; a failure belongs to the life that reported it and ends with it. */
interface Life {
  readonly spec: PartSpec;
  part: RunningPart | undefined;
  failure: { readonly error: unknown } | undefined;
}

interface GiveUp {
  readonly part: string;
  readonly error: unknown;
}

export class RestForOne {
  readonly #options: RestForOneOptions;
  /** Lives of the first parts, in order: what is not in here is not started. */
  readonly #running: Life[] = [];
  /** Calls off the start, or the pause, that is under way. */
  #attempt = new AbortController();
  #work: Promise<unknown> = Promise.resolve();
  #over = false;
  restarts = 0;
  /** A part keeps failing: nothing is started any more. */
  gaveUp = false;

  constructor(options: RestForOneOptions) {
    this.#options = options;
  }

  /** Resolves when every part has started; rejects when a part gives up during the start. */
  async start(): Promise<void> {
    const gaveUp = await this.#enqueue(() => this.#repair());
    if (gaveUp !== undefined) throw gaveUp.error;
  }

  async stop(): Promise<void> {
    this.#over = true;
    this.#attempt.abort();
    await this.#enqueue(() => this.#stopDownTo(0));
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  /**
   * Until every part runs: stops the first that failed and all behind it, or starts the next. Looks again after every
   * step, because a part that is being started may wait for one that has just failed.
   */
  async #repair(): Promise<GiveUp | undefined> {
    const { parts } = this.#options;
    while (!this.#over) {
      this.#attempt = new AbortController();
      const failed = this.#running.findIndex((life) => life.failure !== undefined);
      const broken = this.#running[failed];
      const next = parts[this.#running.length];
      if (broken === undefined && next === undefined) return undefined;
      let gaveUp: GiveUp | undefined;
      if (broken !== undefined) {
        await this.#stopDownTo(failed);
        gaveUp = await this.#backOff(broken.spec, broken.failure?.error);
      } else if (next !== undefined) {
        const refused = await this.#startPart(next);
        // A start that was called off says nothing about its part.
        if (refused !== undefined && !this.#attempt.signal.aborted) gaveUp = await this.#backOff(next, refused.error);
      }
      if (gaveUp !== undefined) return gaveUp;
    }
    return undefined;
  }

  /** Undefined when the part has started. */
  async #startPart(spec: PartSpec): Promise<Life['failure']> {
    const life: Life = { spec, part: undefined, failure: undefined };
    try {
      life.part = await spec.start((error) => this.#failed(life, error), this.#attempt.signal);
    } catch (error) {
      return { error };
    }
    this.#running.push(life);
    return undefined;
  }

  #failed(life: Life, error: unknown): void {
    const lifeIsOver = life.part !== undefined && !this.#running.includes(life);
    if (life.failure !== undefined || lifeIsOver || this.#over) return;
    life.failure = { error };
    const { log, onGiveUp } = this.#options;
    log.warn({ part: life.spec.name, error: describe(error) }, 'a part of this process failed');
    // A part that is not running yet is the one being started: its own promise tells the rest.
    if (life.part !== undefined) this.#attempt.abort();
    this.#enqueue(() => this.#repair()).then(
      (gaveUp) => {
        if (gaveUp !== undefined) onGiveUp(gaveUp.part, gaveUp.error);
      },
      (cause: unknown) => onGiveUp(life.spec.name, cause),
    );
  }

  /** Waits before the next try; answers why there will be none. */
  async #backOff(spec: PartSpec, error: unknown): Promise<GiveUp | undefined> {
    if (this.#over) return undefined;
    const { policy, outsidePolicy, log } = this.#options;
    if (error instanceof TerminalError) return this.#giveUp(spec, error);
    const away = error instanceof RetryableError;
    const decision = (away || error instanceof FencedError ? outsidePolicy : policy).failed();
    if (decision.type === 'give-up' && !away) {
      const message = `${spec.name} failed ${decision.failures} times in a row: ${describe(error)}`;
      return this.#giveUp(spec, new Error(message, { cause: error }));
    }
    const delayMs = decision.type === 'restart' ? decision.delayMs : OUTSIDE_DELAY_MS;
    this.restarts += 1;
    log.warn({ part: spec.name, delayMs, error: describe(error) }, 'restarting a part of this process');
    await this.#pause(delayMs);
    return undefined;
  }

  #giveUp(spec: PartSpec, error: unknown): GiveUp {
    this.#over = true;
    this.gaveUp = true;
    return { part: spec.name, error };
  }

  /** Waits, unless the attempt is called off: a stop is not kept waiting. */
  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#attempt;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(delayMs, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  async #stopDownTo(index: number): Promise<void> {
    while (this.#running.length > index) {
      const life = this.#running.pop();
      await life?.part?.stop().catch((error: unknown) => {
        this.#options.log.warn({ part: life.spec.name, error: describe(error) }, 'a part did not stop cleanly');
      });
    }
  }
}

/** Between attempts when something has been away for long. */
const OUTSIDE_DELAY_MS = 1_000;

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
