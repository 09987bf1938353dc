/**
 * Runs contenders against each other: a slice of load on each in turn, round after round (A B C, B C A, …), so that
 * whatever the machine does meanwhile happens to all of them, and whatever one leaves behind to another one each round.
 * Ratios are taken within a round and their median is told.
 */
import { cpus } from 'node:os';
import { median, pairedRatios, percentile, spread } from './statistics.ts';
import type { Row } from './suite.ts';

/** What a slice of load came to. */
export interface Slice {
  readonly operations: number;
  readonly elapsedMs: number;
  /** Of each operation, or of a fair sample; empty where no single one was timed. */
  readonly latenciesMs: readonly number[] | Float64Array;
  /** The clock stood still at times: the processor time of the slice is not that of its operations. */
  readonly hasPauses?: boolean;
}

export interface Contender {
  readonly name: string;
  /** Puts load on for about this long; everything begun is finished and counted. */
  slice(durationMs: number): Promise<Slice>;
  /** Instead of a slice, where one is long whatever its duration: everything begun is finished. */
  warmUp?(durationMs: number): Promise<unknown>;
  /** After the last slice: acknowledged operations that are not in the result, and what else is wrong with it. */
  verdict?(): Promise<Verdict>;
  /** It is here to show what it loses: that is told and is no fault. */
  readonly isLossy?: boolean;
}

export interface Verdict {
  /** Null for what keeps nothing that could be lost. Below zero: more than was acknowledged. */
  readonly lost: number | null;
  readonly faults: readonly string[];
}

export interface InterleaveOptions {
  readonly scenario: string;
  readonly contenders: readonly Contender[];
  readonly baseline: string;
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly sliceMs: number;
}

interface Measured {
  readonly contender: Contender;
  readonly rates: number[];
  readonly latencies: (readonly number[] | Float64Array)[];
  operations: number;
  cpuMs: number;
  hasPauses: boolean;
}

/** What a contender throws comes out with its name and the scenario before it. */
export async function interleave(options: InterleaveOptions): Promise<readonly Row[]> {
  const { scenario, contenders, rounds, warmUpMs, sliceMs } = options;
  const measured: Measured[] = [];
  for (const contender of contenders) {
    measured.push({ contender, rates: [], latencies: [], operations: 0, cpuMs: 0, hasPauses: false });
    await named(scenario, contender, () => contender.warmUp?.(warmUpMs) ?? contender.slice(warmUpMs));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const seen of rotated(measured, round)) {
      await named(scenario, seen.contender, () => measureSlice(seen, sliceMs));
    }
  }
  const base = measured.find(({ contender }) => contender.name === options.baseline);
  const rows: Row[] = [];
  for (const seen of measured) {
    const verdict = await named(scenario, seen.contender, async () => seen.contender.verdict?.());
    rows.push({ scenario, ...figuresOf(seen, base), ...judgement(seen.contender, verdict) });
  }
  return rows;
}

/** A closed loop: so many callers, each with one operation under way, until the time is over and all have finished. */
export async function closedLoop(
  callers: number,
  durationMs: number,
  operation: (caller: number) => Promise<void>,
): Promise<Slice> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const loop = async (caller: number) => {
    let begunAt = performance.now();
    do {
      await operation(caller);
      const now = performance.now();
      latenciesMs.push(now - begunAt);
      begunAt = now;
    } while (begunAt < endsAt);
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  return { operations: latenciesMs.length, elapsedMs: performance.now() - startedAt, latenciesMs };
}

async function named<T>(scenario: string, { name }: Contender, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${scenario} ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

async function measureSlice(seen: Measured, durationMs: number): Promise<void> {
  const busyBefore = busyMs();
  const { operations, elapsedMs, latenciesMs, hasPauses = false } = await seen.contender.slice(durationMs);
  seen.cpuMs += busyMs() - busyBefore;
  seen.operations += operations;
  seen.rates.push((operations / elapsedMs) * 1_000);
  seen.latencies.push(latenciesMs);
  seen.hasPauses ||= hasPauses;
}

function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const first = by % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function figuresOf(seen: Measured, base: Measured | undefined): Omit<Row, 'scenario' | 'lost'> {
  const latencies = sorted(seen.latencies);
  const p99Ms = finite(percentile(latencies, 0.99));
  const ratios = base === undefined ? [] : pairedRatios(seen.rates, base.rates);
  const baseP99 = base === undefined ? Number.NaN : percentile(sorted(base.latencies), 0.99);
  return {
    contender: seen.contender.name,
    opsPerSecond: median(seen.rates),
    rates: seen.rates,
    p50Ms: finite(percentile(latencies, 0.5)),
    p99Ms,
    ratio: finite(median(ratios)),
    ...(seen === base ? { isBaseline: true as const } : {}),
    spread: spread(seen.rates),
    ...(base === undefined || seen === base ? {} : { ratioSpread: spread(ratios) }),
    ...(seen.hasPauses ? {} : { cpuMicros: (seen.cpuMs * 1_000) / seen.operations }),
    p99Ratio: finite((p99Ms ?? Number.NaN) / baseP99),
  };
}

function judgement({ isLossy = false }: Contender, verdict: Verdict | undefined): Pick<Row, 'lost' | 'faults'> {
  const lost = verdict?.lost ?? null;
  const faults = [...(verdict?.faults ?? [])];
  if (lost !== null && lost > 0 && !isLossy) faults.unshift(`${lost} acknowledged operations are not in the result`);
  if (lost !== null && lost < 0) faults.unshift(`${-lost} operations are in the result that nobody acknowledged`);
  return faults.length === 0 ? { lost } : { lost, faults };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function sorted(parts: readonly (readonly number[] | Float64Array)[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all.sort();
}

/** Processor time since boot of all cores together, everything but idling and waiting. */
function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
