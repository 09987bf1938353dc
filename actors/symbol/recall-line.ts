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

/** The actor, as its line of recalled commands sees it. */
export interface RecallOwner {
  readonly settings: { readonly symbol: string };
  readonly ports: { readonly reader: Pick<LedgerReader, 'journalRow' | 'order'> };
  /** The command's turn: with the row of its id, if there is one, or the reason why it can't be handled. */
  onRecalled(envelope: Envelope, row: StoredRow | undefined, refusal: ErrorReply | undefined): void;
  onCrash(error: unknown, envelope: Envelope): void;
}

/** What has nothing before it to wait for. */
const DONE: Promise<void> = Promise.resolve();

export class RecallLine {
  readonly #owner: RecallOwner;
  /** Rows of commands that were committed while the ledger was being asked about others: an answer may be older. */
  #recent: Map<string, StoredRow> | undefined;
  #line = DONE;
  #waiting = 0;

  constructor(owner: RecallOwner) {
    this.#owner = owner;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Asks about a command; its turn comes in the order of arrival, whichever read is answered first. */
  enter(envelope: Envelope): void {
    const { settings, ports } = this.#owner;
    this.#waiting += 1;
    const asked = recall(ports.reader, settings.symbol, envelope.message);
    this.#line = this.#line
      .then(async () => {
        const recalled = await asked;
        this.#waiting -= 1;
        const row = recalled.refusal === undefined ? (recalled.row ?? this.#recentRow(envelope)) : undefined;
        this.#owner.onRecalled(envelope, row, recalled.refusal);
      })
      .catch((error: unknown) => this.#owner.onCrash(error, envelope));
  }

  /** Rows were committed: those of commands are kept while somebody is in line. */
  committed(rows: readonly StoredRow[]): void {
    if (this.#waiting === 0) {
      this.#recent = undefined;
      return;
    }
    this.#recent ??= new Map();
    for (const row of rows) if (row.request !== null && row.kind !== 'fill') this.#recent.set(row.id, row);
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= LIMITS.recentCommandsMax) break;
      this.#recent.delete(id);
    }
  }

  #recentRow({ message }: Envelope): StoredRow | undefined {
    return 'request' in message ? this.#recent?.get(message.request.id) : undefined;
  }
}
