/**
 * The state folder of one engine on one machine: a lock so that only one process uses it, and `ready.json` (0600), by
 * which `ctl` finds the engine. The lock is held by a process that lives; one left by a kill -9 is taken over.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerminalError } from '../../protocol/errors.ts';

export interface ReadyInfo {
  readonly ready: true;
  readonly pid: number;
  readonly pod: string;
  readonly nats: string;
  /** First part of the subjects. */
  readonly prefix?: string;
  readonly natsToken?: string;
  readonly postgres: string;
  readonly http: string;
}

const READY_FILE = 'ready.json';
const LOCK_FILE = 'engine.lock';
const PORTS_FILE = 'ports.json';

export class StateFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Takes the folder for this process. Throws TerminalError when another living process has it. */
  static take(path: string): StateFolder {
    // Others may pass through (Postgres runs as another user when we are root) but not list; every file in it is 0600.
    mkdirSync(path, { recursive: true, mode: 0o711 });
    const lock = join(path, LOCK_FILE);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const file = openSync(lock, 'wx', 0o600);
        writeFileSync(file, `${process.pid}\n`);
        closeSync(file);
        return new StateFolder(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const holder = Number(readFileSync(lock, 'utf8'));
        if (attempt > 0 || (holder !== process.pid && isEngine(holder))) {
          throw new TerminalError(
            `another engine (process ${holder}) uses the state folder ${path}: stop it, or choose another with --state`,
          );
        }
        rmSync(lock, { force: true });
      }
    }
  }

  /** The ports this folder's engine used last, so that clients find it again. */
  get lastPorts(): { readonly nats?: number; readonly http?: number } {
    try {
      return JSON.parse(readFileSync(join(this.path, PORTS_FILE), 'utf8')) as { nats?: number; http?: number };
    } catch {
      return {};
    }
  }

  rememberPorts(ports: { readonly nats?: number; readonly http?: number }): void {
    this.#write(PORTS_FILE, { ...this.lastPorts, ...ports });
  }

  writeReady(info: ReadyInfo): void {
    this.#write(READY_FILE, info);
  }

  release(): void {
    rmSync(join(this.path, READY_FILE), { force: true });
    rmSync(join(this.path, LOCK_FILE), { force: true });
  }

  #write(name: string, value: unknown): void {
    // Written aside and renamed: a reader sees the old file or the new one, never half of it.
    const temporary = join(this.path, `${name}.tmp`);
    writeFileSync(temporary, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    renameSync(temporary, join(this.path, name));
  }
}

export function readReady(path: string): ReadyInfo | undefined {
  try {
    return JSON.parse(readFileSync(join(path, READY_FILE), 'utf8')) as ReadyInfo;
  } catch {
    return undefined;
  }
}

/** Whether this process id is alive and runs node: an id may have been reused since. */
function isEngine(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return /node|coinpilot/i.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
