/**
 * How the engine says no. Four kinds, never mixed: a refusal is a value that travels in a reply; an outside failure is
 * a RetryableError or TerminalError; lost authority is a FencedError; a programmer error is an InvariantError.
 */

/** Stable codes of the wire contract. Clients switch on them; messages are for people. */
export const ERROR_CODES = [
  'INVALID',
  'NOT_FOUND',
  'NOT_OWNER',
  'FENCED',
  'BUSY',
  'EXPIRED',
  'HALTED',
  'PAUSED',
  'REFUSED',
  'INSUFFICIENT',
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes after which the same command, with the same id, may be sent again and may then succeed. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['NOT_OWNER', 'FENCED', 'BUSY', 'UNAVAILABLE', 'OUTCOME_UNKNOWN']);

export interface Refusal {
  readonly code: ErrorCode;
  /** What is wrong and what to do about it. */
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ErrorReply {
  readonly ok: false;
  readonly error: Refusal;
}

export type OkReply = { readonly ok: true } & Readonly<Record<string, unknown>>;
export type Reply = OkReply | ErrorReply;

export function refuse(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}): ErrorReply {
  return { ok: false, error: { code, message, retryable: RETRYABLE.has(code), details } };
}

/** Something outside failed and may work again: a lost connection, a server that restarts. */
export class RetryableError extends Error {
  override readonly name: string = 'RetryableError';
}

/** The server said that a request reached nobody: nothing was changed by it. */
export class NoRespondersError extends RetryableError {
  override readonly name = 'NoRespondersError';
}

/** Something outside failed and will fail again until a person changes something: a wrong password, a bad file. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** This process no longer owns what it tried to write. Never retried: whoever holds it stops. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}
