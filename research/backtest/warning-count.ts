/** What the engine of a backtest warned of, counted: one line each would bury everything else. */
import type { Log } from '../../protocol/ports/log.ts';

export class WarningCount implements Log {
  readonly #counts = new Map<string, number>();

  debug(): void {}

  info(): void {}

  warn(_: unknown, message: string): void {
    this.#counts.set(message, (this.#counts.get(message) ?? 0) + 1);
  }

  error(fields: unknown, message: string): void {
    this.warn(fields, message);
  }

  /** How often each sentence was said, in the order of the first time. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
