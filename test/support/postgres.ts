/**
 * A database of its own for a test file, cloned from a template that was migrated once in this run. Nothing is shared
 * between files but the server: no database, no connection. The server comes from postgres-global.ts.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { Log } from '../../protocol/ports/log.ts';
// For the type of what it provides; the module itself runs in vitest's own process.
import type {} from './postgres-global.ts';

export interface TestDatabase {
  readonly url: string;
  /** Ends what is still connected and removes the database. */
  drop(): Promise<void>;
}

/** A name is cut to this, so that prefix, name and suffix stay below Postgres's 63 bytes. */
const NAME_LENGTH_MAX = 30;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A fresh, migrated, empty database. `name` only makes it recognizable in the server's lists. */
export async function createDatabase(name = 'file'): Promise<TestDatabase> {
  const { adminUrl, prefix } = provided();
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, NAME_LENGTH_MAX);
  const database = `${prefix}${readable}_${randomBytes(4).toString('hex')}`;
  await withClient(adminUrl, async (client) => {
    const template = await readyTemplate(client, adminUrl, prefix);
    await client.query(`create database "${database}" template "${template}"`);
  });
  return {
    url: urlOf(adminUrl, database),
    drop: () =>
      withClient(adminUrl, async (client) => {
        await client.query(`drop database if exists "${database}" with (force)`);
      }),
  };
}

/** The first file of a run makes the template while the others wait; `is_template` says that it is complete. */
async function readyTemplate(client: Client, adminUrl: string, prefix: string): Promise<string> {
  const template = `${prefix}template`;
  await client.query('select pg_advisory_lock(hashtext($1))', [template]);
  try {
    const found = await client.query('select datistemplate from pg_database where datname = $1', [template]);
    const isComplete = (found.rows as { datistemplate: boolean }[])[0]?.datistemplate;
    if (isComplete === true) return template;
    if (isComplete === false) await client.query(`drop database "${template}" with (force)`);
    await client.query(`create database "${template}"`);
    const { migrate } = await import('../../ledger/migrate.ts');
    await migrate({ url: urlOf(adminUrl, template), log: silent });
    // A template is cloned only while nobody is connected to it, so that nobody may.
    await client.query(`alter database "${template}" allow_connections false`);
    await client.query(`alter database "${template}" is_template true`);
    return template;
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [template]);
  }
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function provided(): { adminUrl: string; prefix: string } {
  const postgres = inject('postgres');
  if (postgres === undefined) {
    throw new Error("this vitest project needs globalSetup: ['test/support/postgres-global.ts']");
  }
  return postgres;
}
