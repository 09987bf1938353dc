/**
 * Postgres's own lock file, postmaster.pid: who serves this data, on which port, how far it is. It is also half of the
 * interlock that keeps two servers off one data directory (its seventh line names the shared memory that old backends
 * still use), so that it is never removed while a backend may live.
 */
import { chown, lstat, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfPresent } from './files.ts';

export interface LockFile {
  readonly pid: number;
  /** Undefined until the server has got that far. */
  readonly port: number | undefined;
  readonly isReady: boolean;
}

/** The largest pid_t: no system gives it to a process. */
const NO_PROCESS = 2_147_483_647;

/** Undefined when there is none; `empty` when a crash of the machine left one without content. */
export async function readLockFile(dataFolder: string): Promise<LockFile | 'empty' | undefined> {
  const text = await readTextIfPresent(pathOf(dataFolder));
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'empty';
  return { pid, port: lines[3] ? Number(lines[3]) : undefined, isReady: lines[7] === 'ready' };
}

/**
 * Makes the file name no process, for when its pid has gone to a stranger or is a zombie and Postgres would believe
 * that a server still runs. The rest stays, so that Postgres still finds backends by their shared memory and refuses.
 */
export async function retireLockFile(dataFolder: string): Promise<void> {
  const text = (await readTextIfPresent(pathOf(dataFolder))) ?? '';
  const { uid, gid, mode } = await lstat(pathOf(dataFolder));
  const replacement = `${pathOf(dataFolder)}.retired`;
  await rm(replacement, { force: true });
  await writeFile(replacement, [NO_PROCESS, ...text.split('\n').slice(1)].join('\n'), { flag: 'wx', mode });
  if (process.getuid?.() === 0) await chown(replacement, uid, gid);
  await rename(replacement, pathOf(dataFolder));
}

/** For an empty lock file, which Postgres takes for a start in progress for ever. Only with no process on the data. */
export async function removeEmptyLockFile(dataFolder: string): Promise<void> {
  await rm(pathOf(dataFolder), { force: true });
}

function pathOf(dataFolder: string): string {
  return join(dataFolder, 'postmaster.pid');
}
