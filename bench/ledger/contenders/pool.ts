/** The connections of a design. */
import pg from 'pg';
import { POOL_SIZE } from '../contender.ts';

export function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE });
  pool.on('error', (error) => {
    // A pool that ends does not wait until the server knows; what the server does to the last of them is all the same.
    if (!pool.ending) console.error(`an idle connection was lost: ${error.message}`);
  });
  return pool;
}
