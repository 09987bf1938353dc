/** Parameters of a query, checked: every problem is a sentence that names the parameter and what it takes. */
import { isSymbol } from '../../domain/instrument.ts';
import { isoTime } from '../../domain/time.ts';
import { parseTradeCursor } from '../../protocol/trade-cursor.ts';

export interface Parameter<T> {
  /** Undefined for what it does not take. */
  readonly read: (text: string) => T | undefined;
  /** "must be …" */
  readonly must: string;
  /** Undefined: required. */
  readonly absent: (() => T) | undefined;
}

type Values<S> = { readonly [Name in keyof S]: S[Name] extends Parameter<infer T> ? T : never };
type Specification = Readonly<Record<string, Parameter<unknown>>>;

export type CheckedParameters<S> =
  | { readonly ok: true; readonly values: Values<S> }
  | { readonly ok: false; readonly problem: string };

/** An empty parameter counts as absent. */
export function readParameters<S extends Specification>(
  query: URLSearchParams,
  specification: S,
): CheckedParameters<S> {
  const values: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    if (!Object.hasOwn(specification, name)) return problem(`there is no parameter "${shorten(name)}"`);
    if (query.getAll(name).length > 1) return problem(`${name} is given more than once`);
  }
  for (const [name, { read, must, absent }] of Object.entries(specification)) {
    const given = query.get(name) ?? '';
    if (given === '') {
      if (absent === undefined) return problem(`${name} is missing: it ${must}`);
      values[name] = absent();
      continue;
    }
    const value = read(given);
    if (value === undefined) return problem(`${name} ${must}, not "${shorten(given)}"`);
    values[name] = value;
  }
  return { ok: true, values: values as Values<S> };
}

const NAME_LENGTH_MAX = 40;
const SYMBOL_MUST = 'must be a symbol such as KRW-BTC';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z$/;
const COUNT = /^\d{1,15}$/;

export const requiredSymbol: Parameter<string> = { read: symbolOf, must: SYMBOL_MUST, absent: undefined };

export const optionalSymbol: Parameter<string | undefined> = {
  read: symbolOf,
  must: SYMBOL_MUST,
  absent: () => undefined,
};

export function count(minimum: number, maximum: number, standard: number): Parameter<number> {
  return {
    read: (text) => {
      const value = COUNT.test(text) ? Number(text) : Number.NaN;
      return value >= minimum && value <= maximum ? value : undefined;
    },
    must: `must be a whole number from ${minimum} to ${maximum}`,
    absent: () => standard,
  };
}

/** Milliseconds. */
export const optionalTime: Parameter<number | undefined> = {
  read: (text) => {
    const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
    // February 31 is parsed as a day of March: a day that is not on the calendar is no time.
    return Number.isNaN(time) || isoTime(time).slice(0, 10) !== text.slice(0, 10) ? undefined : time;
  },
  must: 'must be an ISO-8601 UTC time such as 2026-01-31T09:00:00Z',
  absent: () => undefined,
};

/** The seq of a journal row. */
export const optionalSeq: Parameter<string | undefined> = {
  read: (text) => (COUNT.test(text) ? text : undefined),
  must: 'must be the seq of the oldest fill you have',
  absent: () => undefined,
};

export const optionalTradeCursor: Parameter<string | undefined> = {
  read: (text) => (parseTradeCursor(text) === undefined ? undefined : text),
  must: 'must be "before" of an earlier page',
  absent: () => undefined,
};

function symbolOf(text: string): string | undefined {
  return isSymbol(text) ? text : undefined;
}

function problem(sentence: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: sentence };
}

function shorten(given: string): string {
  return given.length > NAME_LENGTH_MAX ? `${given.slice(0, NAME_LENGTH_MAX)}…` : given;
}
