/** What a careful team writes first: lock the row, compute, write, commit. */
import pg from 'pg';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import { applyFill, cashDelta, priceFill } from '../../../domain/position.ts';
import { type Design, POOL_SIZE } from '../contender.ts';
import { insertJournal, settleCash, updatePosition } from './statements.ts';

export const forUpdate: Design = {
  name: 'for-update',
  isSafe: true,
  open: async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE });
    return {
      fill: async (fill) => {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const { rows } = await client.query({
            name: 'lock',
            text: 'select version, quantity, cost, realized_pnl from positions where symbol = $1 for update',
            values: [fill.symbol],
          });
          const row = rows[0];
          const position = {
            quantity: parseDecimal(row.quantity),
            cost: parseDecimal(row.cost),
            realizedPnl: parseDecimal(row.realized_pnl),
          };
          const priced = priceFill(position, fill);
          const after = applyFill(position, priced);
          const version = Number(row.version) + 1;
          await client.query(updatePosition(fill.symbol, version, after));
          await client.query(insertJournal(fill, version, priced, after));
          await client.query(settleCash(formatDecimal(cashDelta(priced))));
          await client.query('commit');
        } catch (error) {
          await client.query('rollback');
          throw error;
        } finally {
          client.release();
        }
      },
      close: () => pool.end(),
    };
  },
};
