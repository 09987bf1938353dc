/** The rows every contender reads and writes, as prepared statements. */
import type { QueryConfig, QueryResult } from 'pg';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import { applyFill, cashDelta, type Fill, type Position, priceFill } from '../../../domain/position.ts';
import type { BenchFill } from '../load.ts';

/** A position as some reader found it. */
export interface Held {
  readonly version: number;
  readonly position: Position;
}

/** What a fill comes to against the position that was read. */
export interface Step {
  readonly fill: BenchFill;
  readonly version: number;
  readonly priced: Fill;
  readonly after: Position;
}

const READ = 'select version, quantity, cost, realized_pnl from positions where symbol = $1';
const JOURNAL_COLUMNS = `symbol, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
  quantity_after, cost_after, realized_after, request, seq`;
/** Casts, because what is selected has no type of the column it ends in. */
const JOURNAL_VALUES = `$1::text, $2::uuid, 'fill', $3::timestamptz, $4::text, $5::numeric, $6::numeric, $7::numeric,
  $8::numeric, $9::numeric, $10::numeric, $11::numeric, $12::numeric, $13::numeric, $14::text`;

export function readPosition(symbol: string): QueryConfig {
  return { name: 'read-position', text: READ, values: [symbol] };
}

export function lockPosition(symbol: string): QueryConfig {
  return { name: 'lock-position', text: `${READ} for update`, values: [symbol] };
}

/** From the result of one of the two above. */
export function heldFrom({ rows: [row] }: QueryResult): Held {
  const position = {
    quantity: parseDecimal(row.quantity),
    cost: parseDecimal(row.cost),
    realizedPnl: parseDecimal(row.realized_pnl),
  };
  return { version: Number(row.version), position };
}

export function stepFrom({ version, position }: Held, fill: BenchFill): Step {
  const priced = priceFill(position, fill);
  return { fill, version: version + 1, priced, after: applyFill(position, priced) };
}

export function updatePosition(symbol: string, version: number, after: Position): QueryConfig {
  return {
    name: 'update-position',
    text: `update positions set version = $2, quantity = $3, cost = $4, realized_pnl = $5, updated_at = clock_timestamp()
           where symbol = $1`,
    values: [
      symbol,
      version,
      formatDecimal(after.quantity),
      formatDecimal(after.cost),
      formatDecimal(after.realizedPnl),
    ],
  };
}

export function insertJournal(fill: BenchFill, seq: number, priced: Fill, after: Position): QueryConfig {
  return {
    name: 'insert-journal',
    text: `insert into journal (${JOURNAL_COLUMNS}) values (${JOURNAL_VALUES}, $15)`,
    values: [...journalValues(fill, priced, after), seq],
  };
}

/** The same with a number from a sequence, for who has no version of his own to be sure of. */
export function insertNumbered({ fill, priced, after }: Step, sequence: string): QueryConfig {
  return {
    name: 'insert-numbered',
    text: `insert into journal (${JOURNAL_COLUMNS}) values (${JOURNAL_VALUES}, nextval('${sequence}'))`,
    values: journalValues(fill, priced, after),
  };
}

export function settleCash(delta: string): QueryConfig {
  return { name: 'settle-cash', text: 'update account set cash = cash + $1', values: [delta] };
}

/**
 * The whole fill in one statement, which is a transaction of its own: as long as the position still has the version that
 * was read. Each part takes its rows from the one before, so that position, journal and account are locked in this order
 * and nothing at all is written without the position. The account row updated is the result: none where it was stale.
 */
export function writeIfCurrent({ fill, version, priced, after }: Step): QueryConfig {
  return {
    name: 'write-if-current',
    text: `with moved as (
             update positions
             set version = $15::bigint, quantity = $11::numeric, cost = $12::numeric, realized_pnl = $13::numeric,
                 updated_at = clock_timestamp()
             where symbol = $1::text and version = $15::bigint - 1 returning 1
           ), written as (
             insert into journal (${JOURNAL_COLUMNS}) select ${JOURNAL_VALUES}, $15::bigint from moved returning 1
           )
           update account set cash = cash + $16::numeric from written`,
    values: [...journalValues(fill, priced, after), version, formatDecimal(cashDelta(priced))],
  };
}

function journalValues(fill: BenchFill, priced: Fill, after: Position): (string | number)[] {
  return [
    fill.symbol,
    fill.id,
    new Date(fill.at).toISOString(),
    fill.side,
    formatDecimal(priced.quantity),
    formatDecimal(priced.price),
    formatDecimal(priced.notional),
    formatDecimal(priced.fee),
    formatDecimal(priced.costRemoved),
    formatDecimal(priced.realized),
    formatDecimal(after.quantity),
    formatDecimal(after.cost),
    formatDecimal(after.realizedPnl),
    requestText(fill),
  ];
}

/** Tells a repetition from another command under the same id. */
export function requestText(fill: BenchFill): string {
  return ['fill', fill.side, fill.quantity, fill.price, fill.fee, fill.at].join('|');
}
