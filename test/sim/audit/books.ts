/**
 * I4 and I5: the auditor's own books, kept from the journal alone, against the rows the engine keeps. Every stream counts
 * from 1 without a gap and holds an id once; every position is the fold over its fills; cash is what came in and went
 * out; nothing is ever below zero.
 */
import type { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import type { StoredRow } from '../../../protocol/ports/ledger.ts';
import { notionalOf, ratio, text, units } from './arithmetic.ts';
import type { Report } from './violation.ts';

interface Book {
  head: number;
  quantity: bigint;
  cost: bigint;
  realized: bigint;
  readonly rows: Map<string, StoredRow>;
}

const ROWS_AT_ONCE = 10_000;

export class Books {
  readonly #database: MemoryDatabase;
  readonly #report: Report;
  readonly #books = new Map<string, Book>();
  #cash = 0n;

  constructor(database: MemoryDatabase, report: Report) {
    this.#database = database;
    this.#report = report;
  }

  /** The last seq the auditor has read of a stream. */
  head(stream: string): number {
    return this.#book(stream).head;
  }

  /** The journal's row under an id, as read so far. */
  row(stream: string, id: string): StoredRow | undefined {
    return this.#book(stream).rows.get(id);
  }

  /** Reads what is new of a stream. */
  read(stream: string): readonly StoredRow[] {
    const book = this.#book(stream);
    const fresh = this.#database.journal.after(stream, book.head, ROWS_AT_ONCE);
    for (const row of fresh) this.#enter(book, row);
    return fresh;
  }

  /** Reads everything that is new, then compares every row the engine keeps with these books. */
  check(): void {
    const { positions } = this.#database;
    for (const symbol of positions.keys()) this.read(symbol);
    this.read('account');
    this.read('cluster');
    for (const { symbol, version, position } of positions.values()) {
      const book = this.#book(symbol);
      if (version !== book.head) this.#report('I4', `${symbol}: the row's version is the last seq`, book.head, version);
      this.#same(`${symbol}: quantity is the fold over its fills`, book.quantity, position.quantity);
      this.#same(`${symbol}: cost is the fold over its fills`, book.cost, position.cost);
      this.#same(`${symbol}: realized profit is the fold over its fills`, book.realized, position.realizedPnl);
      if (position.quantity < 0n || position.cost < 0n) this.#belowZero(`${symbol}: position`, position.quantity);
    }
    this.#checkAccount();
  }

  #checkAccount(): void {
    const { account, reservations } = this.#database;
    this.#same('cash is deposits − withdrawals ± notional − fees', this.#cash, account.cash);
    let reserved = 0n;
    for (const { id, remaining, status } of reservations.values()) {
      if (remaining < 0n) this.#belowZero(`reservation ${id}`, remaining);
      if (status === 'held' || status === 'used') reserved += remaining;
    }
    this.#same('the reserved sum is the sum of open reservations', reserved, account.reserved);
    if (account.cash < 0n) this.#belowZero('cash', account.cash);
  }

  #enter(book: Book, row: StoredRow): void {
    const { symbol: stream, seq, id } = row;
    if (seq !== book.head + 1) this.#report('I4', `${stream}: seq has no gaps`, book.head + 1, seq);
    if (book.rows.has(id)) this.#report('I3', `${stream}: id ${id} has one row`, 1, 2);
    book.head = seq;
    book.rows.set(id, row);
    if (row.fill !== null) this.#enterFill(book, row, row.fill);
    else if (stream === 'account') this.#enterCash(row);
    if (stream === 'account' || stream === 'cluster') return;
    const { quantity, cost, realizedPnl } = row.positionAfter;
    this.#same(`${stream} #${seq}: quantity after`, book.quantity, quantity);
    this.#same(`${stream} #${seq}: cost after`, book.cost, cost);
    this.#same(`${stream} #${seq}: realized profit after`, book.realized, realizedPnl);
  }

  #enterFill(book: Book, row: StoredRow, fill: NonNullable<StoredRow['fill']>): void {
    const where = `${row.symbol} #${row.seq}`;
    const notional = notionalOf(fill.quantity, fill.price);
    this.#same(`${where}: notional`, notional, fill.notional);
    if (fill.side === 'buy') {
      book.quantity += fill.quantity;
      book.cost += notional;
      this.#cash -= notional + fill.fee;
      return;
    }
    if (fill.quantity > book.quantity) {
      this.#report('I5', `${where}: no more is sold than is held`, text(book.quantity), text(fill.quantity));
    }
    const all = fill.quantity >= book.quantity;
    const removed = all ? book.cost : ratio(book.cost, fill.quantity, book.quantity);
    this.#same(`${where}: cost removed`, removed, fill.costRemoved);
    this.#same(`${where}: profit realized`, notional - removed, fill.realized);
    book.quantity -= fill.quantity;
    book.cost -= removed;
    book.realized += notional - removed;
    this.#cash += notional - fill.fee;
  }

  #enterCash(row: StoredRow): void {
    const { command, amount } = JSON.parse(row.body ?? '{}') as { command?: string; amount?: string };
    if (command === 'deposit') this.#cash += units(amount ?? '0');
    if (command === 'withdraw') this.#cash -= units(amount ?? '0');
  }

  #same(what: string, expected: bigint, found: bigint): void {
    if (expected !== found) this.#report('I4', what, text(expected), text(found));
  }

  #belowZero(what: string, found: bigint): void {
    this.#report('I5', `${what} is never below zero`, '0 or more', text(found));
  }

  #book(stream: string): Book {
    let book = this.#books.get(stream);
    if (book === undefined) {
      book = { head: 0, quantity: 0n, cost: 0n, realized: 0n, rows: new Map() };
      this.#books.set(stream, book);
    }
    return book;
  }
}
