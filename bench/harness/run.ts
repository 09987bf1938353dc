/**
 * Runs suites one after another and tells of each as soon as it ends. Owns the order, the servers and the rows so far; a
 * suite that fails or is interrupted is told with what it had, and is kept neither in the history nor as a plot.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { appendHistory } from './history.ts';
import { describeCommit, describeMachine } from './machine.ts';
import { type BenchOptions, UsageError } from './options.ts';
import { plot } from './plot.ts';
import type { Registered } from './registry.ts';
import { isWhole, makeReport, type Report, toJson } from './report.ts';
import { Servers } from './servers.ts';
import type { Row, Suite, SuiteContext, SuiteResult } from './suite.ts';
import { describe } from './table.ts';

const PLOTS = new URL('../plots/', import.meta.url);

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
  async measure(registered: readonly Registered[]): Promise<boolean> {
    await this.#servers.prepare();
    const isEverything = this.#options.suites.length === 0;
    let isSound = true;
    for (const one of registered) {
      const suite = await one.load();
      const shortened = isEverything ? one.shortened?.(performance.now() - this.#since) : undefined;
      isSound = (await this.#measureSuite(suite, shortened ?? {})) && isSound;
      await this.#servers.rest();
    }
    return isSound;
  }

  /** What the suite under way had when this run was ended from outside. */
  async tellInterrupted(signal: string): Promise<void> {
    const underWay = this.#underWay;
    this.#underWay = undefined;
    if (underWay !== undefined) await this.#tell(underWay, { rows: underWay.rows }, signal);
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
      if (result.rows.length === 0) throw new UsageError(`${suite.name} has nothing of that name to measure`);
      if (this.#underWay === undefined) return false;
      const report = await this.#tell(underWay, result);
      this.#record(suite, report, isEmpty(shortened));
      return !report.isBroken;
    } catch (error) {
      // Interrupted: its servers were taken away under it.
      if (this.#underWay === undefined) return false;
      if (error instanceof UsageError) throw error;
      console.error(error);
      await this.#tell(underWay, { rows, isBroken: true }, (error as Error).message);
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

  async #tell(underWay: UnderWay, result: SuiteResult, cutShort?: string): Promise<Report> {
    const { suite, context, startedAt, since } = underWay;
    const tookMs = performance.now() - since;
    // A server that is the reason for the end is not asked once more.
    const versions = await this.#servers.versions().catch(() => ({}));
    const report = makeReport(result, {
      ...context,
      suite: suite.name,
      machine: describeMachine(versions),
      commit: this.#commit,
      startedAt,
      tookMs,
      ...(cutShort === undefined ? {} : { cutShort }),
    });
    process.stdout.write(`${this.#options.isJson ? toJson(report) : describe(suite, report)}\n`);
    return report;
  }

  #record(suite: Suite, report: Report, isUnshortened: boolean): void {
    if (!this.#options.isRecorded) return;
    appendHistory(report);
    if (!isWhole(report) || !isUnshortened) return;
    mkdirSync(PLOTS, { recursive: true });
    writeFileSync(fileURLToPath(new URL(`${suite.name}.svg`, PLOTS)), plot(suite, report));
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
