/**
 * The launcher with everything adjustable; server.ts is its safe face, test support the other caller. The order is:
 * lock, find the data, find the programs, make the data when there is none, adopt the server that runs or start one.
 */
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { type BinarySources, findBinaries, INSTALLED_SOURCES } from './binaries.ts';
import { cacheFolders } from './binaries-cache.ts';
import { dataMajorVersion, initializeData, readPassword, SUPERUSER } from './data-directory.ts';
import { DATA_FALLBACK_FOLDERS, findDataHome, openServerFolder, rememberDataHome } from './data-home.ts';
import { readTextIfPresent, unlessMissing, writeFileDurably } from './files.ts';
import { LAUNCH_LIMITS } from './limits.ts';
import { chooseFreePort, isPortFree, LOOPBACK, probePostgres } from './loopback-port.ts';
import { deadlineIn, hasPassed, pollPause } from './poll.ts';
import { findPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { identify } from './processes.ts';
import { pulseOf } from './pulse.ts';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './server.ts';
import { SAFE_SETTINGS, type ServerSettings } from './settings.ts';
import { acquireStartLock } from './start-lock.ts';

export interface LaunchOptions extends EmbeddedPostgresOptions {
  /** Added to the safe settings and stronger than they are: for test servers, whose data is thrown away. */
  readonly extraSettings?: ServerSettings;
  /** Variables of the server process beside its usual few: for test servers that run under a preload library. */
  readonly environment?: Readonly<Record<string, string>>;
  /** False leaves out initdb's final fsync. */
  readonly isDurable?: boolean;
  readonly sources?: BinarySources;
  /** Where data goes that the server's account can't reach in the state folder. */
  readonly dataFallbackFolders?: readonly string[];
  readonly cacheFolders?: readonly string[];
}

interface RunningServer extends Postmaster {
  readonly adopted: boolean;
}

export async function launchPostgres(options: LaunchOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) {
    throw new TerminalError(`${options.port} is not a port: give 1 to 65535, or 0 for any free one`);
  }
  const serverFolder = await openServerFolder(options.stateDirectory);
  const deadline = deadlineIn(LAUNCH_LIMITS.startTimeoutMs);
  const release = await acquireStartLock(serverFolder, LAUNCH_LIMITS.startTimeoutMs);
  try {
    const home = await findDataHome({
      serverFolder,
      fallbackFolders: options.dataFallbackFolders ?? DATA_FALLBACK_FOLDERS,
      log,
    });
    const password = await readPassword(serverFolder, home);
    const binaries = await findBinaries({
      account: home.account,
      dataMajor: home.hasData ? await dataMajorVersion(home.dataFolder) : undefined,
      sources: options.sources ?? INSTALLED_SOURCES,
      cacheFolders: options.cacheFolders ?? cacheFolders(serverFolder),
      log,
    });
    if (!home.hasData) {
      await initializeData({ home, binaries, password, isDurable: options.isDurable ?? true });
      await rememberDataHome(serverFolder, home);
    }
    const start = (port: number) =>
      startPostmaster({
        home,
        binaries,
        port,
        settings: { ...SAFE_SETTINGS, ...options.extraSettings },
        environment: options.environment ?? {},
        logPath: join(serverFolder, 'server.log'),
        deadline,
      });
    const server = await adoptOrStart({ ...options, serverFolder, dataFolder: home.dataFolder, deadline, start });
    await writeFileDurably(portPath(serverFolder), `${server.port}\n`, 0o644);
    const { pid, port, adopted } = server;
    log.info({ pid, port, adopted, version: binaries.version, dataFolder: home.dataFolder }, 'Postgres serves');
    return handleOf(server, { dataFolder: home.dataFolder, password, log });
  } finally {
    await release();
  }
}

async function adoptOrStart(options: {
  serverFolder: string;
  dataFolder: string;
  port: number;
  deadline: number;
  log: Log;
  start: (port: number) => ReturnType<typeof startPostmaster>;
}): Promise<RunningServer> {
  const { dataFolder, deadline, log } = options;
  for (;;) {
    const running = await findPostmaster(dataFolder, deadline, log);
    if (running !== undefined && (options.port === 0 || options.port === running.port)) {
      return { ...running, adopted: true };
    }
    if (options.port !== 0 && !(await isPortFree(options.port))) {
      throw new TerminalError(
        `port ${options.port} on ${LOOPBACK} is taken or not allowed: choose another port for Postgres, or 0 for any free one`,
      );
    }
    if (running !== undefined) {
      log.info({ port: running.port, wanted: options.port }, 'Postgres moves to the port that was asked for');
      await stopPostmaster(running.pid, dataFolder, log);
    }
    const outcome = await options.start(options.port || (await preferredPort(options.serverFolder, log)));
    if ('started' in outcome) return { ...outcome.started, adopted: false };
    if (hasPassed(deadline)) throw new RetryableError(`Postgres can not start on ${dataFolder}: ${outcome.blocked}`);
    log.warn({ reason: outcome.blocked }, 'Postgres could not start yet and is tried again');
    await pollPause();
  }
}

/** The port of last time, so that clients find a restarted server where they look for it; else any free one. */
async function preferredPort(serverFolder: string, log: Log): Promise<number> {
  const remembered = Number(await readTextIfPresent(portPath(serverFolder)));
  if (!Number.isInteger(remembered) || remembered <= 0) return chooseFreePort();
  if (await isPortFree(remembered)) return remembered;
  log.warn({ port: remembered }, 'the last port of Postgres is taken by another program');
  await unlessMissing(unlink(portPath(serverFolder)));
  return chooseFreePort();
}

function portPath(serverFolder: string): string {
  return join(serverFolder, 'port');
}

function handleOf(
  server: RunningServer,
  context: { dataFolder: string; password: string; log: Log },
): EmbeddedPostgres {
  const { pid, port, adopted } = server;
  let stopping: Promise<void> | undefined;
  return {
    url: `postgres://${SUPERUSER}:${context.password}@${LOOPBACK}:${port}/postgres`,
    port,
    adopted,
    isRunning: pulseOf({ identify: () => identify(pid, context.dataFolder), probe: () => probePostgres(port) }),
    stop() {
      stopping ??= stopPostmaster(pid, context.dataFolder, context.log).catch((error: unknown) => {
        // A stop that failed may be asked for again.
        stopping = undefined;
        throw error;
      });
      return stopping;
    },
  };
}
