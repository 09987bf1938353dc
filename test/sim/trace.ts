/** What happened in a run, for people: one line an event, with its virtual time. Costs nothing while it is off. */
import type { Log } from '../../protocol/ports/log.ts';
import type { Timeline } from './timeline.ts';

export class Trace {
  readonly #timeline: Timeline;
  readonly #write: ((line: string) => void) | undefined;

  /** Without `write` it is off. */
  constructor(timeline: Timeline, write: ((line: string) => void) | undefined) {
    this.#timeline = timeline;
    this.#write = write;
  }

  get on(): boolean {
    return this.#write !== undefined;
  }

  /** `text` is made only when somebody reads it. */
  add(who: string, text: () => string): void {
    this.#write?.(`${(this.#timeline.nowMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(10)} ${text()}`);
  }

  /** The log of a process as lines of the trace; errors are handed on, for nothing in a run may cause one. */
  log(who: string, onError: (message: string, fields: Readonly<Record<string, unknown>>) => void): Log {
    const line =
      (level: string) =>
      (fields: Readonly<Record<string, unknown>>, message: string): void => {
        this.add(who, () => `${level} ${message} ${describe(fields)}`);
      };
    const error = line('error');
    return {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: (fields, message) => {
        error(fields, message);
        onError(message, fields);
      },
    };
  }
}

/** Fields as `name=value`, money included. */
export function describe(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? json(value) : String(value)}`)
    .join(' ');
}

export function json(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}
