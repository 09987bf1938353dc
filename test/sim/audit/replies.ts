/**
 * I2 and I3, and I6 for events: what leaves a Pod is looked at as it leaves. An `ok` must be in the journal by then, with
 * the version it says; the same id gets the same answer however often and wherever it is asked; a read shows a state that
 * was committed; an event tells a row that is there.
 */
import type { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import type { StoredRow } from '../../../protocol/ports/ledger.ts';
import { units } from './arithmetic.ts';
import type { Books } from './books.ts';
import type { Report } from './violation.ts';

interface PositionJson {
  readonly quantity: string;
  readonly cost: string;
  readonly realizedPnl: string;
  readonly version: number;
}

export interface ReplyJson {
  readonly ok: boolean;
  readonly version?: number;
  readonly position?: PositionJson;
  readonly results?: readonly ReplyJson[];
  readonly order?: { readonly id: string };
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean };
}

interface RequestJson {
  readonly id?: string;
  readonly fills?: readonly { readonly id?: string }[];
}

const QUESTIONS = new Set(['get', 'explain', 'limits', 'symbols']);

export class Replies {
  readonly #database: MemoryDatabase;
  readonly #books: Books;
  readonly #report: Report;
  /** The first answer to each fill. */
  readonly #answers = new Map<string, string>();
  /** The last seq each process has published, by stream. */
  readonly #published = new Map<string, number>();

  constructor(database: MemoryDatabase, books: Books, report: Report) {
    this.#database = database;
    this.#books = books;
    this.#report = report;
  }

  /** A Pod answers a request. */
  replied(subject: string, request: Uint8Array, reply: string): void {
    const [, area, name = '', command = ''] = subject.split('.');
    if (area !== 'symbol' && area !== 'account') return;
    const stream = area === 'account' ? 'account' : name;
    const asked = area === 'account' ? name : command;
    const answer = JSON.parse(reply) as ReplyJson;
    if (QUESTIONS.has(asked)) {
      if (area === 'symbol' && answer.ok && answer.position != null) this.#isCommitted(stream, answer.position);
      return;
    }
    // A request among Pods has its answer judged by what is committed after it.
    if (asked === 'reserve') return;
    const { id, fills } = JSON.parse(Buffer.from(request).toString()) as RequestJson;
    if (fills !== undefined) {
      answer.results?.forEach((result, index) => {
        this.#command(stream, asked, fills[index]?.id, result);
      });
    } else {
      this.#command(stream, asked, id, answer);
    }
  }

  /** A Pod tells the world about a change. */
  published(life: string, subject: string, payload: string): void {
    const [, area, stream = '', kind] = subject.split('.');
    if (area !== 'event') return;
    const event = JSON.parse(payload) as { readonly seq: number; readonly id?: string };
    // An event of an order carries the order's id where others carry the row's.
    const id = kind === 'fill' ? event.id : undefined;
    const [row] = this.#database.journal.after(stream, event.seq - 1, 1);
    if (row === undefined || row.seq !== event.seq || row.kind !== kind || (id ?? row.id) !== row.id) {
      const found = row === undefined ? 'no row' : `#${row.seq} ${row.kind} ${row.id}`;
      this.#report('I6', `${stream}: an event tells a row of the journal`, `#${event.seq} ${kind} ${id ?? ''}`, found);
    }
    // Changes of the cluster are made by all at once, and told by each as their answers come.
    if (stream === 'cluster') return;
    const key = `${life} ${stream}`;
    const last = this.#published.get(key) ?? 0;
    if (event.seq <= last) this.#report('I6', `${stream}: ${life} publishes in order`, `above ${last}`, event.seq);
    this.#published.set(key, event.seq);
  }

  #command(stream: string, command: string, id: string | undefined, answer: ReplyJson): void {
    if (id === undefined) return;
    this.#books.read(stream);
    const row = this.#books.row(stream, id);
    if (!answer.ok) {
      this.#refused(stream, command, id, answer, row);
      return;
    }
    if (row === undefined) {
      if (command === 'cancel') return;
      this.#report('I2', `${stream}: ${command} ${id} is in the journal before it is acknowledged`, 'a row', 'none');
      return;
    }
    if (command === 'fill') this.#fill(stream, id, answer, row);
    else if (command !== 'order' && answer.version !== undefined && answer.version < row.seq) {
      this.#report('I2', `${stream}: ${command} ${id} is answered with its version`, row.seq, answer.version);
    }
  }

  /** A refusal says that nothing was changed: not of an id that is in the journal. */
  #refused(stream: string, command: string, id: string, { error }: ReplyJson, row: StoredRow | undefined): void {
    if (row === undefined || error === undefined || error.retryable) return;
    // The command stands in the journal; what is refused is the order it asked for.
    if (command === 'order') return;
    const found = `${error.code}: ${error.message}`;
    this.#report('I3', `${stream}: ${command} ${id} was accepted (#${row.seq}) and stays so`, 'ok', found);
  }

  #fill(stream: string, id: string, answer: ReplyJson, row: StoredRow): void {
    const { version, position } = answer;
    if (version !== row.seq) this.#report('I2', `${stream}: fill ${id} is answered with its version`, row.seq, version);
    if (position !== undefined) this.#isCommitted(stream, position);
    const text = JSON.stringify([version, position]);
    const first = this.#answers.get(id);
    if (first === undefined) this.#answers.set(id, text);
    else if (first !== text) this.#report('I3', `${stream}: fill ${id} gets the same answer again`, first, text);
  }

  /** The position is the one the journal has at its version. */
  #isCommitted(stream: string, position: PositionJson): void {
    if (position.version === 0) return;
    const [row] = this.#database.journal.after(stream, position.version - 1, 1);
    const { quantity, cost, realizedPnl } = position;
    const after = row?.positionAfter;
    const same =
      after !== undefined &&
      after.quantity === units(quantity) &&
      after.cost === units(cost) &&
      after.realizedPnl === units(realizedPnl);
    if (!same) this.#report('I2', `${stream}: what is shown of version ${position.version} is committed`, after, position);
  }
}
