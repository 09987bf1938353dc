/**
 * The full fold of a ledger (I4, I5): every row of the journal, in one consistent picture, while engines go on working. It
 * only reads, on a connection of its own, some thousand rows at a time, and stops at the first difference.
 */
import pg from 'pg';
import { formatDecimal, parseDecimal, type Units } from '../../domain/money.ts';
import { TerminalError } from '../../protocol/errors.ts';
import type { Difference } from '../audit/difference.ts';
import { type AuditedRow, type StreamEnd, StreamFold } from '../audit/stream-fold.ts';
import { TABLE_CHECKS, VENUE_DEFICITS } from './audit-checks.ts';
import { connectionConfig, ledgerFailure } from './connection.ts';
import { compareSchema } from './diagnostics.ts';

export interface AuditReport {
  /** When the picture was taken, by the database's clock. */
  readonly at: string;
  readonly symbols: number;
  readonly rows: number;
  readonly fills: number;
  readonly cash: string;
  /** Fills the venue proved that took cash below zero: allowed, and for a person to know. At most ten. */
  readonly deficits: readonly { readonly symbol: string; readonly seq: number; readonly cash: string }[];
  /** The first difference; null when everything folds to the last unit. */
  readonly difference: Difference | null;
}

interface Counted {
  rows: number;
  fills: number;
}

const ROWS_PER_FETCH = 5_000;
const DEFICITS_SHOWN_MAX = 10;
/** A fold of a long journal takes minutes, and between two fetches this process may be busy. */
const SESSION = ['statement_timeout=0', 'idle_in_transaction_session_timeout=60000', 'cursor_tuple_fraction=1'];

/** Throws RetryableError or TerminalError when the ledger can't be read. */
export async function auditLedger(url: string): Promise<AuditReport> {
  const client = new pg.Client(connectionConfig(url, 'audit', SESSION));
  // A connection lost between two queries would be an uncaught error; the next query reports it.
  client.on('error', () => undefined);
  try {
    await client.connect().catch((cause: unknown) => {
      throw ledgerFailure(cause);
    });
    await refuseOtherSchema(client);
    // One picture for all statements: what is committed meanwhile is not in it.
    await read(client, 'begin isolation level repeatable read read only');
    return await audit(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function read<Row extends pg.QueryResultRow>(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } catch (cause) {
    throw ledgerFailure(cause);
  }
}

async function refuseOtherSchema(client: pg.Client): Promise<void> {
  const { missing, unknown } = await compareSchema(client).catch((cause: unknown) => {
    throw ledgerFailure(cause);
  });
  if (missing.length > 0)
    throw new TerminalError(`it is not migrated (missing ${missing.join(', ')}): coinpilot migrate`);
  if (unknown.length > 0) throw new TerminalError(`a newer version migrated it (${unknown.join(', ')})`);
}

async function audit(client: pg.Client): Promise<AuditReport> {
  const moments = await read<{ at: string }>(
    client,
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
  );
  const account = await readAccount(client);
  const ends = await readEnds(client);
  const counted: Counted = { rows: 0, fills: 0 };
  const folded = await foldJournal(client, ends, counted);
  const difference = folded.difference ?? accountDifference(account, folded) ?? (await firstOf(client)) ?? null;
  const deficits = await read<AuditReport['deficits'][number]>(client, VENUE_DEFICITS, [DEFICITS_SHOWN_MAX]);
  return {
    at: moments[0]?.at ?? '',
    symbols: [...ends.values()].filter(({ position }) => position !== null).length,
    ...counted,
    cash: formatDecimal(account.cash),
    deficits,
    difference,
  };
}

interface Folded {
  readonly difference: Difference | undefined;
  /** What fills moved, deposits and withdrawals. */
  cash: Units;
  deposits: Units;
  withdrawals: Units;
}

/** Every stream from its first row to its last, and that nothing is in the journal that belongs to nobody. */
async function foldJournal(client: pg.Client, ends: ReadonlyMap<string, StreamEnd>, counted: Counted): Promise<Folded> {
  const sums = { cash: 0n, deposits: 0n, withdrawals: 0n };
  const left = new Map(ends);
  let fold: StreamFold | undefined;
  const finish = (): Difference | undefined => {
    if (fold === undefined) return undefined;
    sums.cash += fold.cash;
    const end = left.get(fold.symbol);
    left.delete(fold.symbol);
    if (end !== undefined) return fold.end(end);
    return { what: 'position', symbol: fold.symbol, seq: null, expected: 'a row', found: 'none, but a journal' };
  };
  for await (const row of journalRows(client)) {
    counted.rows += 1;
    if (row.kind === 'fill') counted.fills += 1;
    let difference = fold?.symbol === row.symbol ? undefined : finish();
    if (fold?.symbol !== row.symbol) fold = new StreamFold(row.symbol);
    difference ??= fold.take(row);
    if (difference !== undefined) return { ...sums, difference };
    if (row.kind === 'cash') addCash(sums, parseDecimal(row.notional ?? '0'));
  }
  let difference = finish();
  for (const [symbol, end] of left) difference ??= new StreamFold(symbol).end(end);
  return { ...sums, difference };
}

function addCash(sums: { deposits: Units; withdrawals: Units }, moved: Units): void {
  if (moved > 0n) sums.deposits += moved;
  else sums.withdrawals -= moved;
}

async function* journalRows(client: pg.Client): AsyncGenerator<AuditedRow> {
  await read(
    client,
    `
    declare audited no scroll cursor for
    select symbol, seq::float8, kind, side, quantity, price, notional, fee, cost_removed, realized,
           quantity_after, cost_after, realized_after
    from journal order by symbol, seq`,
  );
  for (;;) {
    const rows = await read<AuditedRow>(client, `fetch ${ROWS_PER_FETCH} from audited`);
    if (rows.length === 0) break;
    yield* rows;
  }
  await read(client, 'close audited');
}

interface AccountFigures {
  readonly cash: Units;
  readonly deposits: Units;
  readonly withdrawals: Units;
}

async function readAccount(client: pg.Client): Promise<AccountFigures> {
  const rows = await read<Record<keyof AccountFigures, string>>(
    client,
    'select cash, deposits, withdrawals from account',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the account row is missing: was the database migrated?');
  return {
    cash: parseDecimal(row.cash),
    deposits: parseDecimal(row.deposits),
    withdrawals: parseDecimal(row.withdrawals),
  };
}

/** Cash = deposits − withdrawals − bought + sold − fees. */
function accountDifference(account: AccountFigures, folded: Folded): Difference | undefined {
  const expected = {
    deposits: folded.deposits,
    withdrawals: folded.withdrawals,
    cash: folded.deposits - folded.withdrawals + folded.cash,
  };
  for (const what of ['deposits', 'withdrawals', 'cash'] as const) {
    if (account[what] !== expected[what]) {
      const found = formatDecimal(account[what]);
      return { what, symbol: 'account', seq: null, expected: formatDecimal(expected[what]), found };
    }
  }
  return undefined;
}

async function readEnds(client: pg.Client): Promise<Map<string, StreamEnd>> {
  interface EndRow {
    readonly symbol: string;
    readonly version: number;
    readonly quantity: string | null;
    readonly cost: string | null;
    readonly realized_pnl: string | null;
  }
  const rows = await read<EndRow>(
    client,
    `
    select symbol, version::float8, quantity, cost, realized_pnl from positions
    union all select 'account', version::float8, null, null, null from account
    union all select name, version::float8, null, null, null from singletons where name = 'cluster'
    order by symbol`,
  );
  return new Map(
    rows.map(({ symbol, version, quantity, cost, realized_pnl: realized }) => [
      symbol,
      {
        version,
        position:
          quantity === null || cost === null || realized === null
            ? null
            : { quantity: parseDecimal(quantity), cost: parseDecimal(cost), realizedPnl: parseDecimal(realized) },
      },
    ]),
  );
}

async function firstOf(client: pg.Client): Promise<Difference | undefined> {
  for (const { sql } of TABLE_CHECKS) {
    const rows = await read<Difference>(client, sql);
    if (rows[0] !== undefined) return rows[0];
  }
  return undefined;
}
