/**
 * The engine as its users run it: a child process of the real command on a state folder of its own. Owns the process, the
 * folder and whatever embedded Postgres a kill -9 left running there; when a test file ends, nothing of them is left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The first line of standard output, see DESIGN §11. */
export interface ReadyLine {
  readonly ready: true;
  readonly pod: string;
  readonly nats: string;
  readonly postgres: string;
  readonly http: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is run instead of the command of this checkout. */
export interface EngineProgram {
  /** Options of Node, then the file. */
  readonly words: readonly string[];
  /** As whom; only root can become another. */
  readonly user?: number | undefined;
}

const COMMAND = fileURLToPath(new URL('../../coinpilot.mjs', import.meta.url));
const READY_MS_MAX = 180_000;
const EXIT_MS_MAX = 45_000;
const POLL_MS = 20;
/** Enough of a log to see why a run failed. */
const LOG_LENGTH_MAX = 200_000;

/** A state folder and the engines that run on it, one after another. */
export class EngineHome {
  readonly folder: string;
  readonly state: string;
  readonly #arguments: string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #started: EngineProcess[] = [];

  /** `options` go to every engine started here, as on the command line. */
  static async create(
    options: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<EngineHome> {
    const folder = await mkdtemp(join(tmpdir(), 'coinpilot-engine-'));
    // As root Postgres runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
    return new EngineHome(folder, options, environment);
  }

  private constructor(folder: string, options: readonly string[], environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.state = join(folder, 'state');
    this.#arguments = [...options];
    this.#environment = environment;
  }

  /** Options for every engine started from now on. */
  use(...options: string[]): void {
    this.#arguments.push(...options);
  }

  /** Starts `up` and resolves once it says that everything serves. */
  async start(...more: string[]): Promise<EngineProcess> {
    const engine = this.run('up', ...more);
    await engine.whenReady();
    return engine;
  }

  /** Starts a command on this state without waiting for anything. */
  run(command: 'up' | 'pod', ...more: string[]): EngineProcess {
    const ports = command === 'up' ? ['--nats-port', '0', '--http-port', '0'] : ['--http-port', '0'];
    const options = [command, '--json', '--state', this.state, ...ports, ...this.#arguments, ...more];
    const engine = new EngineProcess(options, this.folder, this.#environment);
    this.#started.push(engine);
    return engine;
  }

  /** The embedded Postgres of this state. Undefined when none runs. */
  postmasterPid(): number | undefined {
    const lockFile = join(this.state, 'postgres/data/postmaster.pid');
    if (!existsSync(lockFile)) return undefined;
    const pid = Number(readFileSync(lockFile, 'utf8').split('\n')[0]);
    return pid > 0 && isAlive(pid) ? pid : undefined;
  }

  /** Ends everything and removes the folder. The data is thrown away, so nobody waits for a checkpoint. */
  async remove(): Promise<void> {
    for (const engine of this.#started) await engine.kill('SIGKILL');
    const postmaster = this.postmasterPid();
    if (postmaster !== undefined) {
      process.kill(postmaster, 'SIGQUIT');
      await until(
        () => !isAlive(postmaster),
        EXIT_MS_MAX,
        () => `Postgres ${postmaster} did not stop`,
      );
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One engine process. Its log goes into the message of whatever the test finds wrong. */
export class EngineProcess {
  /** Lines of standard output so far. */
  readonly lines: string[] = [];
  /** The end of standard error. */
  log = '';
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  readonly #killWithTest: () => void;

  constructor(
    options: readonly string[],
    folder: string,
    environment: Readonly<Record<string, string>>,
    program: EngineProgram = { words: [COMMAND] },
  ) {
    this.#child = spawn(process.execPath, [...program.words, ...options], {
      cwd: folder,
      ...(program.user === undefined ? {} : { uid: program.user, gid: program.user }),
      env: { ...cleanEnvironment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#killWithTest = () => this.#child.kill('SIGKILL');
    process.once('exit', this.#killWithTest);
    let rest = '';
    this.#child.stdout?.on('data', (piece: Buffer) => {
      const parts = (rest + piece.toString()).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    this.#child.stderr?.on('data', (piece: Buffer) => {
      this.log = (this.log + piece.toString()).slice(-LOG_LENGTH_MAX);
    });
    // `close`, not `exit`: by then everything that was written has been read.
    this.#child.once('close', (code, signal) => {
      if (rest !== '') this.lines.push(rest);
      this.exit = { code, signal };
      process.removeListener('exit', this.#killWithTest);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Fails before `whenReady` resolved. */
  get ready(): ReadyLine {
    const [line] = this.lines;
    if (line === undefined) throw new Error(`the engine is not ready: ${this.log}`);
    return JSON.parse(line) as ReadyLine;
  }

  async whenReady(): Promise<ReadyLine> {
    await until(
      () => this.lines.length > 0 || this.exit !== undefined,
      READY_MS_MAX,
      () => `not ready: ${this.log}`,
    );
    return this.ready;
  }

  /** Waits for the end of the process without asking for it. */
  async whenExited(withinMs = EXIT_MS_MAX): Promise<Exit> {
    await until(
      () => this.exit !== undefined,
      withinMs,
      () => `the engine did not exit: ${this.log.slice(-4_000)}`,
    );
    return this.exit!;
  }

  /** Sends a signal without waiting for what it does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal that ends the process and waits until it has. */
  async kill(signal: NodeJS.Signals): Promise<Exit> {
    if (this.exit === undefined) this.signal(signal);
    return this.whenExited();
  }
}

/** Polls; fails with what the caller knows about why. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  explain: () => string,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(explain());
    await delay(POLL_MS);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** What the person who runs the tests has configured for an engine of their own must not reach this one. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const mine = (name: string) => /^(?:COINPILOT_|DATABASE_URL$|NATS_URL$|NODE_OPTIONS$|VITEST)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !mine(name)));
}
