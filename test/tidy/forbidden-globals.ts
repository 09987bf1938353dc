/**
 * Time, randomness, timers and the process enter the inner folders as ports, so that a run can be repeated (I9) and a
 * test can hold the clock. Comments and strings are not code and are not searched.
 */
import { isPunctuation, type Token, tokenize } from './source.ts';

/** Folders without a global of their own; `except` names what wires the world and therefore touches it. */
export const PURE_FOLDERS = ['domain', 'protocol', 'actors', 'research', 'supervisors'];
export const EXCEPT_FOLDERS = ['supervisors/roles'];

const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate']);

export function isPureFile(file: string): boolean {
  const inside = (folder: string): boolean => file.startsWith(`${folder}/`);
  return PURE_FOLDERS.some(inside) && !EXCEPT_FOLDERS.some(inside);
}

/** `file:line uses …` for each use. */
export function forbiddenGlobals(file: string, source: string): string[] {
  const tokens = tokenize(source);
  return tokens.flatMap((token, index) => {
    const use = forbiddenAt(tokens, index);
    return use === undefined ? [] : [`${file}:${token.line} uses ${use}: take it from a port`];
  });
}

function forbiddenAt(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index];
  if (token?.kind !== 'word') return undefined;
  const { text } = token;
  if (text === 'new' && tokens[index + 1]?.text === 'Date') {
    const argumentless = !isPunctuation(tokens[index + 2], '(') || isPunctuation(tokens[index + 3], ')');
    return argumentless ? 'new Date()' : undefined;
  }
  if (TIMERS.has(text)) return text;
  if (isPunctuation(tokens[index - 1], '.')) return undefined;
  const member = memberOf(tokens, index);
  if (text === 'Date' && member === 'now') return 'Date.now';
  if (text === 'Math' && member === 'random') return 'Math.random';
  if (text === 'performance' && member === 'now') return 'performance.now';
  if (text === 'crypto' && (member === 'randomUUID' || member === 'getRandomValues')) return `crypto.${member}`;
  if (text === 'process' && member !== undefined) return `process.${member}`;
  // A destructured global is the same global.
  const whole = member === undefined && isPunctuation(tokens[index - 1], '=') && isPunctuation(tokens[index - 2], '}');
  if (whole && (text === 'process' || text === 'Date' || text === 'Math')) return text;
  return undefined;
}

/** `a.b`, `a?.b` and `a['b']` all reach the member b. */
function memberOf(tokens: readonly Token[], index: number): string | undefined {
  const at = isPunctuation(tokens[index + 1], '?') ? index + 2 : index + 1;
  if (!isPunctuation(tokens[at], '.') && !isPunctuation(tokens[at], '[')) return undefined;
  return tokens[at + 1]?.text;
}
