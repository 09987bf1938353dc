/**
 * Whether what is acknowledged is on disk, seen from outside: a session may commit asynchronously, and no view of Postgres
 * shows that. What the log has not flushed when a fill has just been acknowledged, does.
 */
import { Client } from 'pg';

const PROBES = 8;
/** The log's writer may be in time by chance, and a session of somebody else may be in the middle of its commit. */
const UNFLUSHED_MAX = PROBES / 2;

const FLUSHED = 'select pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() as flushed';
const OFF =
  "select name from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off' order by name";

/** `fill` records one fill of the contender and resolves with its acknowledgement; nobody else writes meanwhile. */
export async function unflushedFaults(url: string, fill: () => Promise<void>): Promise<readonly string[]> {
  return withClient(url, async (client) => {
    let unflushed = 0;
    for (let probe = 0; probe < PROBES; probe += 1) {
      await fill();
      const { rows } = await client.query<{ flushed: boolean }>(FLUSHED);
      if (rows[0]?.flushed !== true) unflushed += 1;
    }
    return unflushed <= UNFLUSHED_MAX
      ? []
      : [
          `${unflushed} of ${PROBES} fills were acknowledged before their commit was on disk: synchronous_commit is off`,
        ];
  });
}

/** What of the server makes every commit in it worth less. */
export async function serverFaults(url: string): Promise<readonly string[]> {
  return withClient(url, async (client) =>
    (await client.query<{ name: string }>(OFF)).rows.map(({ name }) => `the server runs with ${name} off`),
  );
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
