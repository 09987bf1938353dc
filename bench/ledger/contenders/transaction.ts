/** A transaction of several statements on a connection of a pool, written the way teams write it. */
import type { Pool, PoolClient } from 'pg';
import { formatDecimal } from '../../../domain/money.ts';
import { cashDelta } from '../../../domain/position.ts';
import { insertJournal, type Step, settleCash, updatePosition } from './statements.ts';

/** Takes a connection for as long as `work` lasts, attempts and pauses included. */
export async function withConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

/** Runs `work` between `begin` and commit. What it throws rolls back and comes out as it is. */
export async function inTransaction(client: PoolClient, begin: string, work: () => Promise<void>): Promise<void> {
  await client.query(begin);
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** Position, journal, account: everybody's order, so that nobody deadlocks. The account, which all share, is locked last. */
export async function writeStep(client: PoolClient, { fill, version, priced, after }: Step): Promise<void> {
  await client.query(updatePosition(fill.symbol, version, after));
  await client.query(insertJournal(fill, version, priced, after));
  await client.query(settleCash(formatDecimal(cashDelta(priced))));
}
