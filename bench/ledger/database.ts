/** A contender's own database: the engine's schema, every symbol with a position to sell from, cash for everything. */
import { migrate } from '../../ledger/migrate.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { ledgerFaults as audit, sql } from '../../test/support/ledger-audit.ts';
import { symbolName } from './load.ts';

export const quiet: Log = {
  debug() {},
  info() {},
  warn: print,
  error: print,
};

const OPENING_QUANTITY = '1000000000';
const OPENING_CASH = '1000000000000';
const AUDITED_ROWS_MAX = 100_000;

/** Returns the address of a database nobody else uses. */
export async function createLedger(postgres: ExternalPostgres, name: string, symbols: number): Promise<string> {
  const url = await postgres.createDatabase(name);
  await migrate({ url, log: quiet });
  await openPositions(url, symbols);
  return url;
}

/** In a migrated database that is empty: every symbol with a position, the account with its cash. */
export async function openPositions(url: string, symbols: number): Promise<void> {
  await sql(url, `insert into positions (symbol, version, quantity, cost) select unnest($1::text[]), 1, $2, $2`, [
    Array.from({ length: symbols }, (_, index) => symbolName(index)),
    OPENING_QUANTITY,
  ]);
  await sql(
    url,
    `insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
                          quantity_after, cost_after, realized_after)
     select symbol, 1, gen_random_uuid(), 'fill', now(), 'buy', quantity, 1, cost, 0, 0, 0, quantity, cost, 0 from positions`,
  );
  await sql(
    url,
    `update account set cash = $1, deposits = $1::numeric + (select coalesce(sum(cost), 0) from positions)`,
    [OPENING_CASH],
  );
  await sql(url, 'analyze');
}

/** Sum of the symbols' versions: how many changes the positions know of. */
export async function totalVersion(url: string): Promise<number> {
  const [row] = await sql<{ total: string }>(url, 'select sum(version)::text as total from positions');
  return Number(row?.total);
}

/** What the rows say is wrong, folded by the server: this table may be millions of rows long. */
export async function ledgerFaults(url: string): Promise<readonly string[]> {
  const wrong = await sql<{ symbol: string }>(
    url,
    `select p.symbol from positions p join (
       select symbol, count(*) as rows, max(seq) as head,
              sum(case side when 'buy' then quantity else -quantity end) as quantity,
              sum(case side when 'buy' then notional else -cost_removed end) as cost, sum(realized) as realized,
              bool_and(abs(notional - quantity * price) <= 0.000000005) as is_exact
       from journal where kind = 'fill' group by symbol) f on f.symbol = p.symbol
     where (p.version, p.quantity, p.cost, p.realized_pnl) is distinct from (f.rows, f.quantity, f.cost, f.realized)
        or f.head <> f.rows or not f.is_exact`,
  );
  const [cash] = await sql<{ cash: string; folded: string }>(
    url,
    `select cash::text, folded::text from account, lateral (
       select deposits - withdrawals + coalesce(sum(case side when 'buy' then -notional else notional end - fee), 0) as folded
       from journal where kind = 'fill') f
     where cash <> folded`,
  );
  return [
    ...(wrong.length === 0
      ? []
      : [`${wrong.length} positions differ from the fold over their journal, ${wrong[0]?.symbol} first`]),
    ...(cash === undefined ? [] : [`cash is ${cash.cash}, folded ${cash.folded}`]),
  ];
}

/**
 * What the tests' auditor says, which computes every cost removed and every profit again, rounding included. It reads the
 * whole journal: beyond so many rows that takes too long, and there is nothing to say.
 */
export async function auditorFaults(url: string): Promise<readonly string[]> {
  const [row] = await sql<{ rows: number }>(url, 'select count(*)::int as rows from journal');
  return row !== undefined && row.rows <= AUDITED_ROWS_MAX ? audit(url) : [];
}

function print(fields: Readonly<Record<string, unknown>>, message: string): void {
  console.error(`${message} ${JSON.stringify(fields)}`);
}
