/**
 * One Postgres server for one vitest run, as its global setup: an embedded one in a temporary folder on a free port, so
 * that two runs on one machine never meet, or the server of TEST_DATABASE_URL. Its data is thrown away, so that it does
 * without fsync; everything else is as the engine runs it. Only the set-up process owns the server: test files get an
 * address, and take a database of their own from postgres.ts.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { readTextIfPresent, unlessMissing } from '../../adapters/embedded-postgres/files.ts';
import { launchPostgres } from '../../adapters/embedded-postgres/launch.ts';
import { readLockFile } from '../../adapters/embedded-postgres/lock-file.ts';
import { stopPostmaster } from '../../adapters/embedded-postgres/postmaster.ts';
import { identify } from '../../adapters/embedded-postgres/processes.ts';
import type { Log } from '../../protocol/ports/log.ts';

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

const FOLDER = 'coinpilot-test-postgres-';

/** Warnings are worth reading when a run fails; the rest would be noise on every run. */
const log: Log = { debug() {}, info() {}, warn: print, error: print };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `test_${randomBytes(4).toString('hex')}_`;
  const given = process.env.TEST_DATABASE_URL;
  if (given) {
    project.provide('postgres', { adminUrl: given, prefix });
    return () => dropDatabases(given, prefix);
  }
  await removeAbandonedServers();
  const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const server = await launchPostgres({
    stateDirectory: folder,
    port: 0,
    log,
    extraSettings: { fsync: 'off', full_page_writes: 'off', max_connections: '200' },
    isDurable: false,
  });
  project.provide('postgres', { adminUrl: server.url, prefix });
  return async () => {
    await server.stop();
    await removeServer(folder);
  };
}

/** Removes a stopped server's state folder, and its data where that lies elsewhere. */
async function removeServer(folder: string): Promise<void> {
  await rm(await dataHomeOf(folder), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** A run that was killed can't tidy up; the next one does it, by the process id in the folder's name. */
async function removeAbandonedServers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(FOLDER) ? Number.parseInt(name.slice(FOLDER.length), 10) : Number.NaN;
    const folder = join(tmpdir(), name);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    if ((await unlessMissing(stat(folder)))?.uid !== process.getuid?.()) continue;
    const dataFolder = await unlessMissing(realpath(join(await dataHomeOf(folder), 'data')));
    if (dataFolder !== undefined) {
      const lockFile = await readLockFile(dataFolder);
      const pid = typeof lockFile === 'object' ? lockFile.pid : undefined;
      if (pid !== undefined && (await identify(pid, dataFolder)) === 'ours') await stopPostmaster(pid, dataFolder, log);
    }
    await removeServer(folder);
  }
}

async function dataHomeOf(folder: string): Promise<string> {
  return (await readTextIfPresent(join(folder, 'postgres/data-directory')))?.trim() ?? join(folder, 'postgres');
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

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function print(fields: Readonly<Record<string, unknown>>, message: string): void {
  console.warn(`test Postgres: ${message} ${JSON.stringify(fields)}`);
}
