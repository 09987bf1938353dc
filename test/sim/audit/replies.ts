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

/** A request as it reached a Pod. */
export interface Asked {
  readonly stream: string;
  readonly command: string;
  readonly ids: readonly string[];
  /** Ids that were in the journal then. */
  readonly known: readonly string[];
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

  /** A request reaches a Pod: what of it is in the journal already. Undefined for what is not judged. */
  asked(subject: string, data: Uint8Array): Asked | undefined {
    const [, area, name = '', last = ''] = subject.split('.');
    if (area !== 'symbol' && area !== 'account') return undefined;
    const stream = area === 'account' ? 'account' : name;
    const command = area === 'account' ? name : last;
    // Pods ask each other for permission to enter; what comes of it is judged by what is committed.
    if (command === 'reserve') return undefined;
    const ids = QUESTIONS.has(command) ? [] : idsOf(JSON.parse(Buffer.from(data).toString()) as RequestJson);
    this.#books.read(stream);
    return { stream, command, ids, known: ids.filter((id) => this.#books.row(stream, id) !== undefined) };
  }

  /** A Pod answers a request. */
  replied(request: unknown, reply: string): void {
    if (request === undefined) return;
    const asked = request as Asked;
    const { stream, command, ids } = asked;
    const answer = JSON.parse(reply) as ReplyJson;
    if (ids.length === 0) {
      if (answer.ok && answer.position != null) this.#isCommitted(stream, answer.position);
      return;
    }
    this.#books.read(stream);
    const results = answer.results ?? [answer];
    results.forEach((result, index) => {
      this.#command(asked, command, ids[index] as string, result);
    });
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

  #command({ stream, known }: Asked, command: string, id: string, answer: ReplyJson): void {
    const row = this.#books.row(stream, id);
    if (!answer.ok) {
      if (known.includes(id)) this.#refused(stream, command, id, answer);
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

  /** A refusal says that nothing was changed: not of an id that was in the journal before it was asked for again. */
  #refused(stream: string, command: string, id: string, { error }: ReplyJson): void {
    // The command stands in the journal; what is refused is the order it asked for, or asked to cancel.
    if (error === undefined || error.retryable || command === 'order' || command === 'cancel') return;
    const found = `${error.code}: ${error.message}`;
    this.#report('I3', `${stream}: ${command} ${id} was accepted before and stays so`, 'ok', found);
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
    if (!same)
      this.#report('I2', `${stream}: what is shown of version ${position.version} is committed`, after, position);
  }
}

function idsOf({ id, fills }: RequestJson): string[] {
  return fills === undefined ? [id ?? ''] : fills.map((fill) => fill.id ?? '');
}
