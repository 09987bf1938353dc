/** Waiting for servers: as long as it takes while starting, not a moment too long while stopping. */
import { RetryableError } from '../protocol/errors.ts';
import { type Clock, sleep } from '../protocol/ports/clock.ts';
import type { Log } from '../protocol/ports/log.ts';
import { asOutsideFailure } from './outside-failure.ts';

const RETRY_MS = 250;
/** Attempts between two lines in the log. */
const LOG_EVERY = 40;

/** Host and port of a server, for messages: never its password. */
export function addressOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that can not be read';
}

/** Repeats `work` while what it needs is away: waiting for a server is not a failure of ours. */
export async function untilReachable<T>(
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (cause) {
      const error = asOutsideFailure(cause);
      if (!(error instanceof RetryableError) || signal.aborted) throw error;
      if (attempt % LOG_EVERY === 0)
        log.warn({ what, error: error.message }, 'a server can not be reached; trying again');
      await sleep(clock, RETRY_MS);
      if (signal.aborted) throw error;
    }
  }
}

/** Waits for `work`, but not longer, and never fails: used while stopping, when a server may be gone. */
export function withTimeout(clock: Clock, work: Promise<unknown>, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, resolve);
    const done = (): void => {
      cancel();
      resolve();
    };
    work.then(done, done);
  });
}
