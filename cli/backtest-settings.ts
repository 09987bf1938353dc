/** The settings of `backtest`: those of `up` where it does the same, and which recorded market to run over. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecordingRules } from '../adapters/feeds/recorded-events.ts';
import type { FileSource } from '../adapters/feeds/recorded-file.ts';
import { parseTimestamp } from '../adapters/feeds/timestamps.ts';
import { MINUTE_MS } from '../domain/candle.ts';
import type { Preset } from '../domain/preset.ts';
import type { RiskSettings } from '../domain/risk.ts';
import type { EngineConfig } from '../supervisors/roles/engine-config.ts';
import { readPaper, readPreset, symbolList } from './engine-settings.ts';
import { readRiskSettings } from './risk-settings.ts';
import {
  flag,
  list,
  oneOf,
  Problem,
  type RawSettings,
  readSettingsFile,
  SettingsReader,
  text,
  wholeIn,
} from './settings.ts';

export interface BacktestOptions {
  readonly sources: readonly FileSource[];
  readonly preset: Preset;
  readonly paper: EngineConfig['paper'];
  readonly risk: 'on' | 'off';
  readonly riskSettings: RiskSettings;
  /** Market times; `to` is not included. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly contradictions: RecordingRules['contradictions'];
  readonly seed: number;
  readonly json: boolean;
  readonly csv: string | undefined;
  readonly html: string | undefined;
}

/** Of the engine that serves; a test reads the example file, which has them all. */
const NOT_HERE = [
  'state',
  'feed',
  'speed',
  'symbols',
  'pod',
  'exitAtEnd',
  'logLevel',
  'databaseUrl',
  'natsUrl',
  'natsToken',
  'natsPort',
  'postgresPort',
  'httpPort',
  'httpHost',
  'readToken',
  'controlToken',
  'origins',
  'prefix',
];

const WHAT_DATA =
  'a CSV with a header (timestamp,open,high,low,close,volume, or timestamp,price,amount for trades), ' +
  "freqtrade's JSON or Upbit's, each may be gzip";

export function readBacktestSettings(flags: RawSettings, environment: NodeJS.ProcessEnv): BacktestOptions {
  const fileName = (flags.config as string | undefined) ?? environment.COINPILOT_CONFIG;
  const reader = new SettingsReader(flags, environment, readSettingsFile(fileName), fileName);
  reader.leave(...NOT_HERE);
  const settings: BacktestOptions = {
    sources: readSources(reader),
    preset: readPreset(reader),
    paper: readPaper(reader),
    risk: reader.get({ name: 'risk', read: oneOf('on', 'off'), fallback: 'on' as const }),
    riskSettings: readRiskSettings(reader),
    from: reader.get({ name: 'from', read: marketTime, fallback: undefined }),
    to: reader.get({ name: 'to', read: marketTime, fallback: undefined }),
    contradictions: reader.get({
      name: 'onDuplicate',
      read: oneOf('refuse', 'first', 'last'),
      fallback: 'refuse' as const,
    }),
    seed: reader.get({ name: 'seed', read: wholeIn(0, 2 ** 31), fallback: 1 }),
    json: reader.get({ name: 'json', read: flag, fallback: false }),
    csv: reader.get({ name: 'csv', read: outputFile, fallback: undefined }),
    html: reader.get({ name: 'html', read: outputFile, fallback: undefined }),
  };
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = settings;
  if (from >= to) reader.problem('--to: must be after --from');
  if (Number(settings.paper.balance) === 0) reader.problem('--balance: nothing can be bought with 0');
  reader.finish();
  return settings;
}

function readSources(reader: SettingsReader): FileSource[] {
  const paths = reader.get({ name: 'data', read: list, fallback: [] as string[] });
  const symbols = reader.get({ name: 'symbol', read: symbolList, fallback: [] as string[] });
  if (paths.length === 0) reader.problem(`--data: name the file with the market to run over: ${WHAT_DATA}`);
  for (const path of paths) {
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind === undefined)
      reader.problem(`${reader.source('data')}: ${path}: there is no such file; give ${WHAT_DATA}`);
    else if (kind.isDirectory()) reader.problem(`${reader.source('data')}: ${path}: is a folder; name its files`);
  }
  if (symbols.length > 1 && symbols.length !== paths.length) {
    reader.problem(`--symbol: ${paths.length} files need one symbol, ${paths.length} in the same order, or none`);
  }
  return paths.map((path, index) => {
    const symbol = symbols.length === 1 ? symbols[0] : symbols[index];
    return symbol === undefined ? { path } : { path, symbol };
  });
}

/** A UTC day or minute. */
function marketTime(value: unknown): number | Problem {
  const at = parseTimestamp(value instanceof Date ? value.toISOString() : String(value));
  return at !== undefined && at % MINUTE_MS === 0
    ? at
    : new Problem(`must be a UTC day or minute such as 2026-01-05 or 2026-01-05T09:30, not "${String(value)}"`);
}

function outputFile(value: unknown): string | Problem {
  const path = text(value);
  if (path instanceof Problem) return path;
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  return folder?.isDirectory() ? path : new Problem(`there is no folder ${dirname(path)} to write it to`);
}
