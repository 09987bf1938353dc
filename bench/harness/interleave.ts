/**
 * Runs contenders against each other: a slice of load on each in turn, round after round (A B C, A B C, …), so that
 * whatever the machine does meanwhile happens to all of them. Ratios are taken within a round and their median is told.
 */
import { cpus } from 'node:os';
import { median, percentile, spread } from './statistics.ts';
import type { Row } from './suite.ts';

/** What a slice of load came to. */
export interface Slice {
  readonly operations: number;
  readonly elapsedMs: number;
  /** Of each operation, or of a fair sample. */
  readonly latenciesMs: readonly number[] | Float64Array;
}

export interface Contender {
  readonly name: string;
  /** Puts load on for about this long; everything begun is finished and counted. */
  slice(durationMs: number): Promise<Slice>;
  /** Instead of a slice, where one is long whatever its duration: everything begun is finished. */
  warmUp?(durationMs: number): Promise<unknown>;
  /** After the last slice: acknowledged operations that are not in the result, and what else is wrong with it. */
  verdict?(): Promise<Verdict>;
}

export interface Verdict {
  /** Null for what keeps nothing that could be lost. */
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
  readonly rates: number[];
  readonly latencies: (readonly number[] | Float64Array)[];
  operations: number;
  cpuMs: number;
}

export async function interleave(options: InterleaveOptions): Promise<readonly Row[]> {
  const { scenario, contenders, baseline, rounds, warmUpMs, sliceMs } = options;
  const measured = new Map<Contender, Measured>();
  for (const contender of contenders) {
    measured.set(contender, { rates: [], latencies: [], operations: 0, cpuMs: 0 });
    await (contender.warmUp?.(warmUpMs) ?? contender.slice(warmUpMs));
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const [contender, seen] of measured) {
      const busyBefore = busyMs();
      const slice = await contender.slice(sliceMs);
      seen.cpuMs += busyMs() - busyBefore;
      seen.operations += slice.operations;
      seen.rates.push((slice.operations / slice.elapsedMs) * 1_000);
      seen.latencies.push(slice.latenciesMs);
    }
  }
  const base = [...measured].find(([{ name }]) => name === baseline)?.[1];
  const baseP99 = base === undefined ? undefined : percentile(sorted(base.latencies), 0.99);
  const rows: Row[] = [];
  for (const [contender, seen] of measured) {
    const latencies = sorted(seen.latencies);
    const p99Ms = percentile(latencies, 0.99);
    const verdict = await contender.verdict?.();
    rows.push({
      scenario,
      contender: contender.name,
      opsPerSecond: median(seen.rates),
      p50Ms: percentile(latencies, 0.5),
      p99Ms,
      lost: verdict?.lost ?? null,
      ratio:
        base === undefined ? null : median(seen.rates.map((rate, round) => rate / (base.rates[round] ?? Number.NaN))),
      spread: spread(seen.rates),
      cpuMicros: (seen.cpuMs * 1_000) / seen.operations,
      p99Ratio: baseP99 === undefined ? null : p99Ms / baseP99,
      ...(verdict === undefined || verdict.faults.length === 0 ? {} : { faults: verdict.faults }),
    });
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
