/**
 * One Postgres server for one vitest run, as its global setup: one of its own (external-postgres.ts), or the server of
 * TEST_DATABASE_URL. Only the set-up process owns it: test files get an address, and take a database of their own from
 * postgres.ts.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { ExternalPostgres } from './external-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: {
      /** A superuser's connection to the server, database `postgres`. */
      adminUrl: string;
      /** Starts the names of this run's databases. */
      prefix: string;
    };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `test_${randomBytes(4).toString('hex')}_`;
  const given = process.env.TEST_DATABASE_URL;
  if (given) {
    project.provide('postgres', { adminUrl: given, prefix });
    return () => dropDatabases(given, prefix);
  }
  const server = await ExternalPostgres.start();
  project.provide('postgres', { adminUrl: server.url, prefix });
  return () => server.remove();
}

async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const databases = await client.query('select datname from pg_database where starts_with(datname, $1)', [prefix]);
    for (const { datname } of databases.rows as { datname: string }[]) {
      await client.query(`alter database "${datname}" is_template false`);
      await client.query(`drop database "${datname}" with (force)`);
    }
  } finally {
    await client.end();
  }
}
