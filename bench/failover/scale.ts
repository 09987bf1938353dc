/** Many symbols: how long four Pods take to serve all of them, and the others to serve those of one that was killed. */
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, SETTLED_MS_MAX } from '../../test/support/cluster.ts';
import { until } from '../../test/support/engine-process.ts';
import type { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { sql } from '../../test/support/ledger-audit.ts';
import { ATTEMPT_MS_MAX, ask, insist, symbols } from '../../test/support/wire.ts';

/** Told apart from the rows of the other scenarios: nobody sends commands here. */
export interface ScaleRow {
  readonly scenario: string;
  readonly symbols: number;
  readonly pods: number;
  /** From the start of the processes, or from the kill, until every symbol concerned has answered. */
  readonly tookMs: number;
  readonly targetMs: number;
}

const SYMBOLS = 5_000;
const PODS = ['pod-a', 'pod-b', 'pod-c', 'pod-d'];
const VICTIM = 'pod-b';
const START_TARGET_MS = 15_000;
const DEATH_TARGET_MS = 3_000;
/** Looking must not be the work that is measured. */
const LOOK_EVERY_MS = 50;
const ASKED_AT_ONCE = 200;

export async function measureScale(postgres: ExternalPostgres): Promise<ScaleRow[]> {
  const databaseUrl = await postgres.createDatabase('failover_many_symbols');
  const cluster = await Cluster.start({ databaseUrl, symbols: symbols(SYMBOLS) });
  try {
    await makeKnown(cluster);

    const startedAt = performance.now();
    for (const name of PODS) await cluster.launch(name);
    await whenOwned(cluster);
    await whenAnswered(cluster, cluster.symbols);
    const startMs = Math.round(performance.now() - startedAt);

    await cluster.whenShared(PODS);
    const orphans = (await cluster.owners()).filter(({ owner }) => owner === VICTIM).map(({ symbol }) => symbol);
    const killedAt = performance.now();
    void cluster.pod(VICTIM).kill();
    await whenOwned(cluster, VICTIM);
    await whenAnswered(cluster, orphans);
    const deathMs = Math.round(performance.now() - killedAt);

    const pods = PODS.length;
    return [
      { scenario: 'start to all served', symbols: SYMBOLS, pods, tookMs: startMs, targetMs: START_TARGET_MS },
      { scenario: 'kill -9 to re-homed', symbols: orphans.length, pods, tookMs: deathMs, targetMs: DEATH_TARGET_MS },
    ];
  } finally {
    await cluster.stop();
  }
}

/** The rows are there before the start that is measured, as after a night without Pods. */
async function makeKnown(cluster: Cluster): Promise<void> {
  const [first] = PODS;
  await cluster.add(first!);
  await insist(cluster.nc, 'cp.cluster.add', { symbols: cluster.symbols });
  await whenOwned(cluster);
  await cluster.pod(first!).drain();
}

/** Every row has an owner whose lease runs, and it is not `gone`. */
async function whenOwned(cluster: Cluster, gone = ''): Promise<void> {
  await until(
    async () => {
      const [row] = await sql<{ owned: number }>(
        cluster.databaseUrl,
        `select count(*)::int as owned from positions p join pods on pods.incarnation = p.incarnation
         where pods.expires_at > clock_timestamp() and pods.pod <> $1`,
        [gone],
      ).catch(() => []);
      if (row?.owned === cluster.symbols.length) return true;
      await delay(LOOK_EVERY_MS);
      return false;
    },
    SETTLED_MS_MAX,
    () => `not every symbol has an owner: ${cluster.explain()}`,
  );
}

/** An owner's answer, not only a row. Those that did not answer are asked again. */
async function whenAnswered(cluster: Cluster, names: readonly string[]): Promise<void> {
  let open = [...names];
  await until(
    async () => {
      const silent: string[] = [];
      for (let start = 0; start < open.length; start += ASKED_AT_ONCE) {
        const asked = open.slice(start, start + ASKED_AT_ONCE).map(async (symbol) => {
          const reply = await ask(cluster.nc, `cp.symbol.${symbol}.get`, {}, ATTEMPT_MS_MAX).catch(() => undefined);
          if (reply?.ok !== true) silent.push(symbol);
        });
        await Promise.all(asked);
      }
      open = silent;
      return open.length === 0;
    },
    SETTLED_MS_MAX,
    () => `${open.length} symbols do not answer, such as ${open[0]}: ${cluster.explain()}`,
  );
}
