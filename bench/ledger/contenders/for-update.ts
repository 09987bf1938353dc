/** What a careful team writes first: lock the row, compute, write, commit. */
import type { Design } from '../contender.ts';
import { openPool } from './pool.ts';
import { heldFrom, lockPosition, stepFrom } from './statements.ts';
import { inTransaction, withConnection, writeStep } from './transaction.ts';

export const forUpdate: Design = {
  name: 'for-update',
  isSafe: true,
  open: async (url) => {
    const pool = openPool(url);
    return {
      fill: (fill) =>
        withConnection(pool, (client) =>
          inTransaction(client, 'begin', async () => {
            const held = heldFrom(await client.query(lockPosition(fill.symbol)));
            await writeStep(client, stepFrom(held, fill));
          }),
        ),
      close: () => pool.end(),
    };
  },
};
