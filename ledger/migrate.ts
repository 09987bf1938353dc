/**
 * Brings a database to the schema this version needs: forward only, safe when ten Pods start at once.
 *
 * The library's own lock refuses when another Pod is migrating; a starting Pod should wait instead, so a session
 * advisory lock is taken around it. It is released with the connection, whatever happens.
 */
import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';
import { TerminalError } from '../protocol/errors.ts';
import type { Log } from '../protocol/ports/log.ts';
import { CONNECT_TIMEOUT_MS } from './postgres/connection.ts';

const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('./migrations', import.meta.url));
/** An arbitrary constant that only this product uses: "coinpilot" in ASCII, cut to 63 bits. */
const MIGRATION_LOCK = '7165916604736876';

export async function migrate(options: { readonly url: string; readonly log: Log }): Promise<readonly string[]> {
  const client = new Client({
    connectionString: options.url,
    application_name: 'coinpilot-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that dies while idle would otherwise be an uncaught error; the query in flight reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await refuseNewer(client);
    const applied = await runner({
      dbClient: client,
      dir: MIGRATIONS_DIRECTORY,
      direction: 'up',
      migrationsTable: 'migrations',
      noLock: true,
      checkOrder: true,
      // One transaction each: the exclusive locks of one on a table would wait for commits that wait for those of the next.
      singleTransaction: false,
      verbose: false,
      log: () => undefined,
      logger: {
        info: () => undefined,
        debug: () => undefined,
        warn: (text) => options.log.warn({ text }, 'migration warning'),
        error: (text) => options.log.error({ text }, 'migration error'),
      },
    });
    const names = applied.map((migration) => migration.name);
    if (names.length > 0) options.log.info({ applied: names }, 'database migrated');
    return names;
  } finally {
    await client.end();
  }
}

/** Throws when the database has migrations this version does not know: its rows may mean something else by now. */
async function refuseNewer(client: Client): Promise<void> {
  const { rows: tables } = await client.query(
    `select from pg_tables where schemaname = 'public' and tablename = 'migrations'`,
  );
  if (tables.length === 0) return;
  const files = await readdir(MIGRATIONS_DIRECTORY);
  const known = new Set(files.map((file) => parse(file).name));
  const { rows } = await client.query<{ name: string }>('select name from public.migrations order by id');
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new TerminalError(
      `this database was migrated by a newer version (${unknown.join(', ')}): upgrade this program to use it`,
    );
  }
}
