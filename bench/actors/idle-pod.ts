/** Measures what symbols take that nobody talks to: in a process of its own, because a heap has no owner. */
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { symbolNames } from './load.ts';
import { MemoryPod } from './memory-pod.ts';
import type { Idle } from './pod-protocol.ts';

/** What finalizers and weak references hold is let go in a later turn. */
const COLLECTIONS = 4;
const PAUSE_MS = 20;

/**
 * The ledger's rows are there before, as they are in Postgres; the growth is everything a Pod has for its symbols: actors,
 * hosts, subscriptions, registries, its view of the cluster.
 */
export async function measureIdle(symbols: number): Promise<Idle> {
  const names = symbolNames(symbols);
  const first = await MemoryPod.open(names);
  const startedAt = performance.now();
  await first.serve();
  const startMs = performance.now() - startedAt;
  await first.stop();
  // A second one: by now the code is compiled, which belongs to no symbol.
  const pod = await MemoryPod.open(names);
  const before = await settledMemory();
  await pod.serve();
  const after = await settledMemory();
  const served = pod.pod.symbols?.held.length;
  if (served !== symbols) throw new Error(`${served} of ${symbols} symbols are served`);
  return {
    startMs,
    heapBytes: (after.heapUsed - before.heapUsed) / symbols,
    residentBytes: (after.rss - before.rss) / symbols,
  };
}

async function settledMemory(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let collection = 0; collection < COLLECTIONS; collection += 1) {
    collect();
    await delay(PAUSE_MS);
  }
  return process.memoryUsage();
}
