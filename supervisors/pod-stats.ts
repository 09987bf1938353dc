/** What a Pod counts about itself; shown by the status view, `cp.pod.<pod>.get` and later the metrics. */
import type { ErrorCode } from '../protocol/errors.ts';
import type { StoredRow } from '../protocol/ports/ledger.ts';

export class PodStats {
  commands = 0;
  trades = 0;
  candles = 0;
  illegalEvents = 0;
  droppedTicks = 0;
  /** Trades and candles of the bus that had been heard before. */
  repeatedMarketEvents = 0;
  /** The last change that was told to the world. */
  lastRow: StoredRow | undefined;
  readonly #refusals = new Map<ErrorCode, number>();

  get lastEvent(): { readonly at: number; readonly text: string } | undefined {
    const row = this.lastRow;
    return row === undefined ? undefined : { at: row.at, text: `${row.symbol} ${row.kind} #${row.seq}` };
  }

  refused(code: ErrorCode): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }
}
