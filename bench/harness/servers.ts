/**
 * The Postgres server of a run: one for all suites, started when the first asks for it, gone with the run. With fsync, as
 * the engine runs it; only the checkpoints are moved out of the slices, to between the suites.
 */
import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { sql } from '../../test/support/ledger-audit.ts';
import { buildFsyncDelay, type FsyncDelay, insistOnDelay } from './fsync-delay.ts';

/**
 * A checkpoint writes everybody's pages while one contender has the load. So many seconds and so much log are more than a
 * suite makes, and `rest` writes one between two suites.
 */
const SETTINGS = { max_wal_size: '8GB', checkpoint_timeout: '1h' };
/** Where Debian puts servers, and what is not in everybody's path. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

export class Servers {
  readonly #fsyncDelayMs: number;
  #delay: FsyncDelay | undefined;
  #postgres: Promise<ExternalPostgres> | undefined;

  constructor(fsyncDelayMs: number) {
    this.#fsyncDelayMs = fsyncDelayMs;
  }

  /** What may be missing on this machine is missed before anything is measured. Throws UsageError. */
  async prepare(): Promise<void> {
    if (this.#fsyncDelayMs > 0) this.#delay = await buildFsyncDelay(this.#fsyncDelayMs);
  }

  postgres(): Promise<ExternalPostgres> {
    this.#postgres ??= this.#start();
    return this.#postgres;
  }

  async #start(): Promise<ExternalPostgres> {
    const delay = this.#delay;
    if (delay === undefined) return ExternalPostgres.start({ isDurable: true, settings: SETTINGS });
    const { environment } = delay;
    const postgres = await ExternalPostgres.start({ isDurable: true, settings: SETTINGS, environment });
    try {
      await insistOnDelay(postgres.url, delay);
      return postgres;
    } catch (error) {
      await postgres.remove();
      throw error;
    }
  }

  /** Between two suites: what one has left in memory goes to disk, so that no other pays for it. */
  async rest(): Promise<void> {
    const postgres = await this.#started();
    if (postgres !== undefined) await sql(postgres.url, 'checkpoint');
  }

  /** Of those in use; empty for Postgres when no suite has asked for it. */
  async versions({ hasBroker }: { hasBroker: boolean }): Promise<{ postgres: string; nats: string }> {
    const postgres = await this.#started();
    const [row] = postgres === undefined ? [] : await sql<Version>(postgres.url, 'show server_version');
    return { postgres: row?.server_version ?? '', nats: hasBroker ? await natsVersion() : '' };
  }

  /** Also in the middle of a start. */
  async remove(): Promise<void> {
    const postgres = await this.#started();
    // Nobody reads its data again, so that nobody waits until all of it is on disk. One that is dead already is as good.
    await postgres?.kill().catch(() => undefined);
    await postgres?.remove();
    await this.#delay?.remove();
  }

  /** A start that failed has told whoever asked for the server, and has left none. */
  #started(): Promise<ExternalPostgres | undefined> {
    return this.#postgres?.catch(() => undefined) ?? Promise.resolve(undefined);
  }
}

interface Version {
  readonly server_version: string;
}

async function natsVersion(): Promise<string> {
  const PATH = [process.env.PATH ?? '', ...SERVER_FOLDERS].join(delimiter);
  try {
    const { stdout } = await promisify(execFile)('nats-server', ['--version'], { env: { PATH } });
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? '';
  } catch {
    // It was there when the run began: a version is not worth failing for.
    return '';
  }
}
