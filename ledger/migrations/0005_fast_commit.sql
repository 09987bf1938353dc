-- Up Migration

-- An index whose predicate names the quantity would be written with every fill; `held` changes when a position opens or closes.
-- Room in a page for the next versions of its rows (an update that stays in its page writes no index), set before the new
-- column has the table written anew.
drop index positions_held;
alter table positions set (fillfactor = 50);
alter table positions add column held boolean generated always as (quantity > 0) stored;
create index positions_held on positions (symbol) where held;
alter table account set (fillfactor = 50);

-- The commit: one round trip, one transaction, any number of symbols. Each group (consecutive changes of one symbol) has
-- its own outcome and never fails the others. What is returned are the groups that are *not* committed:
--   fenced        the row's epoch or version is not the writer's: it has lost the symbol, or lost a commit
--   duplicate     some of its command ids are known; their rows are returned, nothing of the group is written
--   insufficient  a buy without reservation needs more free cash than there is
--   refused       the reservation it wants to use is gone, or entries were halted or paused since it was made
-- Never BEGIN around it: the caller pipelines these calls, and each is its own transaction. Fills take a path without a
-- loop, in five statements: arrays are read in one pass (an element of an array of texts or decimals is found by walking
-- it), and what only orders and trades have travels in g_extras; g_day, g_durable and g_extras are null when no group has
-- any. p_cash is the sum of g_cash, p_need the sum of what each group may take at most: its need, or what it spends. The
-- former cp_commit stays for Pods of the version before.
create function cp_commit(
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
        -- Three losses in a row start the cooldown and the count anew; a gain ends a streak.
        acct.losses_in_row := case when x.profit < 0 then acct.losses_in_row + 1 when x.profit > 0 then 0 else acct.losses_in_row end;
        if acct.losses_in_row >= 3 then
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
