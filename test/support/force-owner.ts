/** Makes two processes believe that they own a symbol, by SQL and with nothing of the engine (I1). */
import { type Cluster, SETTLED_MS_MAX } from './cluster.ts';
import { until } from './engine-process.ts';
import { sql } from './ledger-audit.ts';

/** The lease of a Pod is over by its row; the Pod does not know. */
export async function endLease(cluster: Cluster, pod: string): Promise<void> {
  await sql(
    cluster.databaseUrl,
    "update pods set expires_at = clock_timestamp() - interval '1 second' where pod = $1",
    [pod],
  );
}

/** Resolves once this Pod owns nothing by any row. */
export async function whenRobbed(cluster: Cluster, pod: string): Promise<void> {
  await until(
    async () => (await cluster.owners()).every(({ owner }) => owner !== pod),
    SETTLED_MS_MAX,
    () => `${pod} still owns symbols: ${cluster.explain()}`,
  );
}

/** One of the Pod's symbols. */
export async function symbolOf(cluster: Cluster, pod: string): Promise<string> {
  const found = (await cluster.owners()).find(({ owner }) => owner === pod);
  if (found === undefined) throw new Error(`${pod} owns nothing`);
  return found.symbol;
}

/** Whether bytes on their way to Postgres hold this id, as text or as a binary uuid. */
export function carries(bytes: Buffer, id: string): boolean {
  return bytes.includes(id) || bytes.includes(Buffer.from(id.replaceAll('-', ''), 'hex'));
}
