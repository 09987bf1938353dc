/** Lock, compute, write, commit in one round trip: the business rule lives in the database. */
import { formatDecimal } from '../../../domain/money.ts';
import { sql } from '../../../test/support/ledger-audit.ts';
import type { Design } from '../contender.ts';
import type { BenchFill } from '../load.ts';
import { createHalfEven } from './half-even.ts';
import { openPool } from './pool.ts';
import { requestText } from './statements.ts';

const RECORD_FILL = `
create function record_fill(
  f_symbol text, f_id uuid, f_at timestamptz, f_side text, f_quantity numeric, f_price numeric, f_fee numeric, f_request text
) returns void language plpgsql as $$
declare
  held record;
  notional numeric := half_even(f_quantity * f_price, 1);
  removed numeric := 0;
  profit numeric := 0;
  cash_delta numeric;
begin
  select version, quantity, cost, realized_pnl into strict held from positions where symbol = f_symbol for update;
  held.version := held.version + 1;
  if f_side = 'buy' then
    held.quantity := held.quantity + f_quantity;
    held.cost := held.cost + notional;
    cash_delta := - notional - f_fee;
  else
    -- All that is held takes all the cost: the division is exact then.
    removed := half_even(held.cost * f_quantity, held.quantity);
    profit := notional - removed;
    held.quantity := held.quantity - f_quantity;
    held.cost := held.cost - removed;
    held.realized_pnl := held.realized_pnl + profit;
    cash_delta := notional - f_fee;
  end if;
  update positions
  set version = held.version, quantity = held.quantity, cost = held.cost, realized_pnl = held.realized_pnl,
      updated_at = clock_timestamp()
  where symbol = f_symbol;
  insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
                       quantity_after, cost_after, realized_after, request)
  values (f_symbol, held.version, f_id, 'fill', f_at, f_side, f_quantity, f_price, notional, f_fee, removed, profit,
          held.quantity, held.cost, held.realized_pnl, f_request);
  update account set cash = cash + cash_delta;
end
$$`;

export const forUpdateCall: Design = {
  name: 'for-update-call',
  isSafe: true,
  open: async (url) => {
    await createHalfEven(url);
    await sql(url, RECORD_FILL);
    const pool = openPool(url);
    return {
      fill: async (fill) => {
        await pool.query({
          name: 'record-fill',
          text: 'select record_fill($1, $2, $3, $4, $5, $6, $7, $8)',
          values: [...executionValues(fill)],
        });
      },
      close: () => pool.end(),
    };
  },
};

/** A fill as a database that computes wants it: symbol, id, at, side, quantity, price, fee, request. */
export function executionValues(fill: BenchFill): readonly string[] {
  return [
    fill.symbol,
    fill.id,
    new Date(fill.at).toISOString(),
    fill.side,
    formatDecimal(fill.quantity),
    formatDecimal(fill.price),
    formatDecimal(fill.fee),
    requestText(fill),
  ];
}
