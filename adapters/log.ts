/** Structured logs by pino: one JSON object a line, to standard error or a file; secrets are never put into fields. */
import { destination, pino } from 'pino';
import type { Log } from '../protocol/ports/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** `file`: where to write instead of standard error. Writing is synchronous: the last line before a crash is there. */
export function createLog(options: { readonly level: LogLevel; readonly file?: string }): Log {
  const target =
    options.file === undefined
      ? destination({ dest: 2, sync: true })
      : destination({ dest: options.file, mkdir: true, sync: true });
  // A reader of standard error that went away is no reason to stop.
  target.on('error', () => undefined);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
}
