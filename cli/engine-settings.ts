/** The settings of `up`, `pod`, `collector` and `gateway`, made into an EngineConfig: one file serves all of them. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { isSymbol } from '../domain/instrument.ts';
import { formatDecimal, tryParseDecimal } from '../domain/money.ts';
import {
  canonicalPreset,
  DEFAULT_PRESET_NAME,
  PRESETS,
  type Preset,
  presetFrom,
  setParameter,
} from '../domain/preset.ts';
import type { EngineConfig, FeedConfig, HttpConfig, Role } from '../supervisors/roles/engine-config.ts';
import { readRiskSettings } from './risk-settings.ts';
import {
  flag,
  list,
  natsAddress,
  numberIn,
  oneOf,
  Problem,
  postgresUrl,
  type RawSettings,
  readSettingsFile,
  type Setting,
  SettingsReader,
  text,
  wholeIn,
} from './settings.ts';

export interface EngineSettings {
  readonly config: EngineConfig;
  readonly json: boolean;
  readonly exitAtEnd: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const decimalText = (value: unknown): string | Problem => {
  const units = tryParseDecimal(String(value));
  return units === undefined || units < 0n ? new Problem('must be a decimal of at least 0') : formatDecimal(units);
};

const speed = (value: unknown): number | 'max' | Problem =>
  value === 'max' ? 'max' : numberIn(0.001, 1_000_000, 'market seconds a second, or "max"')(value);

const record = (value: unknown): RawSettings | Problem =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as RawSettings)
    : new Problem('must hold "name: value" lines');

const optional = <T>(
  name: string,
  read: Setting<T>['read'],
  environment: readonly string[] = [],
): Setting<T | undefined> => ({
  name,
  read,
  environment,
  fallback: undefined,
});

export function readEngineSettings(role: Role, flags: RawSettings, environment: NodeJS.ProcessEnv): EngineSettings {
  const fileName = (flags.config as string | undefined) ?? environment.COINPILOT_CONFIG;
  const reader = new SettingsReader(flags, environment, readSettingsFile(fileName), fileName);
  const databaseUrl = reader.get(optional('databaseUrl', postgresUrl, ['DATABASE_URL'])) ?? null;
  const natsUrl = reader.get(optional('natsUrl', natsAddress, ['NATS_URL'])) ?? null;
  if (role !== 'up' && databaseUrl === null && !reader.given('databaseUrl', ['DATABASE_URL']))
    reader.problem(`DATABASE_URL: a ${role} needs a Postgres, such as postgres://user@host/database`);
  if (role !== 'up' && natsUrl === null && !reader.given('natsUrl', ['NATS_URL']))
    reader.problem(`NATS_URL: a ${role} needs a NATS server, such as nats://host:4222`);

  const symbols = reader.get({ name: 'symbol', read: symbolList, fallback: [] as string[] });
  const fileSymbols = reader.get({ name: 'symbols', read: symbolList, fallback: [] as string[] });
  const allSymbols = [...new Set([...symbols, ...fileSymbols])];
  const preset = readPreset(reader);
  const feed = readFeed(role, reader, allSymbols);
  const paper = readPaper(reader);
  const risk = reader.get({ name: 'risk', read: oneOf('on', 'off'), fallback: 'on' as const });
  const riskSettings = readRiskSettings(reader);
  const state = reader.get(optional('state', text));
  const config: EngineConfig = {
    role,
    pod: reader.get({ name: 'pod', read: podName, environment: ['POD_NAME'], fallback: defaultPodName(role) }),
    stateDirectory:
      role !== 'up' && state === undefined
        ? null
        : resolve(
            state ??
              join(
                '.coinpilot',
                defaultStateName(feed, { preset: canonicalPreset(preset), paper, risk, riskSettings, allSymbols }),
              ),
          ),
    databaseUrl,
    natsUrl,
    natsToken: reader.get(optional('natsToken', text, ['NATS_TOKEN'])),
    natsPort: port(reader, 'natsPort', 4222),
    postgresPort: port(reader, 'postgresPort', 0),
    httpPort: port(reader, 'httpPort', 8080),
    http: readHttp(role, reader),
    prefix: reader.get({ name: 'prefix', read: prefix, fallback: 'cp' }),
    symbols: feed.kind === 'file' ? [] : allSymbols,
    preset,
    feed,
    paper,
    risk,
    riskSettings,
  };
  const settings: EngineSettings = {
    config,
    json: reader.get({ name: 'json', read: flag, fallback: false }),
    exitAtEnd: reader.get({ name: 'exitAtEnd', read: flag, fallback: false }),
    logLevel: reader.get({
      name: 'logLevel',
      read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
      fallback: 'info' as const,
    }),
  };
  reader.finish();
  return settings;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

function readHttp(role: Role, reader: SettingsReader): HttpConfig {
  const host = reader.get({ name: 'httpHost', read: text, fallback: '127.0.0.1' });
  const readToken = reader.get(optional('readToken', token));
  const controlToken = reader.get(optional('controlToken', token));
  const origins = reader.get({ name: 'origins', read: originList, fallback: [] as string[] });
  // Probes of a Pod or collector need none; its status is for this machine, or for who has a token.
  if (
    (role === 'up' || role === 'gateway') &&
    !LOOPBACK.includes(host) &&
    (readToken === undefined || controlToken === undefined)
  ) {
    reader.problem(
      `${reader.source('httpHost')}: others than this machine reach ${host}: give readToken and controlToken too`,
    );
  }
  if (readToken !== undefined && readToken === controlToken)
    reader.problem('controlToken: must differ from readToken: who may look must not be able to command');
  return { host, readToken, controlToken, origins };
}

const TOKEN_LENGTH_MIN = 16;

/** Not quoted: it is a secret. */
const token = (value: unknown): string | Problem =>
  typeof value === 'string' && value.length >= TOKEN_LENGTH_MIN && /^[\x21-\x7e]+$/.test(value)
    ? value
    : new Problem(
        `must be at least ${TOKEN_LENGTH_MIN} characters without spaces, such as \`openssl rand -hex 24\` makes`,
      );

function originList(value: unknown): string[] | Problem {
  const origins = list(value);
  if (origins instanceof Problem) return origins;
  const bad = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  return bad === undefined ? origins : new Problem(`"${bad}" is not an origin such as https://desk.example`);
}

function readFeed(role: Role, reader: SettingsReader, symbols: readonly string[]): FeedConfig {
  const feed = reader.get({ name: 'feed', read: text, fallback: 'demo' });
  const pace = reader.get(optional<number | 'max'>('speed', speed));
  const seed = reader.get({ name: 'seed', read: wholeIn(0, 2 ** 31), fallback: 1 });
  // What the file of a cluster says about the feed is for its collectors.
  if (role === 'pod' || role === 'gateway') return { kind: 'bus' };
  if (role === 'collector') {
    // Invented prices in a cluster only when somebody said so.
    if (!reader.given('feed')) reader.problem('--feed: a collector needs one: demo or file:PATH');
    if (pace === 'max')
      reader.problem(
        `${reader.source('speed')}: a collector can not wait for the symbols as \`up\` does; give a number`,
      );
  }
  if (feed === 'demo') return { kind: 'demo', seed, speed: pace ?? 60 };
  if (feed.startsWith('file:')) {
    const paths = feed
      .slice('file:'.length)
      .split(',')
      .filter((path) => path !== '');
    const source = reader.source('feed');
    if (paths.length === 0) reader.problem(`${source}: name a file, such as file:candles.csv`);
    for (const path of paths) {
      const kind = statSync(path, { throwIfNoEntry: false });
      if (kind === undefined) reader.problem(`${source}: ${path}: there is no such file`);
      else if (kind.isDirectory())
        reader.problem(`${source}: ${path}: is a folder; name its files, separated by commas`);
    }
    if (paths.length > 1 && symbols.length > 0 && symbols.length !== paths.length) {
      reader.problem(`--symbol: ${paths.length} files need ${paths.length} symbols in the same order, or none`);
    }
    const sources = paths.map((path, index) => {
      const symbol = symbols[index];
      return symbol === undefined ? { path } : { path, symbol };
    });
    return { kind: 'file', sources, speed: pace ?? 1 };
  }
  reader.problem(`${reader.source('feed')}: must be demo or file:PATH, not "${feed}"`);
  return { kind: 'demo', seed, speed: 60 };
}

/** The paper venue and the money it starts with. */
export function readPaper(reader: SettingsReader): EngineConfig['paper'] {
  return {
    feeRate: reader.get({ name: 'fees', read: numberIn(0, 10, 'percent of each side'), fallback: 0.05 }) / 100,
    slippageBps: reader.get({ name: 'slippage', read: numberIn(0, 1_000, 'basis points'), fallback: 5 }),
    partialFill: reader.get({ name: 'partialFill', read: numberIn(0.01, 1, 'share filled per price'), fallback: 1 }),
    balance: reader.get({ name: 'balance', read: decimalText, fallback: '10000000' }),
  };
}

/** A built-in preset or one of `presets:`, then every `--set name=value` on top. */
export function readPreset(reader: SettingsReader): Preset {
  const own = reader.get({ name: 'presets', read: record, fallback: {} as RawSettings });
  const presets: Record<string, Preset> = { ...PRESETS };
  for (const [name, value] of Object.entries(own)) {
    const preset = ownPreset(name, value);
    if ('error' in preset) reader.problem(`coinpilot.yaml, presets.${name}: ${preset.error}`);
    else presets[name] = preset;
  }
  const name = reader.get({ name: 'preset', read: text, fallback: DEFAULT_PRESET_NAME as string });
  const chosen = presets[name];
  if (chosen === undefined)
    reader.problem(
      `${reader.source('preset')}: there is no preset "${name}"; there are ${Object.keys(presets).join(', ')}`,
    );
  let preset = chosen ?? PRESETS[DEFAULT_PRESET_NAME];
  for (const assignment of reader.get({ name: 'set', read: list, fallback: [] as string[] })) {
    const [parameter = '', value = ''] = assignment.split('=');
    const number = Number(value);
    const changed =
      value.trim() === '' || !Number.isFinite(number)
        ? { error: `"${assignment}" must be name=number` }
        : setParameter(preset, parameter.trim(), number);
    if ('error' in changed) reader.problem(`${reader.source('set')}: ${changed.error}`);
    else preset = changed;
  }
  return preset;
}

function ownPreset(name: string, value: unknown): Preset | { error: string } {
  if (name in PRESETS) return { error: 'the name belongs to a built-in preset' };
  if (typeof value !== 'object' || value === null) return { error: 'must hold "parameter: number" lines' };
  const { base = DEFAULT_PRESET_NAME, ...overrides } = value as Record<string, unknown>;
  const start = PRESETS[base as keyof typeof PRESETS] as Preset | undefined;
  if (start === undefined) return { error: `base: there is no built-in preset "${String(base)}"` };
  const wrong = Object.entries(overrides).filter(([, number]) => typeof number !== 'number');
  if (wrong.length > 0) return { error: `${wrong.map(([parameter]) => parameter).join(', ')}: must be a number` };
  return presetFrom(start, overrides as Record<string, number>, name);
}

export function symbolList(value: unknown): string[] | Problem {
  const symbols = list(value);
  if (symbols instanceof Problem) return symbols;
  const bad = symbols.find((symbol) => !isSymbol(symbol));
  return bad === undefined ? symbols : new Problem(`"${bad}" is not a symbol such as KRW-BTC`);
}

function port(reader: SettingsReader, name: string, fallback: number): { port: number; strict: boolean } {
  return { port: reader.get({ name, read: wholeIn(0, 65_535), fallback }), strict: reader.given(name) };
}

const podName = (value: unknown): string | Problem =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,63}$/.test(value)
    ? value
    : new Problem('must be 1 to 63 letters, digits, "-" or "_"');

const prefix = (value: unknown): string | Problem =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,32}(\.[A-Za-z0-9_-]{1,32})*$/.test(value)
    ? value
    : new Problem('must be letters, digits, "-", "_" and single dots');

function defaultPodName(role: Role): string {
  if (role === 'up') return 'up';
  return hostname()
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 63);
}

/** Named after venue and feed; a recording also after what is done with it, so that two experiments never mix. */
function defaultStateName(feed: FeedConfig, experiment: unknown): string {
  if (feed.kind !== 'file') return `paper-${feed.kind}`;
  const files = feed.sources.map(({ path, symbol }) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return [resolve(path), symbol, stat?.size, stat?.mtimeMs];
  });
  const hash = createHash('sha256')
    .update(JSON.stringify([files, experiment]))
    .digest('hex');
  return `paper-file-${hash.slice(0, 12)}`;
}
