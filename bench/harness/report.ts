/** A run of one suite as programs read it: one line of JSON on standard output, and the same line in the history. */
import type { Machine } from './machine.ts';
import type { Row, SuiteResult, Target } from './suite.ts';

export interface Report {
  readonly suite: string;
  readonly machine: Machine;
  /** The sources measured; "with changes" when they are not exactly that commit. */
  readonly commit: string;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
  /** A row has faults, or the suite ended with an error: the process ends with 1. */
  readonly isBroken: boolean;
  readonly quick: boolean;
  /** Zero: the disk as it is. */
  readonly fsyncDelayMs: number;
  /** Only what was asked for; there when something was. */
  readonly rounds?: number;
  readonly scenarios?: readonly string[];
  readonly contenders?: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly tookMs: number;
  /** Why the rows are not all of them. */
  readonly cutShort?: string;
}

export interface Circumstances {
  readonly suite: string;
  readonly machine: Machine;
  readonly commit: string;
  readonly isQuick: boolean;
  readonly fsyncDelayMs: number;
  readonly rounds: number | undefined;
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly cutShort?: string;
  /** It ended with an error. */
  readonly hasFailed?: boolean;
}

const DIGITS = 4;

export function makeReport(result: SuiteResult, circumstances: Circumstances): Report {
  const { rounds, scenarios, contenders, cutShort } = circumstances;
  return {
    suite: circumstances.suite,
    machine: circumstances.machine,
    commit: circumstances.commit,
    rows: result.rows,
    targets: (result.targets ?? []).filter((target) => (target.fsyncDelayMs ?? 0) === circumstances.fsyncDelayMs),
    notes: result.notes ?? [],
    isBroken: (circumstances.hasFailed ?? false) || result.rows.some(({ faults }) => faults !== undefined),
    quick: circumstances.isQuick,
    fsyncDelayMs: circumstances.fsyncDelayMs,
    ...(rounds === undefined ? {} : { rounds }),
    ...(scenarios.length === 0 ? {} : { scenarios }),
    ...(contenders.length === 0 ? {} : { contenders }),
    startedAt: circumstances.startedAt.toISOString(),
    tookMs: Math.round(circumstances.tookMs),
    ...(cutShort === undefined ? {} : { cutShort }),
  };
}

/** Nobody measures a rate to the eighth digit: fractions keep four of them. Whole numbers, such as counts, stay exact. */
export function toJson(report: Report): string {
  return JSON.stringify(report, (_, value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)
      ? Number(value.toPrecision(DIGITS))
      : value,
  );
}

/** Every scenario and contender, the disk as it is, to the end: such a run may stand in the README. */
export function isWhole(report: Report): boolean {
  const { quick, fsyncDelayMs, scenarios, contenders, cutShort } = report;
  return !quick && fsyncDelayMs === 0 && [scenarios, contenders, cutShort].every((one) => one === undefined);
}
