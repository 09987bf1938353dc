/**
 * Settings from flags, environment and coinpilot.yaml, in this order of precedence, checked once: every mistake is
 * reported, all in one go, each naming where it came from. Secrets are never printed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UsageError } from './exit-codes.ts';

/** Read when no other file is named and it is there. */
export const DEFAULT_SETTINGS_FILE = 'coinpilot.yaml';

export type RawSettings = Readonly<Record<string, unknown>>;

export interface Setting<T> {
  /** Name in coinpilot.yaml and of the flag in camelCase: `natsPort` is `--nats-port` and COINPILOT_NATS_PORT. */
  readonly name: string;
  /** Names of further environment variables that carry it. */
  readonly environment?: readonly string[];
  readonly read: (value: unknown) => T | Problem;
  readonly fallback: T;
}

/** Says what a value must be. */
export class Problem {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function environmentOf(name: string): string {
  return `COINPILOT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Reads the settings file: `--config`, else coinpilot.yaml of this folder when there is one. */
export function readSettingsFile(path: string | undefined): RawSettings {
  const file = path ?? DEFAULT_SETTINGS_FILE;
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw new UsageError(`${path}: there is no such file`);
  }
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The first line only: the rest quotes the file, and a secret may stand there.
    throw new UsageError(`${file}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new UsageError(`${file}: must hold "name: value" lines`);
  return value as RawSettings;
}

/** Settings of other commands (`ctl`, `backtest`) may stand in the same file and environment. */
const OF_OTHER_COMMANDS = ['timeout', 'data', 'from', 'to', 'onDuplicate', 'csv', 'html'];

/** Collects settings and problems; `finish` throws all problems together. */
export class SettingsReader {
  readonly #flags: RawSettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #file: RawSettings;
  readonly #fileName: string;
  readonly #problems: string[] = [];
  readonly #known = new Set<string>(OF_OTHER_COMMANDS);

  constructor(
    flags: RawSettings,
    environment: NodeJS.ProcessEnv,
    file: RawSettings,
    fileName: string = DEFAULT_SETTINGS_FILE,
  ) {
    this.#fileName = fileName;
    this.#flags = flags;
    this.#environment = environment;
    this.#file = file;
  }

  get<T>(setting: Setting<T>): T {
    const { name, read, fallback } = setting;
    this.#known.add(name);
    const found = this.#find(setting);
    if (found === undefined) return fallback;
    const value = read(found.value);
    if (!(value instanceof Problem)) return value;
    this.#problems.push(`${found.source}: ${value.expected}`);
    return fallback;
  }

  /** Whether the setting was given anywhere. */
  given(name: string, environment: readonly string[] = []): boolean {
    return this.#find({ name, environment }) !== undefined;
  }

  /** Where the setting was given, as a problem names it; its flag when it was given nowhere. */
  source(name: string): string {
    return this.#find({ name })?.source ?? flagOf(name);
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  /** These are settings of other commands: they may be given, and are not read. */
  leave(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** Throws every problem at once; a name in the file that nothing reads is a problem too. */
  finish(): void {
    for (const name of Object.keys(this.#file)) {
      if (!this.#known.has(name)) this.#problems.push(`${this.#fileName}: there is no setting "${name}"`);
    }
    for (const name of Object.keys(this.#environment)) {
      const known = [...this.#known].some((setting) => environmentOf(setting) === name);
      if (name.startsWith('COINPILOT_') && !known && name !== 'COINPILOT_SHARED' && name !== 'COINPILOT_CONFIG') {
        this.#problems.push(`${name}: there is no such setting`);
      }
    }
    if (this.#problems.length > 0) throw new UsageError(this.#problems.join('\n'));
  }

  #find(setting: {
    readonly name: string;
    readonly environment?: readonly string[];
  }): { readonly value: unknown; readonly source: string } | undefined {
    const { name, environment = [] } = setting;
    const flag = this.#flags[name];
    if (flag !== undefined && !(Array.isArray(flag) && flag.length === 0)) return { value: flag, source: flagOf(name) };
    for (const variable of [environmentOf(name), ...environment]) {
      const value = this.#environment[variable];
      if (value !== undefined && value !== '') return { value, source: variable };
    }
    const value = this.#file[name];
    return value === undefined || value === null ? undefined : { value, source: `${this.#fileName}, ${name}` };
  }
}

export const text = (value: unknown): string | Problem =>
  typeof value === 'string' && value !== '' ? value : new Problem('must be a text');

/** The value is not quoted: a password may stand in it. */
export const postgresUrl = (value: unknown): string | Problem =>
  typeof value === 'string' && /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value)
    ? value
    : new Problem('must be an address such as postgres://user:password@host:5432/database');

/** An address, or host and port alone; the value is not quoted: a token may stand in it. */
export const natsAddress = (value: unknown): string | Problem =>
  typeof value === 'string' &&
  (/^(nats|tls):\/\/./.test(value) || /^[^:/\s]+(:\d+)?$/.test(value)) &&
  URL.canParse(value.includes('://') ? value : `nats://${value}`)
    ? value
    : new Problem('must be an address such as nats://host:4222');

export const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (value: unknown): T | Problem => {
    // YAML reads a bare on/off as a boolean in some tools; people mean the word.
    const word = value === true ? 'on' : value === false ? 'off' : value;
    return values.includes(word as T)
      ? (word as T)
      : new Problem(`must be ${values.join(' or ')}, not "${String(value)}"`);
  };

export const numberIn =
  (least: number, most: number, unit = '') =>
  (value: unknown): number | Problem => {
    const number =
      typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
    if (Number.isFinite(number) && number >= least && number <= most) return number;
    return new Problem(
      `must be a number${unit === '' ? '' : ` (${unit})`} from ${least} to ${most}, not "${String(value)}"`,
    );
  };

export const wholeIn =
  (least: number, most: number) =>
  (value: unknown): number | Problem => {
    const number = numberIn(least, most)(value);
    if (number instanceof Problem || Number.isInteger(number)) return number;
    return new Problem(`must be a whole number, not "${String(value)}"`);
  };

export const flag = (value: unknown): boolean | Problem =>
  value === true || value === 'true' || value === '1'
    ? true
    : value === false || value === 'false' || value === '0'
      ? false
      : new Problem('must be true or false');

export const list = (value: unknown): string[] | Problem => {
  const items = Array.isArray(value) ? value : [value];
  if (!items.every((item) => typeof item === 'string')) return new Problem('must be a list of texts');
  return items
    .flatMap((item: string) => item.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
};
