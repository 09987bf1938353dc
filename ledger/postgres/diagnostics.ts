/**
 * Looks into a ledger from outside, for a person who asks what is wrong: its schema, what it belongs to, and everything
 * that waits for somebody. It reads only, on one connection of its own, and works on a database of any version.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { LedgerInfo } from '../ledger-info.ts';
import { connectionConfig, ledgerFailure } from './connection.ts';

export interface LedgerDiagnosis {
  readonly serverVersion: string;
  readonly schema: {
    /** Migrations this program has and the database has not. */
    readonly missing: readonly string[];
    /** Migrations the database has and this program has not: a newer version made them. */
    readonly unknown: readonly string[];
  };
  /** Undefined while the schema is not this program's: then nothing else is looked at. */
  readonly content?: LedgerContent;
}

export interface LedgerContent {
  /** Null before the first engine with a feed of its own. */
  readonly belongsTo: LedgerInfo | null;
  readonly deadLetters: number;
  /** Orders whose fate the venue has not told. */
  readonly unknownOrders: readonly { readonly symbol: string; readonly id: string }[];
  readonly stopped: readonly {
    readonly symbol: string;
    readonly pausedReason: string | null;
    readonly haltedReason: string | null;
  }[];
  readonly account: {
    readonly pausedReason: string | null;
    readonly haltedReason: string | null;
    /** Cash went below zero by a fill the venue proves. */
    readonly deficit: boolean;
  };
}

/** Rows named one by one; beyond it the count in a person's list says enough. */
const NAMED_MAX = 20;

const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Throws RetryableError or TerminalError when the database can't be read; neither carries the password. */
export async function diagnoseLedger(url: string): Promise<LedgerDiagnosis> {
  let client: pg.Client;
  try {
    client = new pg.Client(connectionConfig(url, 'doctor'));
    // A connection lost between two queries would be an uncaught error; the next query reports it.
    client.on('error', () => undefined);
    await client.connect();
  } catch (cause) {
    throw ledgerFailure(cause);
  }
  try {
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`);
    const schema = await compareSchema(client);
    const serverVersion = rows[0]?.version ?? '';
    if (schema.missing.length > 0 || schema.unknown.length > 0) return { serverVersion, schema };
    return { serverVersion, schema, content: await readContent(client) };
  } catch (cause) {
    throw ledgerFailure(cause);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether the schema is this program's. */
export async function compareSchema(client: pg.Client): Promise<LedgerDiagnosis['schema']> {
  const expected = readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
  const { rows: found } = await client.query<{ exists: boolean }>(
    `select to_regclass('migrations') is not null as exists`,
  );
  const applied = found[0]?.exists
    ? (await client.query<{ name: string }>('select name from migrations order by id')).rows.map((row) => row.name)
    : [];
  return {
    missing: expected.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !expected.includes(name)),
  };
}

async function readContent(client: pg.Client): Promise<LedgerContent> {
  const info = await client.query<LedgerInfo>('select venue, feed from ledger_info');
  const letters = await client.query<{ count: number }>('select count(*)::float8 as count from dead_letters');
  const unknown = await client.query<{ symbol: string; id: string }>(
    `select symbol, client_order_id as id from orders where status = 'unknown' order by updated_at limit ${NAMED_MAX}`,
  );
  const stopped = await client.query<LedgerContent['stopped'][number]>(
    `select symbol, paused_reason as "pausedReason", halted_reason as "haltedReason" from positions
     where not removed and (paused_reason is not null or halted_reason is not null)
     order by halted_reason is null, symbol limit ${NAMED_MAX}`,
  );
  const account = await client.query<LedgerContent['account']>(
    'select paused_reason as "pausedReason", halted_reason as "haltedReason", deficit from account',
  );
  return {
    belongsTo: info.rows[0] ?? null,
    deadLetters: letters.rows[0]?.count ?? 0,
    unknownOrders: unknown.rows,
    stopped: stopped.rows,
    account: account.rows[0] ?? { pausedReason: null, haltedReason: null, deficit: false },
  };
}
