/**
 * What a client of the feed was told of one channel, and whether that is the journal: compared row by row with what SQL
 * says, by code that shares nothing with the gateway.
 */
import { sql, units } from './ledger-audit.ts';

export interface ToldEvent {
  readonly stream: string;
  readonly seq: number;
  readonly kind: string;
  readonly at: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface ToldSnapshot {
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A row of the journal, as SQL has it. */
export interface JournalRow {
  readonly symbol: string;
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly at: Date;
  readonly side: string | null;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly realized: string;
  readonly order_id: string | null;
  readonly quantity_after: string | null;
  readonly cost_after: string | null;
  readonly realized_after: string | null;
  readonly body: string | null;
}

/** Rows of each stream; row `seq` is at `seq - 1`. */
export type Journal = ReadonlyMap<string, readonly JournalRow[]>;

type Position = Readonly<Record<'quantity' | 'cost' | 'realizedPnl', string>>;

const FAULTS_KEPT = 20;

export class ToldStream {
  readonly channel: string;
  /** The first and all that came later: each replaces what was known. */
  readonly snapshots: ToldSnapshot[] = [];
  readonly events: ToldEvent[] = [];
  /** What came out of turn, at once. */
  readonly faults: string[] = [];
  /** Everything up to this row is known; undefined before the first snapshot. */
  seq: number | undefined;

  constructor(channel: string) {
    this.channel = channel;
  }

  /** The name in the journal. */
  get stream(): string {
    return this.channel.replace(/^symbol:/, '');
  }

  /** Snapshots that came in place of events. */
  get replacements(): number {
    return Math.max(this.snapshots.length - 1, 0);
  }

  snapshot(snapshot: ToldSnapshot): void {
    if (this.seq !== undefined && snapshot.seq < this.seq) this.#wrong(`snapshot ${snapshot.seq} after ${this.seq}`);
    this.snapshots.push({ seq: snapshot.seq, data: snapshot.data });
    this.seq = snapshot.seq;
  }

  event(event: ToldEvent): void {
    if (this.seq === undefined) this.#wrong(`event ${event.seq} before any snapshot`);
    else if (event.seq !== this.seq + 1) this.#wrong(`event ${event.seq} after ${this.seq}`);
    this.seq = event.seq;
    this.events.push(event);
  }

  live(seq: number): void {
    if (seq !== this.seq) this.#wrong(`live ${seq} after ${this.seq}`);
  }

  /** Everything told that is not in the journal, or not as it is there, as sentences; and whether the end is missing. */
  verdict(journal: Journal): string[] {
    const rows = journal.get(this.stream) ?? [];
    const faults = [...this.faults];
    for (const event of this.events) {
      const row = rows[event.seq - 1];
      const problem = row === undefined ? 'is not in the journal' : difference(event, row);
      if (problem !== undefined) faults.push(`${this.channel} ${event.seq} ${problem}`);
    }
    for (const { seq, data } of this.snapshots) {
      if (!this.channel.startsWith('symbol:')) continue;
      const last = rows.slice(0, seq).findLast(({ quantity_after }) => quantity_after !== null);
      const problem = positionDifference(data.position as Position, last);
      if (problem !== undefined) faults.push(`${this.channel} snapshot ${seq}: ${problem}`);
    }
    if (this.seq !== rows.length) faults.push(`${this.channel} ends at ${this.seq} instead of ${rows.length}`);
    return faults.slice(0, FAULTS_KEPT);
  }

  #wrong(what: string): void {
    if (this.faults.length < FAULTS_KEPT) this.faults.push(`${this.channel}: ${what}`);
  }
}

/** The whole journal. Fails when a stream has a hole: then nothing can be compared with it. */
export async function readJournal(databaseUrl: string): Promise<Journal> {
  const rows = await sql<JournalRow>(
    databaseUrl,
    `select symbol, seq::int, id, kind, at, side, quantity::text, price::text, fee::text, realized::text, order_id,
       quantity_after::text, cost_after::text, realized_after::text, body
     from journal order by symbol, seq`,
  );
  const journal = new Map<string, JournalRow[]>();
  for (const row of rows) {
    const stream = journal.get(row.symbol) ?? [];
    journal.set(row.symbol, stream);
    stream.push(row);
    if (row.seq !== stream.length) throw new Error(`${row.symbol} has ${row.seq} as its row ${stream.length}`);
  }
  return journal;
}

/** The last row of each stream. */
export async function readHeads(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ symbol: string; head: number }>(
    databaseUrl,
    'select symbol, max(seq)::int as head from journal group by symbol',
  );
  return new Map(rows.map(({ symbol, head }) => [symbol, head]));
}

/** Undefined when the event is the row. */
function difference(event: ToldEvent, row: JournalRow): string | undefined {
  const told = [event.stream, event.seq, event.kind, event.id, Date.parse(event.at), event.orderId ?? null];
  const stored = [row.symbol, row.seq, row.kind, row.id, row.at.getTime(), row.order_id];
  if (told.join() !== stored.join()) return `says ${told.join()} and is ${stored.join()}`;
  if (row.kind !== 'fill') return bodyDifference(event, row);
  if (event.side !== row.side) return `says ${event.side} and is ${row.side}`;
  for (const name of ['quantity', 'price', 'fee', 'realized'] as const) {
    if (!isSame(event[name], row[name])) return `says ${name} ${event[name]} and is ${row[name]}`;
  }
  return positionDifference(event.position as Position, row);
}

/** What a row holds beside its own fields is told as it is; `type` is `orderType`, because the feed has a `type`. */
function bodyDifference(event: ToldEvent, { body }: JournalRow): string | undefined {
  const { type: orderType, ...rest } = JSON.parse(body ?? '{}') as Record<string, unknown>;
  const fields = { ...rest, ...(orderType === undefined ? {} : { orderType }) };
  const own = new Set(['stream', 'seq', 'kind', 'at', 'id', 'orderId', 'channel']);
  const wrong = Object.entries(fields).find(
    ([name, value]) => !own.has(name) && JSON.stringify(event[name]) !== JSON.stringify(value),
  );
  return wrong && `says ${wrong[0]} ${JSON.stringify(event[wrong[0]])} and is ${JSON.stringify(wrong[1])}`;
}

function positionDifference(told: Position | undefined, row: JournalRow | undefined): string | undefined {
  const stored = [row?.quantity_after ?? '0', row?.cost_after ?? '0', row?.realized_after ?? '0'];
  const position = [told?.quantity, told?.cost, told?.realizedPnl];
  const isRight = position.every((value, index) => isSame(value, stored[index]!));
  return isRight ? undefined : `says position ${position.join()} and is ${stored.join()}`;
}

function isSame(told: unknown, stored: string): boolean {
  return typeof told === 'string' && units(told) === units(stored);
}
