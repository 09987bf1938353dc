/** What a suite of benchmarks is: the same words for every suite, so that one table, one JSON and one plot fit all. */
import type { ExternalPostgres } from '../../test/support/external-postgres.ts';

/** One contender in one scenario: what a person reads in a line of the table, and a program in `rows` of the JSON. */
export interface Row {
  readonly scenario: string;
  readonly contender: string;
  /** Median of the rounds; null where the figure is no rate (see `figure`). */
  readonly opsPerSecond: number | null;
  /** Operations a second of each round, the first round first: those of two rows of a scenario pair up. */
  readonly rates?: readonly number[];
  /** Latencies of all rounds together, like p99; null where no single operation was timed. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Operations that were acknowledged and are not in the result. Where that is wrong, `faults` says so. */
  readonly lost: number | null;
  /** Against the baseline of the scenario, rounds paired; above 1 is better. Null for what has no baseline. */
  readonly ratio: number | null;
  /** The one that the others of its scenario are compared with. */
  readonly isBaseline?: true;
  /** (best − worst) ÷ median of the rates (or figures) of the rounds. */
  readonly spread?: number;
  /** The same of the rounds' ratios. */
  readonly ratioSpread?: number;
  /** Processor time of the whole machine an operation, all processes included, in microseconds. */
  readonly cpuMicros?: number;
  /** p99 against the baseline's p99, rounds together; below 1 is better. */
  readonly p99Ratio?: number | null;
  /** A figure that is no rate, such as bytes or milliseconds. */
  readonly figure?: { readonly value: number; readonly unit: string };
  /** What is wrong with what the contender left behind, in sentences. One is enough, and the run has failed. */
  readonly faults?: readonly string[];
}

/** A figure this project promises, and what this run shows of it. */
export interface Target {
  readonly text: string;
  /** The promise and the hope; both in the unit of `measured`. */
  readonly atLeast: number;
  readonly aim: number;
  readonly measured: number;
  /** True where less is better. */
  readonly isCeiling?: boolean;
  readonly unit: string;
  /** It is promised of a disk that is this much slower, and shown only by a run with this delay. Default: none. */
  readonly fsyncDelayMs?: number;
}

export interface SuiteResult {
  readonly rows: readonly Row[];
  readonly targets?: readonly Target[];
  /** Sentences for the reader of the table: what was left out in this run, and why. */
  readonly notes?: readonly string[];
}

export interface SuiteContext {
  /** Fewer rounds and scenarios: to see that it works, not to quote. */
  readonly isQuick: boolean;
  /** Only these scenarios; every suite has its own names. Empty: all. */
  readonly scenarios: readonly string[];
  /** Only these contenders, beside the baseline. Empty: all. */
  readonly contenders: readonly string[];
  readonly rounds: number | undefined;
  /** How much later than the disk each fsync of the run's server ends. Zero: the disk as it is. */
  readonly fsyncDelayMs: number;
  /** A Postgres server of this run's own, with fsync; the same one for every suite. */
  postgres(): Promise<ExternalPostgres>;
  /** A line for who waits. */
  progress(text: string): void;
  /** Rows that stay as they are: told when the run is interrupted, or fails, before the suite returns. */
  finished(rows: readonly Row[]): void;
}

export interface Suite {
  readonly name: string;
  readonly title: string;
  /** The contender that others are compared with. */
  readonly baseline: string;
  /** Names for `--scenario` and `--contender`: others are refused before anything starts. */
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  /** What is cut in a run of everything that has taken so long already. */
  shortened?(tookMs: number): Partial<Pick<SuiteContext, 'rounds' | 'scenarios'>>;
  /** Scenarios that need nats-server installed; default: none. */
  readonly brokerScenarios?: readonly string[];
  run(context: SuiteContext): Promise<SuiteResult>;
}

/** Whether the options leave this contender in; the baseline stays, whoever else was asked for. */
export function isAsked(name: string, baseline: string, { contenders }: Pick<SuiteContext, 'contenders'>): boolean {
  return contenders.length === 0 || name === baseline || contenders.includes(name);
}
