/** Tells failures of servers that are away from failures of ours, whichever library reports them. */
import { FencedError, RetryableError, TerminalError } from '../protocol/errors.ts';
import type { PartSpec } from './rest-for-one.ts';

/** Connection failures of Node, and the SQL states of a server that starts, stops, drops connections or is out of room. */
const AWAY_CODE = /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|57P0|53|08)/;
const AWAY_MESSAGE = /connection terminated|connection timeout|timeout exceeded|timeout expired|connection ended/i;

export function asOutsideFailure(error: unknown): unknown {
  if (error instanceof RetryableError || error instanceof TerminalError || error instanceof FencedError) return error;
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  const away = (typeof code === 'string' && AWAY_CODE.test(code)) || AWAY_MESSAGE.test(message);
  return away ? new RetryableError(message === '' ? String(code) : message, { cause: error }) : error;
}

/** A part whose failures are sorted. */
export function outsideFailures(start: PartSpec['start']): PartSpec['start'] {
  return async (failed, signal) => {
    try {
      return await start((error) => failed(asOutsideFailure(error)), signal);
    } catch (error) {
      throw asOutsideFailure(error);
    }
  };
}
