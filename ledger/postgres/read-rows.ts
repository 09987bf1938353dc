/** One read on @databases/pg; what fails in the database is a RetryableError or a TerminalError, cause kept. */
import type { ConnectionPool, SQLQuery } from '@databases/pg';
import { ledgerFailure } from './connection.ts';

/** `Row` is what the statement selects: nobody checks it. */
export async function readRows<Row>(pool: ConnectionPool, statement: SQLQuery): Promise<Row[]> {
  try {
    return (await pool.query(statement)) as Row[];
  } catch (cause) {
    throw ledgerFailure(cause);
  }
}
