/**
 * The independent auditor of a ledger: reads the tables with plain SQL and folds them with arithmetic of its own. It knows
 * what DESIGN says about money and nothing about how the engine does it. Enforces I2, I3, I4 and I5 from outside.
 */
import { Client } from 'pg';
import type { FillRecord } from './fill-plan.ts';

interface FillRow {
  readonly id: string;
  readonly symbol: string;
  readonly version: number;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly notional: string;
  readonly fee: string;
  readonly cost_removed: string;
  readonly realized: string;
}

interface PositionRow {
  readonly symbol: string;
  readonly quantity: string;
  readonly cost: string;
  readonly realized_pnl: string;
  readonly version: number;
}

/** Everything is written in units of 1e-8. */
const SCALE = 100_000_000n;

export async function sql<Row>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  // A server that is killed under a test ends idle connections too; the query itself tells.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}

/** All rules of the ledger that the rows break, as sentences. Empty when everything folds to the last unit. */
export async function ledgerFaults(url: string): Promise<string[]> {
  const fills = await readFills(url);
  const positions = await sql<PositionRow>(
    url,
    'select symbol, quantity, cost, realized_pnl, version::int from positions',
  );
  const faults: string[] = [];
  const folds = foldFills(fills, faults);
  for (const row of positions) {
    const fold = folds.get(row.symbol) ?? { quantity: 0n, cost: 0n, realized: 0n };
    compare(faults, `${row.symbol} quantity`, row.quantity, fold.quantity);
    compare(faults, `${row.symbol} cost`, row.cost, fold.cost);
    compare(faults, `${row.symbol} realized profit`, row.realized_pnl, fold.realized);
    folds.delete(row.symbol);
  }
  for (const symbol of folds.keys()) faults.push(`${symbol} has fills and no position`);
  faults.push(...(await journalFaults(url)), ...(await cashFaults(url)));
  return faults;
}

/** What the ledger says about the fills of the clients: acknowledged once each, every other at most once, nothing else. */
export async function answerFaults(url: string, records: readonly FillRecord[]): Promise<string[]> {
  const stored = new Map<string, FillRow[]>();
  // Other symbols are other tests' business.
  const symbols = new Set(records.map(({ symbol }) => symbol));
  for (const row of await readFills(url)) {
    if (symbols.has(row.symbol)) stored.set(row.id, [...(stored.get(row.id) ?? []), row]);
  }
  const faults: string[] = [];
  for (const { fill, symbol, outcome, version, code } of records) {
    const rows = stored.get(fill.id) ?? [];
    stored.delete(fill.id);
    const [row] = rows;
    if (rows.length > 1) faults.push(`${fill.id} is there ${rows.length} times`);
    if (outcome === 'ok' && row === undefined) faults.push(`${fill.id} was acknowledged as ${version} and is lost`);
    if (outcome === 'ok' && row !== undefined && row.version !== version) {
      faults.push(`${fill.id} was acknowledged as ${version} and is there as ${row.version}`);
    }
    if (outcome === 'refused' && row !== undefined) faults.push(`${fill.id} was refused (${code}) and is there`);
    if (row !== undefined && !isSameFill(row, symbol, fill)) faults.push(`${fill.id} is there with another body`);
  }
  for (const id of stored.keys()) faults.push(`${id} is there and nobody sent it`);
  return faults;
}

/** Everything that a refused command or a restart must leave as it was: all but who owns what. Compare two of them. */
export async function ledgerState(url: string): Promise<unknown> {
  const [state] = await sql<Record<string, unknown>>(
    url,
    `select
       (select jsonb_agg(jsonb_build_array(symbol, version, quantity, cost, realized_pnl, mode, paused_reason, halted_reason)
          order by symbol) from positions) as positions,
       (select jsonb_agg(h order by h.symbol) from (select symbol, count(*), max(seq) from journal where symbol <> 'cluster' group by symbol) h) as heads,
       (select jsonb_build_array(cash, reserved, deposits, withdrawals, paused_reason, halted_reason) from account) as account,
       (select jsonb_agg(jsonb_build_array(client_order_id, status) order by client_order_id) from orders) as orders,
       (select jsonb_agg(jsonb_build_array(id, status, remaining) order by id) from reservations) as reservations`,
  );
  return state;
}

async function readFills(url: string): Promise<FillRow[]> {
  return sql<FillRow>(
    url,
    'select id, symbol, version::int, side, quantity, price, notional, fee, cost_removed, realized from fills order by symbol, version',
  );
}

function foldFills(fills: readonly FillRow[], faults: string[]) {
  const folds = new Map<string, { quantity: bigint; cost: bigint; realized: bigint }>();
  for (const row of fills) {
    const fold = folds.get(row.symbol) ?? { quantity: 0n, cost: 0n, realized: 0n };
    folds.set(row.symbol, fold);
    const name = `${row.symbol} ${row.version}`;
    const quantity = units(row.quantity);
    const notional = units(row.notional);
    // Where the product has more than eight places its rounding is the engine's to choose; a whole unit never is.
    const exact = quantity * units(row.price);
    const off = notional * SCALE - exact;
    if (off >= SCALE || off <= -SCALE)
      faults.push(`${name} notional is ${row.notional} for ${row.quantity} × ${row.price}`);
    if (row.side === 'buy') {
      fold.quantity += quantity;
      fold.cost += notional;
      compare(faults, `${name} cost removed`, row.cost_removed, 0n);
      compare(faults, `${name} realized`, row.realized, 0n);
      continue;
    }
    const removed = quantity === fold.quantity ? fold.cost : halfEven(fold.cost * quantity, fold.quantity);
    compare(faults, `${name} cost removed`, row.cost_removed, removed);
    compare(faults, `${name} realized`, row.realized, notional - removed);
    fold.quantity -= quantity;
    fold.cost -= removed;
    fold.realized += notional - removed;
    if (fold.quantity < 0n || fold.cost < 0n) faults.push(`${name} took the position below zero`);
  }
  return folds;
}

/** Versions are handed out one by one, also across everything that went wrong in between. */
async function journalFaults(url: string): Promise<string[]> {
  const rows = await sql<{ symbol: string; rows: number; head: number; version: number }>(
    url,
    `select p.symbol, p.version::int, count(j.seq)::int as rows, coalesce(max(j.seq), 0)::int as head
     from positions p left join journal j on j.symbol = p.symbol group by p.symbol, p.version`,
  );
  const wrong = rows.filter(({ rows, head, version }) => rows !== head || head !== version);
  return wrong.map(
    (row) => `${row.symbol} is at version ${row.version} with ${row.rows} journal rows up to ${row.head}`,
  );
}

async function cashFaults(url: string): Promise<string[]> {
  const [row] = await sql<{ cash: string; folded: string }>(
    url,
    `select cash, deposits - withdrawals + coalesce((
       select sum(case side when 'buy' then -notional else notional end - fee) from fills), 0) as folded from account`,
  );
  if (row === undefined) return ['there is no account'];
  const faults: string[] = [];
  compare(faults, 'cash', row.cash, units(row.folded));
  if (units(row.cash) < 0n) faults.push(`cash is ${row.cash}`);
  return faults;
}

function isSameFill(row: FillRow, symbol: string, fill: FillRecord['fill']): boolean {
  const same = (stored: string, sent: string) => units(stored) === units(sent);
  const body = same(row.quantity, fill.quantity) && same(row.price, fill.price) && same(row.fee, fill.fee);
  return row.symbol === symbol && row.side === fill.side && body;
}

function compare(faults: string[], what: string, stored: string, folded: bigint): void {
  if (units(stored) !== folded) faults.push(`${what} is ${stored}, folded ${folded} units`);
}

/** A decimal as a count of 1e-8. Throws for anything else. */
export function units(text: string): bigint {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (found === null) throw new Error(`not a decimal: ${text}`);
  const [, sign, whole, fraction = ''] = found;
  if (/[^0]/.test(fraction.slice(8))) throw new Error(`more than eight places: ${text}`);
  const value = BigInt(whole!) * SCALE + BigInt(fraction.slice(0, 8).padEnd(8, '0'));
  return sign === '-' ? -value : value;
}

/** For positive arguments. */
function halfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}
