/** Arithmetic in SQL: one statement that changes the position relative to itself, writes its journal row, settles cash. */
import type { Design } from '../contender.ts';
import { executionValues } from './for-update-call.ts';
import { createHalfEven } from './half-even.ts';
import { openPool } from './pool.ts';

/**
 * What a sell removes of the cost depends on the row before, which this version's RETURNING can't tell, and the journal
 * wants to know it: so the row is locked as it is read. The lock reads what was committed while we waited for it, and the
 * update is applied to the same row. Each part takes its rows from the one before: position, journal, account.
 */
const RECORD = `
with held as (
  select quantity, cost from positions where symbol = $1::text for update
), priced as (
  select half_even($5::numeric * $6::numeric, 1) as notional,
         case $4::text when 'buy' then 0 else half_even(cost * $5::numeric, quantity) end as removed
  from held
), delta as (
  select notional, removed,
         case $4::text when 'buy' then $5::numeric else - $5::numeric end as quantity,
         case $4::text when 'buy' then notional else - removed end as cost,
         case $4::text when 'buy' then 0 else notional - removed end as realized,
         case $4::text when 'buy' then - notional else notional end - $7::numeric as cash
  from priced
), moved as (
  update positions p
  set version = p.version + 1, quantity = p.quantity + d.quantity, cost = p.cost + d.cost,
      realized_pnl = p.realized_pnl + d.realized, updated_at = clock_timestamp()
  from delta d where p.symbol = $1::text
  returning p.version, p.quantity, p.cost, p.realized_pnl, d.notional, d.removed, d.realized, d.cash
), written as (
  insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
                       quantity_after, cost_after, realized_after, request)
  select $1::text, version, $2::uuid, 'fill', $3::timestamptz, $4::text, $5::numeric, $6::numeric, notional, $7::numeric,
         removed, realized, quantity, cost, realized_pnl, $8::text
  from moved
  returning 1
)
update account a set cash = a.cash + m.cash from moved m, written`;

export const atomicUpdate: Design = {
  name: 'atomic-update',
  isSafe: true,
  open: async (url) => {
    await createHalfEven(url);
    const pool = openPool(url);
    return {
      fill: async (fill) => {
        const { rowCount } = await pool.query({ name: 'record', text: RECORD, values: [...executionValues(fill)] });
        if (rowCount !== 1) throw new Error(`${fill.symbol} was not written`);
      },
      close: () => pool.end(),
    };
  },
};
