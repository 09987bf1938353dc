/** The entry checks as lamps: what each asks, in numbers, and what its failing means. */
import type { MarketKey } from '../i18n/market.ts';
import type { EntryCheck } from '../store/types.ts';

export interface Lamp {
  /** The reason's code, as the funnel and the journal write it. */
  readonly code: string;
  /** Undefined for a check this page has no words for: it is shown by its code. */
  readonly label: MarketKey | undefined;
  /** `waiting`: there is no value yet, so it neither passes nor fails. */
  readonly state: 'pass' | 'fail' | 'waiting';
  readonly value: string;
  /** With its relation: "≤ 42". */
  readonly limit: string;
}

interface Known {
  readonly label: MarketKey;
  /** How value stands to limit when it passes; the text of some limits says it already. */
  readonly relation: '≤' | '≥' | '<' | '>' | '';
  readonly places: number | 'price';
}

/** By STRATEGY "Entry". In BULL, MA_TREND wants more than its limit, not as much; preset v1 less than RSI14's. */
const KNOWN: Readonly<Record<string, Known>> = {
  WARMING_UP: { label: 'check.WARMING_UP', relation: '', places: 0 },
  REGIME_UNKNOWN: { label: 'check.REGIME_UNKNOWN', relation: '', places: 0 },
  RSI14: { label: 'check.RSI14', relation: '≤', places: 1 },
  RSI7_NOT_OVERSOLD: { label: 'check.RSI7_NOT_OVERSOLD', relation: '<', places: 1 },
  RSI7_NOT_RECOVERED: { label: 'check.RSI7_NOT_RECOVERED', relation: '≥', places: 1 },
  RSI7_BOUNCE: { label: 'check.RSI7_BOUNCE', relation: '≥', places: 1 },
  MA_TREND: { label: 'check.MA_TREND', relation: '≥', places: 'price' },
  BELOW_BB_LOWER: { label: 'check.BELOW_BB_LOWER', relation: '≥', places: 'price' },
  VOLUME: { label: 'check.VOLUME', relation: '≥', places: 2 },
  VOLUME_SURGE: { label: 'check.VOLUME_SURGE', relation: '<', places: 2 },
  BB_TOUCH_RECOVERY: { label: 'check.BB_TOUCH_RECOVERY', relation: '', places: 0 },
  TREND: { label: 'check.TREND', relation: '>', places: 'price' },
  BB_LOWER: { label: 'check.BB_LOWER', relation: '≤', places: 'price' },
};

/** `writePrice` writes a price for the reader; everything else gets the places that tell value and limit apart. */
export function lampOf(check: EntryCheck, writePrice: (price: number) => string): Lamp {
  const known = KNOWN[check.name];
  const write = (value: number | string | null): string => {
    if (value === null) return '–';
    if (typeof value === 'string') return value;
    if (known?.places === 'price') return writePrice(value);
    return value.toFixed(known?.places ?? 2);
  };
  const limit = write(check.limit);
  return {
    code: check.name,
    label: known?.label,
    state: check.value === null ? 'waiting' : check.pass ? 'pass' : 'fail',
    value: write(check.value),
    limit: known?.relation ? `${known.relation} ${limit}` : limit,
  };
}

/** What the engine writes where a check has words instead of numbers (domain/entry.ts). */
const PHRASES: Readonly<Record<string, MarketKey>> = {
  warm: 'phrase.warm',
  'not warm': 'phrase.notWarm',
  'BULL, SIDEWAYS or BEAR': 'phrase.anyRegime',
  'touched, now above': 'phrase.touchedAbove',
  'touched, now not above': 'phrase.touchedNotAbove',
  'not touched, now above': 'phrase.untouchedAbove',
  'not touched, now not above': 'phrase.untouchedNotAbove',
};

/** Undefined for a phrase that has no translation: it is shown as the engine wrote it. */
export function phraseKey(value: string): MarketKey | undefined {
  return PHRASES[value];
}
