/**
 * Runs suites one after another and tells of each as soon as it ends. Owns the order, the servers and the rows so far; a
 * suite that fails or is interrupted is told with what it had, and is kept neither in the history nor as a plot.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { usesBroker } from './choice.ts';
import { appendHistory } from './history.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { type BenchOptions, UsageError } from './options.ts';
import { plot } from './plot.ts';
import { type Circumstances, isWhole, makeReport, type Report, toJson } from './report.ts';
import { Servers } from './servers.ts';
import type { Row, Suite, SuiteContext, SuiteResult } from './suite.ts';
import { describe } from './table.ts';

const PLOTS = new URL('../plots/', import.meta.url);

/** Why a suite did not come to its end. */
type Ending = Pick<Circumstances, 'cutShort' | 'hasFailed'>;

interface UnderWay {
  readonly suite: Suite;
  readonly context: SuiteContext;
  readonly startedAt: Date;
  readonly since: number;
  readonly rows: Row[];
}

export class Run {
  readonly #options: BenchOptions;
  readonly #servers: Servers;
  readonly #commit = describeCommit();
  readonly #since = performance.now();
  #underWay: UnderWay | undefined;

  constructor(options: BenchOptions) {
    this.#options = options;
    this.#servers = new Servers(options.fsyncDelayMs);
  }

  /** False when the correctness of one of them failed, or it could not be measured. Throws UsageError. */
  async measure(suites: readonly Suite[]): Promise<boolean> {
    await this.#servers.prepare();
    const isEverything = this.#options.suites.length + this.#options.scenarios.length === 0;
    const failed: string[] = [];
    for (const suite of suites) {
      const shortened = isEverything ? suite.shortened?.(performance.now() - this.#since) : undefined;
      if (!(await this.#measureSuite(suite, shortened ?? {}))) failed.push(suite.name);
      await this.#servers.rest().catch(() => undefined);
    }
    // Each has said so below its own table, which may be far above.
    if (failed.length > 0 && suites.length > 1) console.error(`FAILED: ${failed.join(', ')}`);
    return failed.length === 0;
  }

  /** What the suite under way had when this run was ended from outside. */
  async tellInterrupted(signal: string): Promise<void> {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined) await this.#tell(underWay, { rows: underWay.rows }, { cutShort: signal });
  }

  /** Ends what it started, also in the middle of it. */
  async close(): Promise<void> {
    await this.#servers.remove();
  }

  async #measureSuite(suite: Suite, shortened: Partial<SuiteContext>): Promise<boolean> {
    const rows: Row[] = [];
    const context = { ...this.#contextFor(rows), ...shortened };
    const underWay = { suite, context, startedAt: new Date(), since: performance.now(), rows };
    this.#underWay = underWay;
    context.progress(suite.title);
    try {
      const result = await suite.run(context);
      // Interrupted: told already.
      if (this.#underWay === undefined) return false;
      if (result.rows.length === 0) throw new UsageError(`${suite.name} has no such contender in such a scenario`);
      const report = await this.#tell(underWay, result);
      this.#record(suite, report, isEmpty(shortened));
      return !report.isBroken;
    } catch (error) {
      // Interrupted: its servers were taken away under it.
      if (this.#underWay === undefined) return false;
      if (error instanceof UsageError) throw error;
      console.error(error);
      await this.#tell(underWay, { rows }, { cutShort: (error as Error).message, hasFailed: true });
      return false;
    } finally {
      this.#underWay = undefined;
    }
  }

  #contextFor(rows: Row[]): SuiteContext {
    const { isQuick, scenarios, contenders, rounds, fsyncDelayMs } = this.#options;
    return {
      isQuick,
      scenarios,
      contenders,
      rounds,
      fsyncDelayMs,
      postgres: () => this.#servers.postgres(),
      progress: (text) => console.error(`${clock(performance.now() - this.#since)}  ${text}`),
      finished: (more) => void rows.push(...more),
    };
  }

  async #tell(underWay: UnderWay, result: SuiteResult, ending: Ending = {}): Promise<Report> {
    const { suite, context, startedAt, since } = underWay;
    const tookMs = performance.now() - since;
    // A server that is the reason for the end is not asked once more.
    const hasBroker = usesBroker(suite, context);
    const versions = await this.#servers.versions({ hasBroker }).catch(() => ({}));
    const report = makeReport(result, {
      ...context,
      suite: suite.name,
      machine: describeMachine(versions),
      commit: this.#commit,
      startedAt,
      tookMs,
      ...ending,
    });
    process.stdout.write(`${this.#options.isJson ? toJson(report) : describe(suite, report)}\n`);
    return report;
  }

  /** Where it can't be written the figures have been told all the same, and are none the worse. */
  #record(suite: Suite, report: Report, isUnshortened: boolean): void {
    if (!this.#options.isRecorded) return;
    try {
      appendHistory(report);
      if (!isWhole(report) || !isUnshortened) return;
      mkdirSync(PLOTS, { recursive: true });
      writeFileSync(fileURLToPath(new URL(`${suite.name}.svg`, PLOTS)), plot(suite, report));
    } catch (error) {
      console.error(`this run is not kept: ${(error as Error).message}`);
    }
  }
}

function isEmpty(shortened: Partial<SuiteContext>): boolean {
  return Object.keys(shortened).length === 0;
}

/** 1:05 is a minute and five seconds. */
function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
