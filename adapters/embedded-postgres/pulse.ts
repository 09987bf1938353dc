/**
 * Whether a server that was started still runs. A look that failed says nothing about the server: a process short of
 * descriptors would otherwise restart everything because it could not open a socket to ask.
 */
import type { Probe } from './loopback-port.ts';
import type { Identity } from './processes.ts';

/** Questions in a row without an answer, while the process lives, after which the server counts as gone. */
export const SILENT_PROBES_MAX = 3;

export interface PulseSource {
  /** Throws when the system could not tell. */
  identify(): Promise<Identity>;
  probe(): Promise<Probe>;
}

/** The question to ask again and again: false when the process is gone or has left several probes without an answer. */
export function pulseOf({ identify, probe }: PulseSource): () => Promise<boolean> {
  let silent = 0;
  return async () => {
    const identity = await identify().catch(() => 'unknown' as const);
    if (identity === 'gone' || identity === 'stranger') return false;
    const answer = await probe();
    if (answer === 'answers') silent = 0;
    // Silence proves something only of a process that was seen.
    else if (answer === 'silent' && identity === 'ours') silent += 1;
    return silent < SILENT_PROBES_MAX;
  };
}
