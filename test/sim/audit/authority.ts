/**
 * I1: at most one owner's writes are accepted at a time. The auditor remembers to whom each epoch was given; a change that
 * is accepted from anybody else, or on top of another version than the last, is a violation at that very moment.
 */
import type { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import type { CommitGroup, GroupOutcome } from '../../../protocol/ports/ledger.ts';
import type { Books } from './books.ts';
import type { Report } from './violation.ts';

interface Grant {
  readonly epoch: number;
  readonly life: string;
}

export class Authority {
  readonly #database: MemoryDatabase;
  readonly #books: Books;
  readonly #report: Report;
  /** The last grant of each symbol, and of each singleton under its own name. */
  readonly #grants = new Map<string, Grant>();
  readonly #epochs = new Map<string, number>();

  constructor(database: MemoryDatabase, books: Books, report: Report) {
    this.#database = database;
    this.#books = books;
    this.#report = report;
  }

  /** An epoch was given to a process: never one that was given before, for whoever has it may still be writing. */
  granted(life: string, name: string, epoch: number): void {
    const last = this.#grants.get(name);
    if (last !== undefined && epoch <= last.epoch) {
      this.#report('I1', `${name}: every claim gives a new epoch`, `above ${last.epoch}`, `${epoch} to ${life}`);
    }
    this.#grants.set(name, { epoch, life });
  }

  committed(life: string, group: CommitGroup, outcome: GroupOutcome): void {
    if (outcome.type !== 'committed') return;
    const { symbol, epoch, expectedVersion } = group;
    this.accepted(life, symbol, epoch);
    const head = this.#books.head(symbol);
    if (expectedVersion !== head) {
      this.#report('I1', `${symbol}: a change accepted from ${life} follows the last one`, head, expectedVersion);
    }
    const rows = this.#books.read(symbol);
    const ids = rows.map(({ id }) => id).join(' ');
    const sent = group.rows.map(({ id }) => id).join(' ');
    if (ids !== sent) this.#report('I1', `${symbol}: what was accepted is what is in the journal`, sent, ids);
  }

  /** A change was accepted from this process under this epoch. */
  accepted(life: string, name: string, epoch: number): void {
    const grant = this.#grants.get(name);
    if (grant?.life !== life || grant.epoch !== epoch) {
      const owner = grant === undefined ? 'nobody' : `${grant.life} under epoch ${grant.epoch}`;
      this.#report('I1', `${name}: changes are accepted from its owner alone`, owner, `${life} under epoch ${epoch}`);
    }
  }

  /** Epochs never go down, whoever changes them. */
  check(): void {
    for (const { symbol, epoch } of this.#database.positions.values()) {
      const before = this.#epochs.get(symbol) ?? 0;
      if (epoch < before) this.#report('I1', `${symbol}: epochs never go down`, before, epoch);
      this.#epochs.set(symbol, epoch);
    }
  }
}
