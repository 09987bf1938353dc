/**
 * A Postgres server of its own in a temporary folder on a free port, so that two runs on one machine never meet: for a
 * vitest run, for a test that restarts its server, for a benchmark. As root it runs as another user, as the engine's does.
 * It outlives a killed run; the next start of any tidies up.
 */
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { readTextIfPresent, unlessMissing } from '../../adapters/embedded-postgres/files.ts';
import { launchPostgres } from '../../adapters/embedded-postgres/launch.ts';
import { readLockFile } from '../../adapters/embedded-postgres/lock-file.ts';
import { stopPostmaster } from '../../adapters/embedded-postgres/postmaster.ts';
import { identify } from '../../adapters/embedded-postgres/processes.ts';
import type { EmbeddedPostgres } from '../../adapters/embedded-postgres/server.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { isAlive, until } from './engine-process.ts';

export interface ExternalPostgresOptions {
  /** True: with fsync, as the engine runs it. Default false: its data is thrown away, and a killed process loses none. */
  readonly isDurable?: boolean;
  /** Added to the settings, and stronger. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Variables of the server process, such as a library to preload. */
  readonly environment?: Readonly<Record<string, string>>;
}

const FOLDER = 'coinpilot-test-postgres-';
const KILLED_MS_MAX = 20_000;
const THROW_AWAY = { fsync: 'off', full_page_writes: 'off' };

/** Warnings are worth reading when a run fails; the rest would be noise on every run. */
const log: Log = { debug() {}, info() {}, warn: print, error: print };

export class ExternalPostgres {
  readonly #folder: string;
  readonly #options: ExternalPostgresOptions;
  #server: EmbeddedPostgres;

  static async start(options: ExternalPostgresOptions = {}): Promise<ExternalPostgres> {
    await removeAbandonedServers();
    const folder = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
    // As root the server runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    return new ExternalPostgres(folder, options, await launch(folder, options));
  }

  private constructor(folder: string, options: ExternalPostgresOptions, server: EmbeddedPostgres) {
    this.#folder = folder;
    this.#options = options;
    this.#server = server;
  }

  /** A superuser's connection, database `postgres`. It stays the same over restarts. */
  get url(): string {
    return this.#server.url;
  }

  /** An empty database of this server. */
  async createDatabase(name: string): Promise<string> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    await client.query(`create database "${name}"`);
    await client.end();
    const url = new URL(this.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** kill -9 of the server: its sessions end in the middle of whatever they do. */
  async kill(): Promise<void> {
    const dataFolder = join(await dataHomeOf(this.#folder), 'data');
    const pid = Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await until(
      () => !isAlive(pid),
      KILLED_MS_MAX,
      () => `Postgres ${pid} did not end`,
    );
  }

  /** Fast shutdown, as a service manager does it. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** After `kill` or `stop`, on the same port. */
  async restart(): Promise<void> {
    this.#server = await launch(this.#folder, this.#options);
  }

  /** Ends the server and removes its data. */
  async remove(): Promise<void> {
    await this.#server.stop();
    await removeServer(this.#folder);
  }
}

function launch(folder: string, options: ExternalPostgresOptions): Promise<EmbeddedPostgres> {
  const { isDurable = false, settings, environment = {} } = options;
  return launchPostgres({
    stateDirectory: folder,
    port: 0,
    log,
    extraSettings: { max_connections: '200', ...(isDurable ? {} : THROW_AWAY), ...settings },
    environment,
    isDurable,
  });
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
      const server = typeof lockFile === 'object' ? lockFile.pid : undefined;
      const isOurs = server !== undefined && (await identify(server, dataFolder)) === 'ours';
      if (isOurs) await stopPostmaster(server, dataFolder, log);
    }
    await removeServer(folder);
  }
}

async function dataHomeOf(folder: string): Promise<string> {
  return (await readTextIfPresent(join(folder, 'postgres/data-directory')))?.trim() ?? join(folder, 'postgres');
}

function print(fields: Readonly<Record<string, unknown>>, message: string): void {
  console.warn(`test Postgres: ${message} ${JSON.stringify(fields)}`);
}
