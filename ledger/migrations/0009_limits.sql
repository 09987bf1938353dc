-- Up Migration

-- Limits a person has set, on top of those an engine is configured with, and how many losses in a row start the cooldown by
-- both: the one limit that a commit applies by itself.
alter table account add column limits jsonb not null default '{}';
alter table account add column losses_in_row_max integer not null default 3;
-- A flatten of everything that is not done yet, so that whoever owns the account next goes on with it.
alter table account add column flatten jsonb;

-- The numbers by which an intent is judged again when its reservation is used; null when limits are not enforced.
alter table reservations add column limits jsonb;

-- The equity at moments of market time, as the account's owner valued it.
create table equity (
  at timestamptz primary key,
  cash numeric not null,
  equity numeric not null
);

-- Why the limits refuse an intent by now, as `CODE sentence`; null when they don't. The decision is up to a consultation old:
-- trades may have closed and positions may have come from outside since. Cash and exposure need no second look: what was
-- reserved is part of both, for everybody else.
create function cp_intent_refusal(r reservations, a account) returns text language plpgsql as $$
declare
  at timestamptz := timestamptz 'epoch' + (r.limits ->> 'at')::bigint * interval '1 millisecond';
  counted risk_days%rowtype;
  occupied integer;
begin
  if r.limits is null then
    return null;
  end if;
  if a.cooldown_from is not null and at < a.cooldown_from + (r.limits ->> 'cooldownMs')::bigint * interval '1 millisecond' then
    return 'COOLDOWN the account cools down after losing trades in a row, since '
      || to_char(a.cooldown_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  end if;
  select * into counted from risk_days where day = (r.limits ->> 'day')::date;
  if counted.profit <= -(r.limits ->> 'dailyLossMax')::numeric then
    return format('DAILY_LOSS the realized loss of the day has reached its limit: %s of -%s',
                  trim_scale(counted.profit), r.limits ->> 'dailyLossMax');
  end if;
  if counted.entries >= (r.limits ->> 'dailyEntriesMax')::integer then
    return format('DAILY_ENTRIES the entries of the day are used up: %s of %s', counted.entries, r.limits ->> 'dailyEntriesMax');
  end if;
  select count(*) into occupied from (
    select symbol from positions where held union select symbol from reservations where status in ('held', 'used')
  ) as taken where symbol <> r.symbol;
  if occupied >= (r.limits ->> 'positionsMax')::integer then
    return format('POSITIONS there are as many positions and open entries as allowed: %s of %s', occupied,
                  r.limits ->> 'positionsMax');
  end if;
  return null;
end
$$;

-- The commit as it was, with that second look at the limits and the configured number of losses.
create or replace function cp_commit(
  p_need numeric, p_cash numeric,
  g_symbol text[], g_epoch bigint[], g_version bigint[], g_rows integer[],
  g_quantity numeric[], g_cost numeric[], g_realized numeric[], g_cash numeric[], g_need numeric[],
  g_day date[], g_profit numeric[], g_entries integer[], g_durable text[], g_extras text[],
  e_group integer[], e_symbol text[], e_seq bigint[], e_id uuid[], e_kind text[], e_at timestamptz[], e_side text[],
  e_quantity numeric[], e_price numeric[], e_notional numeric[], e_fee numeric[], e_cost_removed numeric[],
  e_realized numeric[], e_order text[], e_quantity_after numeric[], e_cost_after numeric[], e_realized_after numeric[],
  e_request text[], e_body text[]
) returns table (ord integer, outcome text, detail text) language plpgsql as $$
declare
  groups integer := cardinality(g_symbol);
  accepted boolean[] := array_fill(true, array[groups]);
  is_whole boolean;
  is_settled boolean := false;
  touches_account boolean;
  cash_total numeric := 0;
  reserved_total numeric := 0;
  acct account%rowtype;
  free numeric;
  extras jsonb;
  change jsonb;
  reservation reservations%rowtype;
  refused text;
  x record;
begin
  -- 1. Lock the rows in one order over all writers. LockRows sits above the sort, and a row changed while we waited is
  --    read again, so epoch and version below are the latest committed ones.
  with locked as (
    select g.epoch = p.epoch and g.version = p.version as is_current
    from unnest(g_symbol, g_epoch, g_version) as g(symbol, epoch, version) join positions p on p.symbol = g.symbol
    order by p.symbol for update of p
  )
  select count(*) filter (where is_current) = groups into is_whole from locked;
  if not is_whole then
    accepted := array_fill(false, array[groups]);
    for x in
      select g.ord from unnest(g_symbol, g_epoch, g_version) with ordinality as g(symbol, epoch, version, ord)
      join positions p on p.symbol = g.symbol and p.epoch = g.epoch and p.version = g.version
    loop
      accepted[x.ord] := true;
    end loop;
    return query select a.ord::integer, 'fenced'::text, null::text
      from unnest(accepted) with ordinality as a(is_current, ord) where not a.is_current;
  end if;

  -- 2. Known command ids. A later statement than the lock, so its snapshot holds everything committed under the lock. By
  --    the id: no statistics can talk the planner into reading a symbol's whole history.
  if exists (select from journal j where j.id = any (e_id)) then
    for x in
      select e.grp, jsonb_agg(journal_json(known.j) order by (known.j).seq) as rows
      from (select unnest(e_group) as grp, unnest(e_symbol) as symbol, unnest(e_id) as id) as e
        cross join lateral (select j from journal j where j.id = e.id and j.symbol || '' = e.symbol offset 0) as known
      group by e.grp
    loop
      if accepted[x.grp] then
        is_whole := false;
        accepted[x.grp] := false;
        ord := x.grp;
        outcome := 'duplicate';
        detail := x.rows::text;
        return next;
      end if;
    end loop;
  end if;

  -- 3. Cash and reservations. Without orders, and with cash for all needs together, every group has enough at its turn.
  touches_account := p_cash <> 0 or p_need > 0 or g_extras is not null or not is_whole;
  if touches_account and is_whole and g_extras is null then
    update account a set cash = a.cash + p_cash, deficit = false where a.id and a.cash - a.reserved >= p_need;
    is_settled := found;
  end if;
  -- Else one by one, under their locks: reservations by id, then the account.
  if touches_account and not is_settled then
    perform 1 from reservations r where r.id in (
      select c ->> 'id' from unnest(g_extras) as g(e), jsonb_array_elements(coalesce(e::jsonb -> 'reservations', '[]')) as c
    ) order by r.id for update;
    select * into acct from account a where a.id for update;
    free := acct.cash - acct.reserved;
    for i in 1..groups loop
      continue when not accepted[i];
      refused := null;
      extras := g_extras[i]::jsonb;
      if g_need[i] > 0 and free < g_need[i] then
        is_whole := false;
        accepted[i] := false;
        ord := i;
        outcome := 'insufficient';
        detail := free::text;
        return next;
        continue;
      end if;
      for change in select jsonb_array_elements(coalesce(extras -> 'reservations', '[]')) loop
        continue when change ->> 'action' <> 'use';
        select * into reservation from reservations r where r.id = change ->> 'id';
        refused := case
          when reservation.id is null or reservation.status <> 'held' then 'EXPIRED the reservation was released'
          when acct.halted_reason is not null then 'HALTED ' || acct.halted_reason
          when acct.paused_reason is not null then 'PAUSED ' || acct.paused_reason
          else cp_intent_refusal(reservation, acct)
        end;
        exit when refused is not null;
      end loop;
      if refused is not null then
        is_whole := false;
        accepted[i] := false;
        ord := i;
        outcome := 'refused';
        detail := refused;
        return next;
        continue;
      end if;
      for change in select jsonb_array_elements(coalesce(extras -> 'reservations', '[]')) loop
        if change ->> 'action' = 'use' then
          update reservations set status = 'used' where id = change ->> 'id';
        else
          select * into reservation from reservations r where r.id = change ->> 'id' and r.status = 'used';
          if found then
            update reservations set remaining = (change ->> 'remaining')::numeric,
              status = case when (change ->> 'final')::boolean then 'settled' else 'used' end
            where id = reservation.id;
            reserved_total := reserved_total + (change ->> 'remaining')::numeric - reservation.remaining;
            free := free - (change ->> 'remaining')::numeric + reservation.remaining;
          end if;
        end if;
      end loop;
      free := free + g_cash[i];
      cash_total := cash_total + g_cash[i];
    end loop;
  end if;

  -- 4. Write what was accepted.
  insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized, order_id,
                       quantity_after, cost_after, realized_after, request, body)
  select e.symbol, e.seq, e.id, e.kind, e.at, e.side, e.quantity, e.price, e.notional, e.fee, e.cost_removed, e.realized,
         e.order_id, e.quantity_after, e.cost_after, e.realized_after, e.request, e.body
  from (
    select unnest(e_group) as grp, unnest(e_symbol) as symbol, unnest(e_seq) as seq, unnest(e_id) as id,
           unnest(e_kind) as kind, unnest(e_at) as at, unnest(e_side) as side, unnest(e_quantity) as quantity,
           unnest(e_price) as price, unnest(e_notional) as notional, unnest(e_fee) as fee,
           unnest(e_cost_removed) as cost_removed, unnest(e_realized) as realized, unnest(e_order) as order_id,
           unnest(e_quantity_after) as quantity_after, unnest(e_cost_after) as cost_after,
           unnest(e_realized_after) as realized_after, unnest(e_request) as request, unnest(e_body) as body
  ) as e
  where accepted[e.grp];

  update positions p set
    version = p.version + g.rows, quantity = g.quantity, cost = g.cost, realized_pnl = g.realized,
    updated_at = clock_timestamp()
  from unnest(g_symbol, g_rows, g_quantity, g_cost, g_realized) with ordinality as g(symbol, rows, quantity, cost, realized, ord)
  where p.symbol = g.symbol and accepted[g.ord];

  if g_durable is not null or g_extras is not null then
    for i in 1..groups loop
      continue when not accepted[i];
      if g_durable[i] is not null then
        change := g_durable[i]::jsonb;
        update positions p set
          mode = change ->> 'mode', regime = change ->> 'regime',
          high_water_mark = (change ->> 'highWaterMark')::numeric,
          opened_at = timestamptz 'epoch' + (change ->> 'openedAt')::bigint * interval '1 millisecond',
          paused_reason = change ->> 'pausedReason', halted_reason = change ->> 'haltedReason',
          state = (change ->> 'actor')::json
        where p.symbol = g_symbol[i];
      end if;
      continue when g_extras[i] is null;
      extras := g_extras[i]::jsonb;
      -- Orders are written only under their symbol's lock, so their place in the lock order is the symbol's.
      insert into orders (client_order_id, symbol, side, type, status, intent, quantity, amount, price, trigger,
                          filled_quantity, filled_notional, fees, send_before, reason)
      select o ->> 'clientOrderId', g_symbol[i], o ->> 'side', o ->> 'type', o ->> 'status', o ->> 'intent',
             (o ->> 'quantity')::numeric, (o ->> 'amount')::numeric, (o ->> 'price')::numeric, (o ->> 'trigger')::numeric,
             (o ->> 'filledQuantity')::numeric, (o ->> 'filledNotional')::numeric, (o ->> 'fees')::numeric,
             timestamptz 'epoch' + (o ->> 'sendBefore')::bigint * interval '1 millisecond', o ->> 'reason'
      from jsonb_array_elements(coalesce(extras -> 'orders', '[]')) as o
      on conflict (client_order_id) do update set
        status = excluded.status, filled_quantity = excluded.filled_quantity, filled_notional = excluded.filled_notional,
        fees = excluded.fees, reason = excluded.reason, updated_at = clock_timestamp();
      insert into funnel as f (day, symbol, key, count)
      select (c ->> 'day')::date, g_symbol[i], c ->> 'key', sum((c ->> 'count')::bigint)
      from jsonb_array_elements(coalesce(extras -> 'funnel', '[]')) as c
      group by 1, 3
      on conflict (day, symbol, key) do update set count = f.count + excluded.count;
      for x in select (c ->> 'profit')::numeric as profit, (c ->> 'at')::bigint as at
               from jsonb_array_elements(coalesce(extras -> 'closed', '[]')) as c loop
        -- So many losses in a row start the cooldown and the count anew; a gain ends a streak.
        acct.losses_in_row := case when x.profit < 0 then acct.losses_in_row + 1 when x.profit > 0 then 0 else acct.losses_in_row end;
        if acct.losses_in_row >= acct.losses_in_row_max then
          acct.losses_in_row := 0;
          acct.cooldown_from := timestamptz 'epoch' + x.at * interval '1 millisecond';
        end if;
      end loop;
    end loop;
  end if;

  if g_day is not null then
    insert into risk_days as d (day, profit, entries)
    select r.day, sum(r.profit), sum(r.entries)
    from (select unnest(g_day) as day, unnest(g_profit) as profit, unnest(g_entries) as entries, unnest(accepted) as is_accepted) as r
    where r.day is not null and r.is_accepted
    group by r.day order by r.day
    on conflict (day) do update set profit = d.profit + excluded.profit, entries = d.entries + excluded.entries;
  end if;

  -- 5. The account, where that is not done, once, netted. Below zero only a venue-proven fill can bring it: then entries halt. A person may
  --    resume in a deficit; only a deeper one halts again.
  if touches_account and not is_settled then
    update account a set
      cash = a.cash + cash_total, reserved = a.reserved + reserved_total,
      losses_in_row = acct.losses_in_row, cooldown_from = acct.cooldown_from,
      deficit = a.cash + cash_total < 0,
      halted_reason = case when cash_total < 0 and a.cash + cash_total < 0
        then coalesce(a.halted_reason, 'cash deficit after a fill the venue proved') else a.halted_reason end
    where a.id;
  end if;
end
$$;
