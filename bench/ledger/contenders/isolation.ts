/**
 * The database finds the conflict: read and write as if one were alone, in a stricter isolation, and again when it says so.
 * The write is one statement, because the shorter a transaction, the fewer it meets.
 */
import type pg from 'pg';
import type { Design } from '../contender.ts';
import type { BenchFill } from '../load.ts';
import { untilDone } from './attempts.ts';
import { openPool } from './pool.ts';
import { heldFrom, readPosition, stepFrom, writeIfCurrent } from './statements.ts';
import { inTransaction, withConnection } from './transaction.ts';

export const repeatableRead = isolated('repeatable-read', 'begin isolation level repeatable read');
export const serializable = isolated('serializable', 'begin isolation level serializable');

/** serialization_failure and deadlock_detected: nothing has happened, and it may work the next time. */
const AGAIN = new Set(['40001', '40P01']);

function isolated(name: string, begin: string): Design {
  return {
    name,
    isSafe: true,
    open: async (url) => {
      const pool = openPool(url);
      return {
        fill: (fill) => withConnection(pool, (client) => untilDone(() => attempt(client, begin, fill))),
        close: () => pool.end(),
      };
    },
  };
}

async function attempt(client: pg.PoolClient, begin: string, fill: BenchFill): Promise<boolean> {
  try {
    await inTransaction(client, begin, async () => {
      const held = heldFrom(await client.query(readPosition(fill.symbol)));
      await client.query(writeIfCurrent(stepFrom(held, fill)));
    });
    return true;
  } catch (error) {
    if (AGAIN.has((error as { code?: string }).code ?? '')) return false;
    throw error;
  }
}
