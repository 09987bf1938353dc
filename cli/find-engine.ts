/**
 * Finds the engine that `ctl` talks to. An address typed wins; else the state folder, whose `ready.json` says where its
 * engine serves and with which token; without either, the only engine under .coinpilot/ of this folder.
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ErrorReply, refuse } from '../protocol/errors.ts';
import { type ReadyInfo, readReady } from '../supervisors/roles/state-folder.ts';
import { UsageError } from './exit-codes.ts';
import { environmentOf, type RawSettings } from './settings.ts';

export interface EngineAddress {
  readonly url: string;
  readonly token?: string;
  /** First part of its subjects, when the engine itself told it. */
  readonly prefix?: string;
  /** What the address was taken from: told when nobody answers there. */
  readonly from: string;
}

export interface StateFolderFound {
  readonly path: string;
  /** Undefined while no engine has got ready in it. */
  readonly ready: ReadyInfo | undefined;
  /** The process of `ready` lives. An engine killed hard leaves its ready.json behind. */
  readonly alive: boolean;
}

/** Where state folders are looked for. */
export const STATE_ROOT = '.coinpilot';

const HOW_TO_START = 'Start one with `coinpilot up`, or name another by --state or --nats-url.';

/** The sources of settings, strongest first. */
export interface Sources {
  readonly flags: RawSettings;
  readonly environment: NodeJS.ProcessEnv;
  readonly file: RawSettings;
  /** Folder in which .coinpilot/ is looked for. */
  readonly directory: string;
}

/** Throws UsageError when several engines could be meant; a refusal UNAVAILABLE when there is none. */
export function findEngine(sources: Sources): EngineAddress | ErrorReply {
  const token = setting(sources, 'natsToken', ['NATS_TOKEN']);
  const at = (url: string, from: string, ready?: ReadyInfo): EngineAddress => {
    const used = token ?? ready?.natsToken;
    const prefix = ready?.prefix;
    return { url, from, ...(used === undefined ? {} : { token: used }), ...(prefix === undefined ? {} : { prefix }) };
  };
  // A folder typed by hand is meant more than an address that happens to stand in the environment.
  const typedUrl = textOf(sources.flags.natsUrl);
  const typedState = textOf(sources.flags.state);
  const url = typedUrl ?? (typedState === undefined ? setting(sources, 'natsUrl', ['NATS_URL']) : undefined);
  if (url !== undefined) return at(url, typedUrl === undefined ? 'NATS_URL or coinpilot.yaml' : '--nats-url');
  const state = typedState ?? setting(sources, 'state', []);
  if (state !== undefined) {
    const ready = readReady(resolve(sources.directory, state));
    if (ready === undefined) return refuse('UNAVAILABLE', `no engine is ready in ${state}. ${HOW_TO_START}`, { state });
    return at(ready.nats, join(state, 'ready.json'), ready);
  }
  const folders = stateFolders(sources.directory).filter((folder) => folder.ready !== undefined);
  const living = folders.filter((folder) => folder.alive);
  const candidates = living.length > 0 ? living : folders;
  if (candidates.length > 1) {
    const list = candidates.map(({ path }) => `  --state ${path}`).join('\n');
    throw new UsageError(`several engines are found under ${STATE_ROOT}; say which one:\n${list}`);
  }
  const [only] = candidates;
  if (only?.ready === undefined) {
    return refuse('UNAVAILABLE', `no engine is found under ${STATE_ROOT}. ${HOW_TO_START}`);
  }
  return at(only.ready.nats, join(only.path, 'ready.json'), only.ready);
}

/** Every folder under .coinpilot/, by name; `path` is relative to `directory`. */
export function stateFolders(directory: string): StateFolderFound[] {
  let names: string[];
  try {
    names = readdirSync(join(directory, STATE_ROOT), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    // Nothing has been started here yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.map((name) => stateFolder(directory, join(STATE_ROOT, name)));
}

export function stateFolder(directory: string, path: string): StateFolderFound {
  const ready = readReady(resolve(directory, path));
  return { path, ready, alive: ready !== undefined && isAlive(ready.pid) };
}

/** A flag, else COINPILOT_…, else one of `aliases` in the environment, else coinpilot.yaml. */
export function setting(sources: Sources, name: string, aliases: readonly string[]): string | undefined {
  const { flags, environment, file } = sources;
  const values = [
    flags[name],
    ...[environmentOf(name), ...aliases].map((variable) => environment[variable]),
    file[name],
  ];
  return values.map(textOf).find((value) => value !== undefined);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
