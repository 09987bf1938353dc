/** A contender's own database: the engine's schema, every symbol with a position to sell from, cash for everything. */

import { migrate } from '../../ledger/migrate.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { sql } from '../../test/support/ledger-audit.ts';
import { symbolName } from './load.ts';

export const quiet: Log = {
  debug() {},
  info() {},
  warn: (_, message) => console.error(message),
  error: (_, message) => console.error(message),
};

const OPENING_QUANTITY = '1000000000';
const OPENING_CASH = '1000000000000';

/** Returns the address of a database nobody else uses. */
export async function createLedger(postgres: ExternalPostgres, name: string, symbols: number): Promise<string> {
  const url = await postgres.createDatabase(name);
  await migrate({ url, log: quiet });
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
  return url;
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
              sum(case side when 'buy' then notional else -cost_removed end) as cost, sum(realized) as realized
       from journal where kind = 'fill' group by symbol) f on f.symbol = p.symbol
     where (p.version, p.quantity, p.cost, p.realized_pnl) is distinct from (f.rows, f.quantity, f.cost, f.realized)
        or f.head <> f.rows`,
  );
  const [cash] = await sql<{ cash: string; folded: string }>(
    url,
    `select cash::text, (deposits - withdrawals
       + (select sum(case side when 'buy' then -notional else notional end - fee) from journal where kind = 'fill'))::text as folded
     from account`,
  );
  const faults =
    wrong.length === 0
      ? []
      : [`${wrong.length} positions differ from the fold over their journal, ${wrong[0]?.symbol} first`];
  if (Number(cash?.cash) !== Number(cash?.folded)) faults.push(`cash is ${cash?.cash}, folded ${cash?.folded}`);
  return faults;
}
