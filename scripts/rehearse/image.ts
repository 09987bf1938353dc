/**
 * The image in the form of a folder: the compiled program as the Dockerfile's last stage has it, started as its ENTRYPOINT and CMD
 * say. Packages are the checkout's, by a link: the rehearsal is about life and death of processes, not about what is installed.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ContainerConfigError } from './environment.ts';
import type { Container } from './objects.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD = ['--import', 'tsx', 'scripts/build.ts'];

export interface Command {
  readonly program: string;
  readonly options: readonly string[];
  readonly folder: string;
}

interface Start {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

export class Image {
  readonly #folder: string;
  readonly #start: Start;

  /** Compiles what the checkout holds now into `folder`; a later change of the checkout does not reach it. */
  static async build(folder: string): Promise<Image> {
    await promisify(execFile)(process.execPath, BUILD, { cwd: CHECKOUT });
    mkdirSync(folder, { recursive: true });
    cpSync(join(CHECKOUT, 'dist'), folder, { recursive: true });
    symlinkSync(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'));
    return new Image(folder, startOf(readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8')));
  }

  constructor(folder: string, start: Start) {
    this.#folder = folder;
    this.#start = start;
  }

  /** A manifest's `command` and `args` take the place of ENTRYPOINT and CMD; a CMD is dropped with its ENTRYPOINT. */
  commandOf({ name, command, args }: Container): Command {
    const { entrypoint, cmd } = this.#start;
    const words = [...(command ?? entrypoint), ...(args ?? (command === undefined ? cmd : []))];
    const [program, ...options] = words;
    if (program === undefined) throw new ContainerConfigError(`${name} has no command`);
    return { program: program === 'node' ? process.execPath : program, options, folder: this.#folder };
  }
}

/** The last ENTRYPOINT and CMD of a Dockerfile, in their exec form. */
export function startOf(dockerfile: string): Start {
  const lines = dockerfile.split('\n');
  const last = (instruction: string): readonly string[] => {
    const line = lines.findLast((candidate) => candidate.startsWith(`${instruction} [`));
    return line === undefined ? [] : (JSON.parse(line.slice(instruction.length)) as string[]);
  };
  return { entrypoint: last('ENTRYPOINT'), cmd: last('CMD') };
}
