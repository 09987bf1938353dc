/**
 * Presets: every number the strategy's rules compare against, and how a person changes one of them.
 *
 * A preset is data; the rules that read it are in `entry.ts` and `exits.ts`. Percentages are written in percent, as in
 * STRATEGY's tables (5 is 5 %), and become exact decimals where they meet money.
 */
import { HOUR_MS } from './candle.ts';
import { KNOWN_REGIMES, type KnownRegime, type Regime } from './regime.ts';

/** What a preset says for one regime. */
export interface RegimeParameters {
  /** RSI(14) at or below this (classic: below) lets an entry through. */
  readonly rsi14Max: number;
  /** The oversold low must be below this. */
  readonly rsi7Trigger: number;
  /** RSI(7) must be back at or above this; the trigger unless set apart from it. */
  readonly rsi7Recover: number;
  /** Volume ratio at least this (classic: above). */
  readonly volumeMin: number;
  /** Percent above entry. */
  readonly takeProfit: number;
  /** Percent below entry. */
  readonly stopLoss: number;
  /** Percent below the high-water mark, once armed. */
  readonly trailing: number;
  /** Percent above entry the mark must have reached for the trailing stop to hold. */
  readonly trailingArm: number;
  /** RSI(14) above this exits at a close, given `rsiExitProfit`. */
  readonly rsiExit: number;
  /** Percent above entry the close must be for the RSI exit. */
  readonly rsiExitProfit: number;
  readonly timeLimitMs: number;
  /** Factor on the order amount. */
  readonly size: number;
}

export interface Preset {
  readonly name: string;
  /** `classic` knows no regimes: it reads the SIDEWAYS column whatever the market does. */
  readonly kind: 'regime' | 'classic';
  readonly regimes: Readonly<Record<KnownRegime, RegimeParameters>>;
  /** Points RSI(7) must have risen from the oversold low. */
  readonly minBounce: number;
  /** Outside BULL the close may be this share of SMA(20). */
  readonly maTolerance: number;
  /** A volume ratio at or above this is a surge (BEAR). */
  readonly surgeRatio: number;
}

export type PresetName = 'v1' | 'v3.0' | 'v3.1' | 'v3.2' | 'v3.3';

export const DEFAULT_PRESET_NAME: PresetName = 'v3.3';

type ExitParameters = Omit<RegimeParameters, 'rsi14Max' | 'rsi7Trigger' | 'rsi7Recover' | 'volumeMin'>;
type Triple = readonly [bull: number, sideways: number, bear: number];

const EXITS: Readonly<Record<KnownRegime, ExitParameters>> = {
  BULL: {
    takeProfit: 5,
    stopLoss: 3,
    trailing: 3,
    trailingArm: 1,
    rsiExit: 75,
    rsiExitProfit: 1,
    timeLimitMs: 72 * HOUR_MS,
    size: 1,
  },
  SIDEWAYS: {
    takeProfit: 3,
    stopLoss: 4,
    trailing: 2.5,
    trailingArm: 1,
    rsiExit: 70,
    rsiExitProfit: 1,
    timeLimitMs: 48 * HOUR_MS,
    size: 0.8,
  },
  BEAR: {
    takeProfit: 3,
    stopLoss: 5,
    trailing: 2,
    trailingArm: 1,
    rsiExit: 70,
    rsiExitProfit: 0.5,
    timeLimitMs: 24 * HOUR_MS,
    size: 0.5,
  },
};

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  v1: { ...define('v1', { rsi14Max: [30, 30, 30], volumeMin: [1.5, 1.5, 1.5] }), kind: 'classic' },
  'v3.0': define('v3.0', {
    rsi14Max: [45, 40, 40],
    rsi7Trigger: [40, 35, 30],
    volumeMin: [1.2, 0.5, 0.5],
    minBounce: 3,
  }),
  'v3.1': define('v3.1', { rsi14Max: [50, 45, 45], rsi7Trigger: [45, 40, 35], volumeMin: [1.2, 0.2, 0.1] }),
  'v3.2': define('v3.2', { rsi14Max: [47, 42, 42], rsi7Trigger: [42, 37, 32], volumeMin: [1.2, 0.3, 0.2] }),
  'v3.3': define('v3.3', { rsi14Max: [42, 42, 42], rsi7Trigger: [42, 35, 30], volumeMin: [1.2, 0.3, 0.2] }),
};

/** The column that holds in this regime: classic reads SIDEWAYS always, and so does UNKNOWN when nothing else is known. */
export function parametersFor(preset: Preset, regime: Regime): RegimeParameters {
  const column = preset.kind === 'classic' || regime === 'UNKNOWN' ? 'SIDEWAYS' : regime;
  return preset.regimes[column];
}

/** Order size factor for an entry decided in this regime. */
export function sizeFor(preset: Preset, regime: Regime): number {
  return parametersFor(preset, regime).size;
}

/**
 * The parameters as JSON with sorted keys: equal parameters give equal text, whatever the preset is called. Its hash is
 * stored with every decision.
 */
export function canonicalPreset(preset: Preset): string {
  const { name: _, ...parameters } = preset;
  return JSON.stringify(sortKeys(parameters));
}

interface ParameterRule {
  readonly least: number;
  readonly most: number;
  /** False: the classic rules don't read it, so setting it there is a mistake. */
  readonly classic: boolean;
}

const PERCENT_MAX = 1_000;
const TIME_LIMIT_MAX_MS = 365 * 24 * HOUR_MS;

const REGIME_RULES: Readonly<Record<keyof RegimeParameters, ParameterRule>> = {
  rsi14Max: { least: 0, most: 100, classic: true },
  // The trigger comes before the recovery: a recovery set apart from it must win, in whatever order both are given.
  rsi7Trigger: { least: 0, most: 100, classic: false },
  rsi7Recover: { least: 0, most: 100, classic: false },
  volumeMin: { least: 0, most: 1_000, classic: true },
  takeProfit: { least: 0.01, most: PERCENT_MAX, classic: true },
  stopLoss: { least: 0.01, most: 99, classic: true },
  trailing: { least: 0.01, most: 99, classic: true },
  trailingArm: { least: 0, most: PERCENT_MAX, classic: true },
  rsiExit: { least: 0, most: 100, classic: true },
  rsiExitProfit: { least: -100, most: PERCENT_MAX, classic: true },
  timeLimitMs: { least: 60_000, most: TIME_LIMIT_MAX_MS, classic: true },
  size: { least: 0, most: 1, classic: true },
};

type SharedParameter = 'minBounce' | 'maTolerance' | 'surgeRatio';

const SHARED_RULES: Readonly<Record<SharedParameter, ParameterRule>> = {
  minBounce: { least: 0, most: 100, classic: false },
  maTolerance: { least: 0, most: 2, classic: false },
  surgeRatio: { least: 0, most: 1_000, classic: false },
};

/** Every name `setParameter` knows for this preset: whole rows first (`rsi14Max`), then single cells (`rsi14Max.BEAR`). */
export function parameterNames(preset: Preset): string[] {
  const classic = preset.kind === 'classic';
  const known = (rules: Readonly<Record<string, ParameterRule>>) =>
    Object.keys(rules).filter((name) => !classic || rules[name]?.classic);
  const rows = known(REGIME_RULES);
  const cells = classic ? [] : rows.flatMap((row) => KNOWN_REGIMES.map((regime) => `${row}.${regime}`));
  return [...rows, ...known(SHARED_RULES), ...cells];
}

/**
 * The preset with one parameter changed: a row for all regimes (`rsi14Max`), a cell (`rsi14Max.BEAR`) or a shared one
 * (`minBounce`). Setting a trigger moves the recovery that equals it. An unknown name or a value out of range is an
 * error that says what is possible.
 */
export function setParameter(preset: Preset, name: string, value: number): Preset | { error: string } {
  const names = parameterNames(preset);
  if (!names.includes(name)) {
    return { error: `preset ${preset.name} has no parameter "${name}"; it has ${names.join(', ')}` };
  }
  const [row = name, column] = name.split('.');
  const rule = isShared(row) ? SHARED_RULES[row] : REGIME_RULES[row as keyof RegimeParameters];
  if (!Number.isFinite(value) || value < rule.least || value > rule.most) {
    return { error: `${name} is a number from ${rule.least} to ${rule.most}, not ${value}` };
  }
  if (isShared(row)) return { ...preset, [row]: value };
  const regimes = { ...preset.regimes };
  for (const regime of KNOWN_REGIMES) {
    if (column !== undefined && column !== regime) continue;
    const before = regimes[regime];
    const follows = row === 'rsi7Trigger' && before.rsi7Recover === before.rsi7Trigger;
    regimes[regime] = { ...before, [row]: value, ...(follows ? { rsi7Recover: value } : {}) };
  }
  return { ...preset, regimes };
}

/** `base` with these parameters changed, under its own name. The order of the keys doesn't matter: rows before cells. */
export function presetFrom(
  base: Preset,
  overrides: Readonly<Record<string, number>>,
  name: string,
): Preset | { error: string } {
  const order = parameterNames(base);
  const rank = (parameter: string) => {
    const index = order.indexOf(parameter);
    return index === -1 ? order.length : index;
  };
  let preset: Preset = { ...base, name };
  const errors: string[] = [];
  for (const [parameter, value] of Object.entries(overrides).sort(([a], [b]) => rank(a) - rank(b))) {
    const next = setParameter(preset, parameter, value);
    if ('error' in next) errors.push(next.error);
    else preset = next;
  }
  return errors.length > 0 ? { error: errors.join('; ') } : preset;
}

/** A preset from its row of STRATEGY's table; what the table leaves out is the same for all. */
function define(
  name: PresetName,
  row: {
    readonly rsi14Max: Triple;
    readonly rsi7Trigger?: Triple;
    readonly volumeMin: Triple;
    readonly minBounce?: number;
  },
): Preset {
  const column = (regime: KnownRegime, index: 0 | 1 | 2): RegimeParameters => {
    const trigger = row.rsi7Trigger?.[index] ?? 0;
    return {
      rsi14Max: row.rsi14Max[index],
      rsi7Trigger: trigger,
      rsi7Recover: trigger,
      volumeMin: row.volumeMin[index],
      ...EXITS[regime],
    };
  };
  return {
    name,
    kind: 'regime',
    regimes: { BULL: column('BULL', 0), SIDEWAYS: column('SIDEWAYS', 1), BEAR: column('BEAR', 2) },
    minBounce: row.minBounce ?? 2,
    maTolerance: 0.97,
    surgeRatio: 2,
  };
}

function isShared(row: string): row is SharedParameter {
  return Object.hasOwn(SHARED_RULES, row);
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
