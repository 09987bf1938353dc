/** Exit codes are a contract: scripts depend on them. */
import type { ErrorCode } from '../protocol/errors.ts';

export const EXIT = { ok: 0, failed: 1, usage: 2, unavailable: 3, unknownOutcome: 4 } as const;

export function exitCodeOf(code: ErrorCode): number {
  if (code === 'OUTCOME_UNKNOWN') return EXIT.unknownOutcome;
  if (code === 'UNAVAILABLE' || code === 'NOT_OWNER' || code === 'FENCED' || code === 'BUSY') return EXIT.unavailable;
  return EXIT.failed;
}

/** A mistake of the person typing: printed without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
