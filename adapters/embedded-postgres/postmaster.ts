/**
 * Starts, finds and stops the server process. The postmaster runs in a session of its own, so that neither a Ctrl-C
 * meant for the engine nor the engine's death stops it: the next start adopts it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { spawnIdentity } from './account.ts';
import type { Binaries } from './binaries.ts';
import { childEnvironment } from './command.ts';
import type { DataHome } from './data-home.ts';
import { unlessMissing } from './files.ts';
import { LAUNCH_LIMITS } from './limits.ts';
import { readLockFile, removeEmptyLockFile, retireLockFile } from './lock-file.ts';
import { answersAsPostgres } from './loopback-port.ts';
import { deadlineIn, eventuallyTrue, hasPassed, pollPause } from './poll.ts';
import { identify, orphanedBackends, signal } from './processes.ts';
import { asArguments, type ServerSettings } from './settings.ts';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** `blocked`: the port or the data is in use right now; another attempt, or another port, can succeed. */
export type StartOutcome = { readonly started: Postmaster } | { readonly blocked: string };

const BLOCKED = /could not bind|Address already in use|lock file "postmaster.pid"|pre-existing shared memory/;

/**
 * The server that already runs on the data, once it answers; undefined when there is none, and then nothing of an
 * earlier one is in the way. Throws RetryableError when a server is there and does not become ready in time.
 */
export async function findPostmaster(dataFolder: string, deadline: number, log: Log): Promise<Postmaster | undefined> {
  for (;;) {
    const lockFile = await readLockFile(dataFolder);
    const holder = lockFile === undefined || lockFile === 'empty' ? 'gone' : await identify(lockFile.pid, dataFolder);
    if (holder !== 'ours') {
      await endOrphanedBackends(dataFolder, log);
      if (lockFile === 'empty') await removeEmptyLockFile(dataFolder);
      if (holder === 'stranger') {
        log.warn({ dataFolder }, 'the Postgres lock file names a process that is not its server');
        await retireLockFile(dataFolder);
      }
      return undefined;
    }
    if (typeof lockFile === 'object' && lockFile.isReady && lockFile.port !== undefined) {
      if (await answersAsPostgres(lockFile.port)) return { pid: lockFile.pid, port: lockFile.port };
    }
    if (hasPassed(deadline)) {
      throw new RetryableError(`the Postgres server that holds ${dataFolder} does not answer; it is left running`);
    }
    await pollPause();
  }
}

/** Starts a server on the data and waits until it answers. Throws TerminalError when it can't run as it is set. */
export async function startPostmaster(options: {
  home: DataHome;
  binaries: Binaries;
  port: number;
  settings: ServerSettings;
  /** Added to the usual few. */
  environment: Readonly<Record<string, string>>;
  logPath: string;
  deadline: number;
}): Promise<StartOutcome> {
  const { home, logPath } = options;
  await turnOverLog(logPath);
  const logFile = await openLog(logPath, home);
  const logStart = (await logFile.stat()).size;
  let child: ChildProcess;
  try {
    const parameters = ['-D', home.dataFolder, '-p', String(options.port), ...asArguments(options.settings)];
    child = spawn(join(options.binaries.folder, 'postgres'), parameters, {
      ...spawnIdentity(home.account),
      cwd: '/',
      env: { ...childEnvironment(), ...options.environment },
      stdio: ['ignore', logFile.fd, logFile.fd],
      detached: true,
    });
  } finally {
    await logFile.close();
  }
  let end: string | undefined;
  child.once('error', (error) => {
    end = error.message;
  });
  child.once('exit', (code, killedBy) => {
    end = `exit ${code ?? killedBy}`;
  });
  child.unref();
  const isReady = async () => {
    const lockFile = await readLockFile(home.dataFolder);
    const serves = typeof lockFile === 'object' && lockFile.pid === child.pid && lockFile.isReady;
    return serves && (await answersAsPostgres(options.port));
  };
  const isSettled = async () => end !== undefined || (await isReady());
  if (!(await eventuallyTrue(isSettled, options.deadline))) {
    throw new RetryableError(`Postgres is still recovering ${home.dataFolder}; it is left running, see ${logPath}`);
  }
  if (end === undefined && child.pid !== undefined) return { started: { pid: child.pid, port: options.port } };
  const told = (await readFile(logPath)).subarray(logStart).toString('utf8').slice(-LAUNCH_LIMITS.outputCharactersMax);
  if (BLOCKED.test(told)) return { blocked: told };
  throw new TerminalError(`Postgres did not start (${end}), see ${logPath}: ${told.trim()}`);
}

/** Fast shutdown: open transactions roll back, a checkpoint is written. Returns when the process is gone. */
export async function stopPostmaster(pid: number, dataFolder: string, log: Log): Promise<void> {
  const isGone = async () => (await identify(pid, dataFolder)) !== 'ours';
  if (!(await isGone())) {
    signal(pid, 'SIGINT');
    if (!(await eventuallyTrue(isGone, deadlineIn(LAUNCH_LIMITS.stopTimeoutMs)))) {
      log.warn({ pid }, 'Postgres does not stop in time; it stops without a checkpoint and recovers at its next start');
      signal(pid, 'SIGQUIT');
      if (!(await eventuallyTrue(isGone, deadlineIn(LAUNCH_LIMITS.killTimeoutMs)))) {
        throw new RetryableError(`the Postgres server with process id ${pid} does not stop`);
      }
    }
  }
  await endOrphanedBackends(dataFolder, log);
}

/** What a killed postmaster left behind. Ending them is the crash they are already part of: nothing acknowledged is lost. */
async function endOrphanedBackends(dataFolder: string, log: Log): Promise<void> {
  const orphans = await orphanedBackends(dataFolder);
  if (orphans.length === 0) return;
  log.warn({ pids: orphans }, 'ending Postgres backends whose server is gone');
  const areGone = async () => (await orphanedBackends(dataFolder)).length === 0;
  for (const pid of orphans) signal(pid, 'SIGQUIT');
  if (await eventuallyTrue(areGone, deadlineIn(LAUNCH_LIMITS.orphanQuitMs))) return;
  for (const pid of await orphanedBackends(dataFolder)) signal(pid, 'SIGKILL');
  if (await eventuallyTrue(areGone, deadlineIn(LAUNCH_LIMITS.killTimeoutMs))) return;
  throw new RetryableError(`backends of an earlier Postgres server still use ${dataFolder}`);
}

/** Owned by the server's account, so that a log made by root does not lock out the owner of the data later. */
async function openLog(logPath: string, home: DataHome): Promise<FileHandle> {
  // No symbolic link: the state folder may be another user's than root, whose engine writes and gives the file away here.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const logFile = await open(logPath, flags, 0o600);
  if (home.account.changesUser) await logFile.chown(home.account.uid, home.account.gid);
  return logFile;
}

async function turnOverLog(logPath: string): Promise<void> {
  const size = (await unlessMissing(stat(logPath)))?.size ?? 0;
  if (size > LAUNCH_LIMITS.logBytesMax) await rename(logPath, `${logPath}.1`);
}
