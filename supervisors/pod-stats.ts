/** What a Pod counts about itself; shown by the status view, `cp.pod.<pod>.get` and later the metrics. */
import type { ErrorCode } from '../protocol/errors.ts';

export class PodStats {
  commands = 0;
  trades = 0;
  candles = 0;
  illegalEvents = 0;
  droppedTicks = 0;
  lastEvent: { readonly at: number; readonly text: string } | undefined;
  readonly #refusals = new Map<ErrorCode, number>();

  refused(code: ErrorCode): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }
}
