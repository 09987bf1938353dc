/** One process of a container: started, signalled, and its end with the last lines it wrote. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { environmentOf, type PodIdentity } from './environment.ts';
import type { Image } from './image.ts';
import type { Container, Manifests, Volume } from './objects.ts';
import type { Undertaker } from './undertaker.ts';
import { mountVolumes } from './volumes.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly identity: PodIdentity;
  readonly image: Image;
  readonly volumes: readonly Volume[];
  readonly manifests: Manifests;
  /** Of this Pod, for what it mounts. */
  readonly folder: string;
  /** What it writes is added there. */
  readonly logFile: string;
  /** For pod-network.mjs, beside the Pod's own addresses. */
  readonly network: object;
  readonly undertaker: Undertaker;
}

const NETWORK = new URL('./pod-network.mjs', import.meta.url).href;
/** Of the base image. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class ContainerProcess {
  exit: Exit | undefined;
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
  readonly #logFile: string;

  /** Throws ContainerConfigError when the manifest asks for what there is not. */
  static start(container: Container, options: StartOptions): ContainerProcess {
    return new ContainerProcess(container, options);
  }

  private constructor(container: Container, options: StartOptions) {
    const { identity, image, logFile, network, undertaker } = options;
    const place = mountVolumes(container, options);
    const given = environmentOf(container, identity, options.manifests);
    const mapped = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, place(value)]));
    const { program, options: words, folder } = image.commandOf(container);
    const environment = {
      PATH,
      HOSTNAME: identity.name,
      NODE_ENV: 'production',
      ...mapped,
      NODE_OPTIONS: `${mapped.NODE_OPTIONS ?? ''} --import ${NETWORK}`,
      REHEARSAL_NETWORK: JSON.stringify(network),
    };
    const log = openSync(logFile, 'a');
    this.#place = { cwd: folder, env: environment };
    this.#logFile = logFile;
    this.#child = spawn(program, words.map(place), { ...this.#place, stdio: ['ignore', log, log] });
    closeSync(log);
    const { pid } = this.#child;
    undertaker.watch(pid);
    this.#child.on('error', (error) => appendFileSync(logFile, `${error.message}\n`));
    this.ended = new Promise((resolve) => {
      // `close`, not `exit`: it follows an error too.
      this.#child.once('close', (code, signal) => {
        this.exit = { code, signal };
        undertaker.forget(pid);
        resolve(this.exit);
      });
    });
  }

  /** Another process of the same container. Resolves to its exit code; why one can't start is written to the log. */
  execute([program = '', ...options]: readonly string[]): Promise<number | null> {
    const other = spawn(program, options, { ...this.#place, stdio: 'ignore' });
    return new Promise((resolve) => {
      other.once('error', (error) => appendFileSync(this.#logFile, `${error.message}\n`));
      other.once('close', (code) => resolve(code));
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (this.exit === undefined) this.#child.kill(signal);
  }
}
