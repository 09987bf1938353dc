/**
 * Connections and transactions for money and ownership, on `pg`. Every session has time-outs, so that a frozen Pod or a
 * lost network can't hold a lock for long; a connection whose transaction did not end cleanly is destroyed, not reused.
 */
import pg from 'pg';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';

const SESSION_SETTINGS = [
  'statement_timeout=10000',
  'lock_timeout=5000',
  'idle_in_transaction_session_timeout=2000',
  'timezone=UTC',
  'datestyle=ISO',
  'client_min_messages=warning',
];

export const CONNECT_TIMEOUT_MS = 5_000;
const CONTROL_CONNECTIONS = 4;
/** Longer than the server's own time-outs: only a lost network or a frozen server gets here. */
const CONTROL_ANSWER_TIMEOUT_MS = 12_000;

/** `settings`: further ones of this kind of session, `name=value`. */
export function connectionConfig(url: string, name: string, settings: readonly string[] = []): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: `coinpilot-${name}`,
    options: [...SESSION_SETTINGS, ...settings].map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
}

export function createControlPool(url: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(url, 'control'),
    max: CONTROL_CONNECTIONS,
    query_timeout: CONTROL_ANSWER_TIMEOUT_MS,
  });
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
  return pool;
}

/** One statement. What fails in the database is a RetryableError or a TerminalError, cause kept. */
export async function query<Row extends pg.QueryResultRow>(
  session: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
): Promise<pg.QueryResult<Row>> {
  try {
    return await session.query<Row>(text, values as unknown[]);
  } catch (cause) {
    throw ledgerFailure(cause);
  }
}

/** Runs `work` in one READ COMMITTED transaction. An error of `work` itself rolls back and comes out as it is. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw ledgerFailure(cause);
  });
  let clean = false;
  // The pool listens only to idle connections. One lost between two statements would be an uncaught error; the next
  // statement reports it.
  client.on('error', ignore);
  try {
    await query(client, 'begin');
    const result = await work(client);
    await query(client, 'commit');
    clean = true;
    return result;
  } catch (error) {
    await client.query('rollback').then(
      () => {
        clean = true;
      },
      // The connection is gone or stuck: it is destroyed below, and the server rolls back.
      () => undefined,
    );
    throw error;
  } finally {
    client.release(!clean);
    // After the release, so that there is never a moment without a listener.
    client.off('error', ignore);
  }
}

function ignore(): void {}

/** SQL states that only a person can mend: wrong password, missing database, missing rights. */
const TERMINAL_STATES = new Set(['28P01', '28000', '3D000', '42501']);

/** Sorts a database failure into retryable and terminal, cause kept. */
export function ledgerFailure(cause: unknown): RetryableError | TerminalError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && TERMINAL_STATES.has(code)) {
    return new TerminalError(`the database refuses us: ${message}`, { cause });
  }
  return new RetryableError(`the database can't be used at the moment: ${message}`, { cause });
}
