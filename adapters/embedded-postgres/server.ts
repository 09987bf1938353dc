/**
 * A local Postgres server in the state folder, for a machine with nothing installed. It outlives the engine: a start
 * adopts the server that still runs, or recovers its data. What it acknowledged is on disk (I2).
 */
import type { Log } from '../../protocol/ports/log.ts';
import { launchPostgres } from './launch.ts';

export interface EmbeddedPostgresOptions {
  /** The engine's state folder; everything of the server lies in its subfolder `postgres`. Made when missing. */
  readonly stateDirectory: string;
  /** 0: the port of last time when it is free, else any free one. Another number: exactly that port. */
  readonly port: number;
  readonly log: Log;
}

export interface EmbeddedPostgres {
  /** With the superuser's password: never log it. */
  readonly url: string;
  readonly port: number;
  /** True when the server ran before, of an engine that was killed. */
  readonly adopted: boolean;
  /**
   * Cheap: false when the server process is gone, or lives but left three calls in a row without an answer. True when
   * this process could not look (no descriptor left): that says nothing about the server.
   */
  isRunning(): Promise<boolean>;
  /**
   * Fast shutdown of this server, and returns when it has ended. May be called again and on a dead server; a server
   * that another start has brought up in its place is not touched.
   */
  stop(): Promise<void>;
}

/**
 * Brings the server up: the first time by making its data, later by adopting or restarting it, after a kill -9 too and
 * then on its last port. Concurrent starts on one state folder end up with the same server. The event loop stays free.
 *
 * Throws TerminalError when a person must change something (no programs, port taken, data unreachable) and
 * RetryableError when another attempt may succeed (still recovering, does not answer).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { stateDirectory, port, log } = options;
  return launchPostgres({ stateDirectory, port, log });
}
