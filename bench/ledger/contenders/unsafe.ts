/**
 * Read, compute, write: for-update without its lock, as the system before this engine had it. Two that read the same
 * version write the same next one, and one of both fills is gone. A journal row each shows that there were two.
 */
import { formatDecimal } from '../../../domain/money.ts';
import { cashDelta } from '../../../domain/position.ts';
import { sql } from '../../../test/support/ledger-audit.ts';
import type { Design } from '../contender.ts';
import { openPool } from './pool.ts';
import { heldFrom, insertNumbered, readPosition, settleCash, stepFrom, updatePosition } from './statements.ts';
import { inTransaction, withConnection } from './transaction.ts';

/** (symbol, seq) is unique, and versions are not: without numbers of its own the journal would notice what is lost. */
const SEQUENCE = 'unsafe_seq';

export const unsafe: Design = {
  name: 'unsafe',
  isSafe: false,
  open: async (url) => {
    // 1 is each position's opening.
    await sql(url, `create sequence ${SEQUENCE} start 2`);
    const pool = openPool(url);
    return {
      fill: (fill) =>
        withConnection(pool, (client) =>
          inTransaction(client, 'begin', async () => {
            const step = stepFrom(heldFrom(await client.query(readPosition(fill.symbol))), fill);
            await client.query(updatePosition(fill.symbol, step.version, step.after));
            await client.query(insertNumbered(step, SEQUENCE));
            await client.query(settleCash(formatDecimal(cashDelta(step.priced))));
          }),
        ),
      close: () => pool.end(),
    };
  },
};
