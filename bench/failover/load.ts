/** Steady load by client processes that use the typed client, and what they saw while something happened. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../test/support/cluster.ts';
import { FillClients } from '../../test/support/fill-clients.ts';
import type { FillRecord } from '../../test/support/fill-plan.ts';
import { now } from '../../test/support/fill-sender.ts';
import { slowest } from '../../test/support/fill-verdict.ts';

export interface LoadSettings {
  readonly processes: number;
  readonly lanesPerProcess: number;
  /** Mean pause of a lane between two commands: keeps the load below what the cores can do. */
  readonly thinkMs: number;
  /** Compilers and connections get so long before anything happens. */
  readonly warmUpMs: number;
  /** So long after the event is over, what still waits belongs to it. */
  readonly settleMs: number;
}

export interface Observed {
  readonly records: readonly FillRecord[];
  readonly longestStallMs: number;
}

const FIRST_MS_MAX = 30_000;
/** A client's deadline by default is 10 s, DESIGN §3: a command not done by then has failed its caller. */
const GIVE_UP_MS = 10_000;

/** Runs `event` under load. Commands answered before it began do not count for the stall, for everything else they do. */
export async function observe(cluster: Cluster, load: LoadSettings, event: () => Promise<void>): Promise<Observed> {
  const seed = Date.now() % 1_000_000;
  const clients = FillClients.start(
    Array.from({ length: load.processes }, (_, index) => ({
      client: 'typed' as const,
      url: cluster.broker.url,
      symbols: cluster.symbols,
      seed: seed + index,
      concurrency: load.lanesPerProcess,
      thinkMs: load.thinkMs,
      giveUpMs: GIVE_UP_MS,
    })),
  );
  try {
    await clients.acknowledge(load.processes * load.lanesPerProcess, FIRST_MS_MAX, () => cluster.explain());
    await delay(load.warmUpMs);
    const since = now();
    await event();
    await delay(load.settleMs);
    const { records } = await clients.stop();
    const longest = slowest(records, since);
    if (longest === undefined) throw new Error('no command was answered during the event');
    const stallMs = Math.round(longest.answeredAt - longest.sentAt);
    const sentAt = new Date(longest.sentAt).toISOString();
    const afterMs = Math.round(longest.sentAt - since);
    console.error(`  longest stall: ${stallMs} ms, ${longest.symbol}, sent ${afterMs} ms into the event at ${sentAt}`);
    return { records, longestStallMs: stallMs };
  } catch (error) {
    clients.kill();
    throw error;
  }
}
