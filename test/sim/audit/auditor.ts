/**
 * The auditor: watches the ledger, the venue's book and what leaves the Pods, and keeps books of its own. It shares no
 * code with the engine (types apart), so that no mistake can be on both sides. Everything is judged at the moment it
 * happens; rows and sums are compared after every step.
 */
import type { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { Authority } from './authority.ts';
import { Books } from './books.ts';
import { Replies } from './replies.ts';
import { VenueBook } from './venue-book.ts';
import { show, type Violation } from './violation.ts';

/** After so many the rest adds nothing. */
const VIOLATIONS_MAX = 20;

export class Auditor {
  readonly violations: Violation[] = [];
  readonly books: Books;
  readonly authority: Authority;
  readonly replies: Replies;
  readonly venue: VenueBook;
  /** The step of the run, for the report. */
  step = 0;
  readonly #onViolation: (violation: Violation) => void;

  constructor(database: MemoryDatabase, onViolation: (violation: Violation) => void = () => undefined) {
    this.#onViolation = onViolation;
    this.books = new Books(database, this.report);
    this.authority = new Authority(database, this.books, this.report);
    this.replies = new Replies(database, this.books, this.report);
    this.venue = new VenueBook(database, this.report);
  }

  readonly report = (invariant: string, what: string, expected: unknown, found: unknown): void => {
    if (this.violations.length >= VIOLATIONS_MAX) return;
    const violation = { step: this.step, invariant, what, expected: show(expected), found: show(found) };
    this.violations.push(violation);
    this.#onViolation(violation);
  };

  /** After every step. */
  check(): void {
    this.authority.check();
    this.books.check();
  }
}
