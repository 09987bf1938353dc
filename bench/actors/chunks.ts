/**
 * Slices of work that takes microseconds: made ready in chunks outside of the clock, then done under it, because making a
 * message costs as much as handling one.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Slice } from '../harness/interleave.ts';

/** Items made ready at a time: some milliseconds of work, so that leases are renewed in between. */
const CHUNK = 4_096;

/** `run` does a chunk and may answer latencies it took a sample of, in milliseconds: a clock is too slow for some work. */
export async function inChunks<Item>(
  durationMs: number,
  make: () => Item,
  run: (chunk: readonly Item[]) => Promise<readonly number[]> | undefined,
): Promise<Slice> {
  const latenciesMs: number[] = [];
  let operations = 0;
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    const chunk = Array.from({ length: CHUNK }, make);
    await nextTurn();
    const startedAt = performance.now();
    const sample = await run(chunk);
    const tookMs = performance.now() - startedAt;
    for (const latency of sample ?? []) latenciesMs.push(latency);
    elapsedMs += tookMs;
    operations += CHUNK;
  }
  return { operations, elapsedMs, latenciesMs, hasPauses: true };
}
