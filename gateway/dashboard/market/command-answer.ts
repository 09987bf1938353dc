/** The engine's answer to a command in words, and whether the very same command may be sent again. */
import type { MarketKey } from '../i18n/market.ts';
import type { CommandTarget } from './command-plan.ts';
import { type Words, words } from './words.ts';

export interface CommandReply {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly [field: string]: unknown;
}

export interface CommandAnswer {
  readonly tone: 'done' | 'refused' | 'unknown';
  readonly headline: Words;
  /** What it means and what to do about it. */
  readonly advice: Words | null;
  /** The code and message as the engine wrote them; null when it was done. */
  readonly original: string | null;
  /** Sent again with the same id it is done at most once, and may succeed. */
  readonly repeatable: boolean;
}

/** Codes whose meaning is told; others are shown as they came. */
const ADVICE: Readonly<Record<string, MarketKey>> = {
  INVALID: 'answer.INVALID',
  NOT_FOUND: 'answer.NOT_FOUND',
  NOT_OWNER: 'answer.NOT_OWNER',
  FENCED: 'answer.NOT_OWNER',
  BUSY: 'answer.BUSY',
  EXPIRED: 'answer.EXPIRED',
  HALTED: 'answer.HALTED',
  PAUSED: 'answer.PAUSED',
  REFUSED: 'answer.REFUSED',
  INSUFFICIENT: 'answer.INSUFFICIENT',
  UNAVAILABLE: 'answer.UNAVAILABLE',
  INTERNAL: 'answer.INTERNAL',
  UNAUTHORIZED: 'answer.FORBIDDEN',
  FORBIDDEN: 'answer.FORBIDDEN',
  LIMIT: 'answer.LIMIT',
};

/** After these the same id may be sent again (docs/CONTROL.md); LIMIT is the gateway's own "slower". */
const REPEATABLE: ReadonlySet<string> = new Set(['NOT_OWNER', 'FENCED', 'BUSY', 'UNAVAILABLE', 'LIMIT']);

/** `reply` undefined: it never came, so nobody knows what became of the command. */
export function commandAnswer(target: CommandTarget, reply: CommandReply | undefined): CommandAnswer {
  if (reply?.ok === true) {
    return { tone: 'done', headline: doneWords(target, reply), advice: null, original: null, repeatable: false };
  }
  const code = reply?.error?.code;
  if (reply === undefined || code === undefined || code === 'OUTCOME_UNKNOWN') {
    return {
      tone: 'unknown',
      headline: words('answer.unknown'),
      advice: words('answer.unknownAdvice'),
      original: originalOf(reply),
      repeatable: true,
    };
  }
  const advice = ADVICE[code];
  return {
    tone: 'refused',
    headline: words('answer.refused'),
    advice: advice === undefined ? null : words(advice),
    original: originalOf(reply),
    repeatable: REPEATABLE.has(code),
  };
}

function doneWords(target: CommandTarget, reply: CommandReply): Words {
  if (target.target === 'account') return words(`answer.done.account.${target.command}`);
  const mode = typeof reply.mode === 'string' ? reply.mode : '?';
  return words(`answer.done.${target.command}`, { symbol: target.symbol, mode });
}

function originalOf(reply: CommandReply | undefined): string | null {
  const error = reply?.error;
  return error === undefined ? null : `${error.code}: ${error.message}`;
}
