/**
 * Tells the server's processes from strangers. A process id alone proves nothing after a crash: it may have been given
 * to another program, or be a zombie that nobody collects. A Postgres process is known by its name and by its current
 * folder, which is its data directory.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { RetryableError } from '../../protocol/errors.ts';
import { childEnvironment } from './command.ts';

/** `stranger`: another program that was given the process id, or a zombie. */
export type Identity = 'ours' | 'stranger' | 'gone';

interface LinuxProcess {
  readonly parent: number;
  readonly isZombie: boolean;
  readonly name: string;
}

/** Errors of a look that could not be taken: they say nothing about the process that was looked for. */
const NO_LOOK: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** What process `pid` is to the data directory (a real path). Throws RetryableError when the system could not tell. */
export async function identify(pid: number, dataFolder: string): Promise<Identity> {
  return process.platform === 'linux' ? identifyOnLinux(pid, dataFolder) : identifyByListing(pid, dataFolder);
}

/**
 * Backends that live on without their postmaster. A busy one does not notice that it is alone, and no server can start
 * on the data while it lives. Known on Linux only; elsewhere Postgres refuses to start until they have ended.
 */
export async function orphanedBackends(dataFolder: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const orphans: number[] = [];
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    // A server that is just starting still has its command line; a backend calls itself "postgres: …".
    if (!(await commandLine(pid)).startsWith('postgres: ')) continue;
    if ((await identifyOnLinux(pid, dataFolder)) !== 'ours') continue;
    const self = await readProcess(pid);
    if (self !== undefined && (await identifyOnLinux(self.parent, dataFolder)) !== 'ours') orphans.push(pid);
  }
  return orphans;
}

/** Sends a signal; a process that has ended meanwhile is what the sender wanted. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function identifyOnLinux(pid: number, dataFolder: string): Promise<Identity> {
  const found = await readProcess(pid);
  if (found === undefined) return 'gone';
  if (found.isZombie || found.name !== 'postgres') return 'stranger';
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === dataFolder ? 'ours' : 'stranger';
  } catch {
    // Root in a container without the ptrace capability may not look. A postmaster's command line is for everyone; a
    // backend of ours can't be told then, and Postgres itself refuses to start while one lives.
    if ((await readProcess(pid)) === undefined) return 'gone';
    return (await commandLine(pid)).split('\0').includes(dataFolder) ? 'ours' : 'stranger';
  }
}

async function readProcess(pid: number): Promise<LinuxProcess | undefined> {
  try {
    // "pid (name) state parent …"; the name may hold anything, parentheses included.
    const match = /^\d+ \((.*)\) (\S) (\d+) /s.exec(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (match === null) return undefined;
    return { name: match[1] ?? '', isZombie: match[2] === 'Z' || match[2] === 'X', parent: Number(match[3]) };
  } catch (error) {
    throwUnlessLooked(error);
    // ENOENT or ESRCH: it ended.
    return undefined;
  }
}

async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    throwUnlessLooked(error);
    // ENOENT or ESRCH: it ended.
    return '';
  }
}

function throwUnlessLooked(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && NO_LOOK.has(error.code))) return;
  throw new RetryableError(`the system could not tell whether a process lives: ${error.message}`);
}

/** For systems without /proc. Postgres's command line names its data directory. */
async function identifyByListing(pid: number, dataFolder: string): Promise<Identity> {
  try {
    const parameters = ['-ww', '-o', 'stat=,command=', '-p', String(pid)];
    const { stdout } = await promisify(execFile)('ps', parameters, { env: childEnvironment() });
    if (stdout.trim() === '') return 'gone';
    const isOurs = !stdout.trim().startsWith('Z') && stdout.includes('postgres') && stdout.includes(dataFolder);
    return isOurs ? 'ours' : 'stranger';
  } catch (error) {
    throwUnlessLooked(error);
    // ps fails when no process has this id.
    return 'gone';
  }
}
