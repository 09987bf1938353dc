/**
 * What the tables must say of each other, as statements that return the first place where they don't. They run in the
 * database, exact in `numeric`, so that nothing of ten million rows has to travel. Columns: those of a difference.
 */

export interface TableCheck {
  /** What a person who reads the result wants to know was looked at. */
  readonly name: string;
  readonly sql: string;
}

/**
 * The cash of the account after each row that moved it. Whoever moves cash holds the account's row until its journal row
 * is written, so the order of recording is the order of the account. Rows of one instant count together.
 */
const RUNNING_CASH = `
  select symbol, seq, order_id, recorded_at, delta, sum(delta) over (order by recorded_at) as cash
  from (select symbol, seq, order_id, recorded_at,
               case when kind = 'cash' then notional when side = 'sell' then notional - fee else -notional - fee end as delta
        from journal where kind in ('fill', 'cash')) as moved`;

/** A fill of an order is what the venue proves: it is recorded even when it takes cash below zero (I5). */
export const VENUE_DEFICITS = `
  select symbol, seq::float8, trim_scale(cash)::text as cash from (${RUNNING_CASH}) as running
  where cash < 0 and delta < 0 and order_id is not null order by recorded_at, symbol, seq limit $1`;

export const TABLE_CHECKS: readonly TableCheck[] = [
  {
    name: 'cash is never below zero by anything but a fill the venue proved',
    sql: `
      select 'cash after the row' as what, symbol, seq::float8, 'not below 0' as expected, trim_scale(cash)::text as found
      from (${RUNNING_CASH}) as running
      where cash < 0 and delta < 0 and order_id is null order by recorded_at, symbol, seq limit 1`,
  },
  {
    name: 'orders hold what their fills sum up to',
    sql: `
      select f.what, coalesce(o.symbol, s.symbol) as symbol, s.seq::float8, f.expected, f.found
      from orders o full join (
        select order_id, min(symbol) as symbol, min(side) as side, max(seq) as seq,
               sum(quantity) as quantity, sum(notional) as notional, sum(fee) as fee,
               min(symbol) = max(symbol) and min(side) = max(side) as is_one
        from journal where kind = 'fill' and order_id is not null group by order_id
      ) as s on s.order_id = o.client_order_id
      cross join lateral (values
        (1, 'order of the fill', s.order_id, o.client_order_id, s.order_id is null or o.client_order_id is not null),
        (2, 'symbol and side of order ' || o.client_order_id, o.symbol || ' ' || o.side, s.symbol || ' ' || s.side,
          s.order_id is null or s.is_one and s.symbol = o.symbol and s.side = o.side),
        (3, 'filled quantity of order ' || o.client_order_id, trim_scale(coalesce(s.quantity, 0))::text, trim_scale(o.filled_quantity)::text,
          o.filled_quantity = coalesce(s.quantity, 0)),
        (4, 'filled notional of order ' || o.client_order_id, trim_scale(coalesce(s.notional, 0))::text, trim_scale(o.filled_notional)::text,
          o.filled_notional = coalesce(s.notional, 0)),
        (5, 'fees of order ' || o.client_order_id, trim_scale(coalesce(s.fee, 0))::text, trim_scale(o.fees)::text, o.fees = coalesce(s.fee, 0)),
        (6, 'quantity of order ' || o.client_order_id, 'at most ' || trim_scale(o.quantity), trim_scale(o.filled_quantity)::text,
          coalesce(o.filled_quantity <= o.quantity, true))
      ) as f(place, what, expected, found, is_so)
      where not f.is_so order by 2, f.place, o.client_order_id limit 1`,
  },
  {
    name: 'a buy order has the reservation that covers what is left of it, and nothing else is reserved',
    sql: `
      select f.what, coalesce(o.symbol, r.symbol) as symbol, null::float8 as seq, f.expected, f.found
      from (select *, status in ('pending', 'open', 'unknown') as is_open from orders where side = 'buy') as o
        full join reservations r on r.id = o.client_order_id
      cross join lateral (values
        (1, 'reservation of order ' || o.client_order_id, 'there', 'missing', r.id is not null),
        (2, 'symbol of reservation ' || r.id, o.symbol, r.symbol, coalesce(o.symbol = r.symbol, true)),
        (3, 'status of reservation ' || r.id,
          case when o.client_order_id is null then 'held or released' when o.is_open then 'used' else 'settled' end, r.status,
          case when o.client_order_id is null then r.status in ('held', 'released')
               when o.is_open then r.status = 'used' else r.status = 'settled' end),
        (4, 'rest of reservation ' || r.id,
          case when r.status in ('settled', 'released') then '0' when r.status = 'held' then trim_scale(r.amount)::text
               else trim_scale(greatest(r.amount - o.filled_notional - o.fees, 0))::text end, trim_scale(r.remaining)::text,
          r.remaining = case when r.status in ('settled', 'released') then 0 when r.status = 'held' then r.amount
                             else greatest(r.amount - o.filled_notional - o.fees, 0) end)
      ) as f(place, what, expected, found, is_so)
      where not coalesce(f.is_so, true) order by 2, f.place, o.client_order_id limit 1`,
  },
  {
    name: 'what the account has set aside is what its reservations hold',
    sql: `
      select 'reserved' as what, 'account' as symbol, null::float8 as seq, trim_scale(held.sum)::text as expected, trim_scale(a.reserved)::text as found
      from account a, (select coalesce(sum(remaining), 0) as sum from reservations where status in ('held', 'used')) as held
      where a.reserved <> held.sum`,
  },
];
