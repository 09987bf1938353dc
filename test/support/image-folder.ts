/**
 * The image without a container engine: carries out our Dockerfile in folders, one for each stage, with the context that
 * .dockerignore leaves of the checkout. RUN runs for real, beside the folders instead of inside them, on this machine's Node.
 * What the last stage holds is what the image would hold, and it runs as its user, from a folder that is not the checkout.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, posix } from 'node:path';
import { DockerIgnore, expand, type Instruction, parseDockerfile } from './dockerfile.ts';
import { EngineProcess } from './engine-process.ts';

export interface ImageOptions {
  /** The folder with the Dockerfile. */
  readonly context: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
  /** Steps whose outcome is there already, and what puts it into the folder they would run in. */
  readonly doneAlready?: Readonly<Record<string, (folder: string) => void>>;
}

type Values = Readonly<Record<string, string>>;

/** Node's own sandbox, under the name it had before Node 22.13. */
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

/** Set by the builder itself. */
const PLATFORM = { BUILDPLATFORM: 'linux/amd64' };
/** Enough of what a step printed to see why it failed. */
const OUTPUT_LENGTH_MAX = 4_000;
/** Of the machine; whatever a developer has set beside them stays out. npm finds its cache and its settings by them. */
const MACHINE_VARIABLES =
  /^(?:PATH|HOME|TMPDIR|npm_config_(?:registry|cache|userconfig|cafile|.*proxy)|https?_proxy|no_proxy)$/i;

export class ImageFolder {
  /** Of the whole file system of the image. */
  readonly root: string;
  readonly workdir: string;
  readonly environment: Values;
  readonly user: number;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly stopSignal: string;
  readonly ports: readonly number[];
  readonly #folder: string;

  static async build({ context, buildArguments = {}, doneAlready = {} }: ImageOptions): Promise<ImageFolder> {
    const folder = mkdtempSync(join(tmpdir(), 'coinpilot-image-'));
    try {
      const instructions = parseDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'));
      return new ImageFolder(folder, await runStages({ context, folder, instructions, buildArguments, doneAlready }));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(folder: string, { root, workdir, environment, settings }: Stage) {
    const setting = (name: string): string => {
      const value = settings.get(name);
      if (value === undefined) throw new Error(`the Dockerfile has no ${name}`);
      return value;
    };
    this.#folder = folder;
    // The image's user must be able to enter, as it can in a container.
    chmodSync(folder, 0o755);
    this.root = root;
    this.workdir = workdir;
    this.environment = environment;
    this.user = Number(setting('USER').split(':')[0]);
    this.entrypoint = JSON.parse(setting('ENTRYPOINT')) as string[];
    this.cmd = JSON.parse(setting('CMD')) as string[];
    this.stopSignal = setting('STOPSIGNAL');
    this.ports = setting('EXPOSE').split(/\s+/).map(Number);
  }

  /**
   * A container of this image: its entry point in its folder, as its user, seeing no file but those of the image and writing
   * none, as on a read-only root. `words` and `environment` are what `docker run` would add.
   */
  start(words: readonly string[], environment: Values): EngineProcess {
    const [program, ...entry] = this.entrypoint;
    if (program !== 'node') throw new Error(`the image starts ${program}`);
    const sandbox = [PERMISSION, `--allow-fs-read=${this.root}/*`];
    const isRoot = process.getuid?.() === 0;
    return new EngineProcess(
      words.length === 0 ? this.cmd : words,
      this.path('.'),
      // A user without an entry has the root as home.
      { HOME: this.root, ...this.environment, ...environment },
      { words: [...sandbox, ...entry], user: isRoot ? this.user : undefined },
    );
  }

  /** Where a path of the image lies on this machine. */
  path(inside: string): string {
    return join(this.root, posix.resolve(this.workdir, inside));
  }

  /** Every file of the image, as absolute paths in it. */
  files(): string[] {
    const entries = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `${join(entry.parentPath, entry.name).slice(this.root.length)}`)
      .sort();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly root: string;
  workdir: string;
  environment: Values;
  /** ARG and ENV, for expansion and for RUN. */
  values: Values;
  /** The last of each instruction that only sets something. */
  readonly settings: Map<string, string>;
}

interface Build {
  readonly context: string;
  readonly folder: string;
  readonly instructions: readonly Instruction[];
  readonly buildArguments: Values;
  readonly doneAlready: Readonly<Record<string, (folder: string) => void>>;
}

async function runStages(build: Build): Promise<Stage> {
  const stages = new Map<string, Stage>();
  let globals: Values = PLATFORM;
  let stage: Stage | undefined;
  for (const instruction of build.instructions) {
    const { name, text, line } = instruction;
    try {
      if (name === 'FROM') {
        const [, image = '', stageName = `stage-${stages.size}`] =
          /^(?:--platform=\S+ )?(\S+)(?: AS (\S+))?$/.exec(expand(text, globals)) ?? [];
        if (stages.has(image)) throw new Error('a stage on top of another is not understood here');
        stage = newStage(join(build.folder, stageName));
        stages.set(stageName, stage);
      } else if (stage === undefined) {
        if (name !== 'ARG') throw new Error('only ARG may stand before FROM');
        globals = { ...globals, ...argument(text, build.buildArguments) };
      } else await runInstruction(stage, stages, instruction, build);
    } catch (error) {
      throw new Error(`Dockerfile:${line}: ${name} ${text}: ${(error as Error).message}`);
    }
  }
  if (stage === undefined) throw new Error('the Dockerfile has no FROM');
  return stage;
}

function newStage(root: string): Stage {
  mkdirSync(root);
  return { root, workdir: '/', environment: {}, values: {}, settings: new Map() };
}

/** Empty when it has neither a value nor a default: then it is not set. */
function argument(text: string, given: Values): Values {
  const [name = '', fallback] = text.split(/=(.*)/s);
  const value = given[name] ?? fallback;
  return value === undefined ? {} : { [name]: value };
}

async function runInstruction(
  stage: Stage,
  stages: ReadonlyMap<string, Stage>,
  { name, text }: Instruction,
  { context, buildArguments, doneAlready }: Build,
): Promise<void> {
  if (name === 'ARG') stage.values = { ...stage.values, ...argument(text, buildArguments) };
  else if (name === 'ENV') {
    const [variable = '', value = ''] = text.split(/=(.*)/s);
    stage.environment = { ...stage.environment, [variable]: expand(value, stage.values) };
    stage.values = { ...stage.values, ...stage.environment };
  } else if (name === 'WORKDIR') {
    stage.workdir = posix.resolve(stage.workdir, text);
    mkdirSync(join(stage.root, stage.workdir), { recursive: true });
  } else if (name === 'RUN') {
    const folder = join(stage.root, stage.workdir);
    const done = doneAlready[text];
    if (done === undefined) await runStep(text, folder, stage.values);
    else done(folder);
  } else if (name === 'COPY') {
    const words = text.split(/\s+/);
    const from = words[0]?.startsWith('--from=') ? words.shift()!.slice('--from='.length) : undefined;
    const target = words.pop() ?? '';
    const to = join(stage.root, posix.resolve(stage.workdir, target), target.endsWith('/') ? '/' : '');
    const source = from === undefined ? undefined : stages.get(from);
    if (from !== undefined && source === undefined) throw new Error(`there is no stage ${from}`);
    for (const word of words) {
      if (source === undefined) copyFromContext(context, word, to);
      else copy(join(source.root, word), to);
    }
  } else stage.settings.set(name, text);
}

/** A folder gives what is in it, a file goes into a folder or under a new name. */
function copy(from: string, to: string): void {
  const isFolder = statSync(from).isDirectory();
  cpSync(from, !isFolder && to.endsWith('/') ? join(to, basename(from)) : to, { recursive: true });
}

function copyFromContext(context: string, word: string, to: string): void {
  const ignore = new DockerIgnore(readFileSync(join(context, '.dockerignore'), 'utf8'));
  if (word !== '.') {
    if (!ignore.holds(word)) throw new Error(`.dockerignore leaves ${word} out`);
    copy(join(context, word), to);
    return;
  }
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(context, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && ignore.opens(path)) walk(path);
      if (!entry.isDirectory() && ignore.holds(path)) cpSync(join(context, path), join(to, path));
    }
  };
  walk('');
}

function runStep(command: string, cwd: string, values: Values): Promise<void> {
  const machine = Object.entries(process.env).filter(([variable]) => MACHINE_VARIABLES.test(variable));
  // Every package was there for this checkout too: nothing has to be fetched a second time.
  const env = { ...Object.fromEntries(machine), npm_config_prefer_offline: 'true', ...values };
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (piece: Buffer): void => {
      output = (output + piece.toString()).slice(-OUTPUT_LENGTH_MAX);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}\n${output}`))));
  });
}
