/**
 * `--fsync-delay`: the disk of a machine like this often answers an fsync in a fraction of the time that a real one takes.
 * A library preloaded into Postgres makes each wait longer. It is built anew for each run, in a folder that the account of
 * the server may enter.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { canReach, serverAccount } from '../../adapters/embedded-postgres/account.ts';
import { UsageError } from './options.ts';

export interface FsyncDelay {
  /** For the server process. */
  readonly environment: { readonly LD_PRELOAD: string; readonly FSYNC_DELAY_MICROS: string };
  remove(): Promise<void>;
}

const SOURCE = fileURLToPath(new URL('./fsync-delay.c', import.meta.url));
const run = promisify(execFile);

/** Throws UsageError where it can't be had: not on Linux, without a C compiler, or out of the server's reach. */
export async function buildFsyncDelay(delayMs: number): Promise<FsyncDelay> {
  if (process.platform !== 'linux') throw new UsageError('--fsync-delay works on Linux only: it preloads a library');
  const folder = await mkdtemp(join(tmpdir(), 'coinpilot-fsync-delay-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await chmod(folder, 0o755);
    if (!(await canReach(folder, await serverAccount()))) {
      throw new UsageError(`--fsync-delay: the account of Postgres can't enter ${folder}; set TMPDIR to where it can`);
    }
    const library = join(folder, 'fsync-delay.so');
    await compile(library);
    await chmod(library, 0o755);
    const environment = { LD_PRELOAD: library, FSYNC_DELAY_MICROS: String(Math.round(delayMs * 1_000)) };
    return { environment, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A library that can't be preloaded is left out with a mere warning, and the figures would be those of the bare disk. */
export async function insistOnDelay(url: string, { environment }: FsyncDelay): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const loaded = await readFile(`/proc/${rows[0]?.pid}/maps`, 'utf8');
    if (!loaded.includes(environment.LD_PRELOAD))
      throw new Error('Postgres runs without the library that delays fsync');
  } finally {
    await client.end();
  }
}

async function compile(library: string): Promise<void> {
  try {
    await run('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, SOURCE, '-ldl']);
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    const how = 'install gcc and the headers of the C library (Debian: apt-get install gcc libc6-dev)';
    if (code === 'ENOENT') throw new UsageError(`--fsync-delay needs a C compiler called cc: ${how}`);
    throw new UsageError(`--fsync-delay could not be built, ${how}: ${stderr.trim()}`);
  }
}
