/**
 * What a runner remembers between turns until their commits are answered. Each map is made when something goes into it or
 * looks for something in it: most symbols of a large Pod rest.
 */
import type { GroupOutcome, StoredRow } from '../../protocol/ports/ledger.ts';
import type { TurnMemory } from './turn.ts';

type Rows = Map<string, StoredRow>;

export class RunnerMemory implements TurnMemory {
  freeCash: TurnMemory['freeCash'];
  intentRefusal: TurnMemory['intentRefusal'];
  viewed: TurnMemory['viewed'];
  #known: Rows | undefined;
  #uncommitted: Rows | undefined;

  /** Rows the ledger is known to hold. */
  get known(): Rows {
    this.#known ??= new Map();
    return this.#known;
  }

  /** Rows that are decided and not committed, by the ids of their commands. */
  get uncommitted(): Rows {
    this.#uncommitted ??= new Map();
    return this.#uncommitted;
  }

  /** What the ledger said about a commit that wrote nothing. */
  learn(outcome: Exclude<GroupOutcome, { type: 'committed' | 'fenced' }>): void {
    switch (outcome.type) {
      case 'duplicate':
        for (const row of outcome.rows) this.known.set(row.id, row);
        break;
      case 'insufficient':
        this.freeCash = { units: outcome.freeCash };
        break;
      case 'refused':
        this.intentRefusal = outcome;
        break;
    }
  }

  /** Whether anything has to be forgotten with a command. */
  get knowsRows(): boolean {
    return this.#known !== undefined && this.#known.size > 0;
  }

  /** These rows are committed. */
  committed(rows: readonly StoredRow[]): void {
    for (const row of rows) this.#uncommitted?.delete(row.id);
  }

  /** What was decided and not committed is void. */
  drop(): void {
    this.#uncommitted?.clear();
  }

  /** These commands are done with; without this a stream of repeated ones would fill the memory. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#known?.delete(id);
  }

  /** Free cash and refusals were said about messages that have used them; later ones are judged by the ledger anew. */
  forgetAccount(): void {
    this.freeCash = undefined;
    this.intentRefusal = undefined;
  }

  /** What the ledger said about void commits has been used by every message it concerned. */
  forgetAll(): void {
    if (this.knowsRows) this.known.clear();
    this.forgetAccount();
  }
}
