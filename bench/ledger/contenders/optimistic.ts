/**
 * Compare and set: read without a lock, write if the version is still the one read, else read again. Two round trips and
 * no transaction held open between them.
 */
import type { Design } from '../contender.ts';
import { untilDone } from './attempts.ts';
import { openPool } from './pool.ts';
import { heldFrom, readPosition, stepFrom, writeIfCurrent } from './statements.ts';
import { withConnection } from './transaction.ts';

export const optimistic: Design = {
  name: 'optimistic',
  isSafe: true,
  open: async (url) => {
    const pool = openPool(url);
    return {
      // One connection for all attempts: between a read and its write nobody should have to queue.
      fill: (fill) =>
        withConnection(pool, (client) =>
          untilDone(async () => {
            const held = heldFrom(await client.query(readPosition(fill.symbol)));
            const { rowCount } = await client.query(writeIfCurrent(stepFrom(held, fill)));
            return rowCount === 1;
          }),
        ),
      close: () => pool.end(),
    };
  },
};
