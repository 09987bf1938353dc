/**
 * Supervises the parts of a process, of which each depends on those before it: when one fails, it and everything behind
 * it are stopped in reverse order and started again in order. A part that keeps failing ends the process, visibly.
 */
import { TerminalError } from '../protocol/errors.ts';
import type { Clock } from '../protocol/ports/clock.ts';
import { sleep } from '../protocol/ports/clock.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { RestartPolicy } from './restart-policy.ts';

export interface RunningPart {
  /** Ends the part; called once. A part must not fail any more after it was asked to stop. */
  stop(): Promise<void>;
}

export interface PartSpec {
  readonly name: string;
  /** Starts the part. `failed` reports a failure after the start; before it, the promise rejects. */
  start(failed: (error: unknown) => void, signal: AbortSignal): Promise<RunningPart>;
}

export interface RestForOneOptions {
  readonly parts: readonly PartSpec[];
  readonly policy: RestartPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** A part keeps failing, or failed in a way that only a person can mend. */
  readonly onGiveUp: (part: string, error: unknown) => void;
}

export class RestForOne {
  readonly #options: RestForOneOptions;
  readonly #running: { readonly spec: PartSpec; readonly part: RunningPart }[] = [];
  readonly #abort = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #generation = 0;
  restarts = 0;

  constructor(options: RestForOneOptions) {
    this.#options = options;
  }

  /** Resolves when every part has started; rejects when a part gives up during the start. */
  async start(): Promise<void> {
    await this.#enqueue(() => this.#startFrom(0));
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#generation += 1;
    await this.#enqueue(() => this.#stopDownTo(0));
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #startFrom(index: number): Promise<void> {
    const { parts } = this.#options;
    for (let next = index; next < parts.length && !this.#abort.signal.aborted; ) {
      const spec = parts[next] as PartSpec;
      try {
        await this.#startPart(spec);
        next += 1;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        await this.#backOff(spec, error);
      }
    }
  }

  async #startPart(spec: PartSpec): Promise<void> {
    const generation = this.#generation;
    let reported = false;
    const part = await spec.start((error) => {
      if (reported || generation !== this.#generation || this.#abort.signal.aborted) return;
      reported = true;
      this.#failed(spec, error);
    }, this.#abort.signal);
    this.#running.push({ spec, part });
  }

  #failed(spec: PartSpec, error: unknown): void {
    this.#generation += 1;
    this.#options.log.warn({ part: spec.name, error: describe(error) }, 'a part of this process failed');
    this.#enqueue(async () => {
      if (this.#abort.signal.aborted) return;
      const index = this.#options.parts.indexOf(spec);
      await this.#stopDownTo(index);
      await this.#backOff(spec, error);
      await this.#startFrom(index);
    }).catch((cause: unknown) => this.#options.onGiveUp(spec.name, cause));
  }

  async #backOff(spec: PartSpec, error: unknown): Promise<void> {
    const { policy, clock, log } = this.#options;
    if (error instanceof TerminalError) throw error;
    const decision = policy.failed();
    if (decision.type === 'give-up') {
      throw new Error(`${spec.name} failed ${decision.failures} times in a row: ${describe(error)}`, { cause: error });
    }
    this.restarts += 1;
    log.warn({ part: spec.name, delayMs: decision.delayMs, error: describe(error) }, 'restarting a part of this process');
    await sleep(clock, decision.delayMs);
  }

  async #stopDownTo(index: number): Promise<void> {
    const { parts, log } = this.#options;
    while (this.#running.length > 0) {
      const last = this.#running[this.#running.length - 1];
      if (last === undefined || parts.indexOf(last.spec) < index) return;
      this.#running.pop();
      await last.part.stop().catch((error: unknown) => {
        log.warn({ part: last.spec.name, error: describe(error) }, 'a part did not stop cleanly');
      });
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
