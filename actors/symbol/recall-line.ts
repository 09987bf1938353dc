/**
 * The line of commands whose ids are being looked up. Commands other than fills are rare and their refusals depend on the
 * mode, so the ledger is asked first whether the id was used: a repeated command gets its first answer, whatever has
 * happened since. (Fills are recognised by the commit.)
 */
import type { ErrorReply } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { LedgerReader, StoredRow } from '../../protocol/ports/ledger.ts';
import type { Envelope } from './messages.ts';
import { recall } from './recall.ts';

export interface RecallLineOptions {
  readonly reader: Pick<LedgerReader, 'journalRow' | 'order'>;
  readonly symbol: string;
  /** The command's turn: with the row of its id, if there is one, or the reason why it can't be handled. */
  readonly onTurn: (envelope: Envelope, row: StoredRow | undefined, refusal: ErrorReply | undefined) => void;
  readonly onCrash: (error: unknown, envelope: Envelope) => void;
}

export class RecallLine {
  readonly #options: RecallLineOptions;
  /** Rows of commands that were committed while the ledger was being asked about others: an answer may be older. */
  readonly #recent = new Map<string, StoredRow>();
  #line: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: RecallLineOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Asks about a command; its turn comes in the order of arrival, whichever read is answered first. */
  enter(envelope: Envelope): void {
    const { reader, symbol, onTurn, onCrash } = this.#options;
    this.#waiting += 1;
    const asked = recall(reader, symbol, envelope.message);
    this.#line = this.#line
      .then(async () => {
        const recalled = await asked;
        this.#waiting -= 1;
        const row = recalled.refusal === undefined ? (recalled.row ?? this.#recentRow(envelope)) : undefined;
        onTurn(envelope, row, recalled.refusal);
      })
      .catch((error: unknown) => onCrash(error, envelope));
  }

  /** Rows were committed: those of commands are kept while somebody is in line. */
  committed(rows: readonly StoredRow[]): void {
    if (this.#waiting === 0) {
      this.#recent.clear();
      return;
    }
    for (const row of rows) if (row.request !== null && row.kind !== 'fill') this.#recent.set(row.id, row);
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= LIMITS.recentCommandsMax) break;
      this.#recent.delete(id);
    }
  }

  #recentRow({ message }: Envelope): StoredRow | undefined {
    return 'request' in message ? this.#recent.get(message.request.id) : undefined;
  }
}
