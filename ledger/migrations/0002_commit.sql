-- Up Migration

-- The commit: one round trip, one transaction, any number of symbols. Each group (consecutive changes of one symbol) has
-- its own outcome and never fails the others:
--   committed     written
--   fenced        the row's epoch or version is not the writer's: it has lost the symbol, or lost a commit
--   duplicate     some of its command ids are known; their rows are returned, nothing of the group is written
--   insufficient  a buy without reservation needs more free cash than there is
--   refused       the reservation it wants to use is gone, or entries were halted or paused since it was made
-- Never BEGIN around it: the caller pipelines these calls, and each is its own transaction.
create function cp_commit(
  g_symbol text[], g_epoch bigint[], g_version bigint[], g_rows integer[],
  g_quantity numeric[], g_cost numeric[], g_realized numeric[],
  g_durable text[], g_cash numeric[], g_need numeric[], g_extras text[],
  e_group integer[], e_symbol text[], e_seq bigint[], e_id uuid[], e_kind text[], e_at bigint[], e_side text[],
  e_quantity numeric[], e_price numeric[], e_notional numeric[], e_fee numeric[], e_cost_removed numeric[],
  e_realized numeric[], e_order text[], e_quantity_after numeric[], e_cost_after numeric[], e_realized_after numeric[],
  e_request text[], e_body text[]
) returns table (ord integer, outcome text, detail text) language plpgsql as $$
declare
  groups integer := cardinality(g_symbol);
  accepted boolean[] := array_fill(false, array[groups]);
  outcomes text[] := array_fill('fenced'::text, array[groups]);
  details text[] := array_fill(null::text, array[groups]);
  touches_account boolean := false;
  extras jsonb;
  change jsonb;
  reservation reservations%rowtype;
  acct account%rowtype;
  free numeric;
  refused text;
  cash_total numeric := 0;
  reserved_total numeric := 0;
  x record;
begin
  -- 1. Lock the rows in one order over all writers. LockRows sits above the sort, and a row changed while we waited is
  --    read again, so epoch and version below are the latest committed ones.
  for x in
    select g.ord, p.epoch, p.version
    from unnest(g_symbol) with ordinality as g(symbol, ord) join positions p on p.symbol = g.symbol
    order by p.symbol for update of p
  loop
    if x.epoch = g_epoch[x.ord] and x.version = g_version[x.ord] then
      accepted[x.ord] := true;
      outcomes[x.ord] := 'committed';
    end if;
    touches_account := touches_account or g_cash[x.ord] <> 0 or g_need[x.ord] > 0 or g_extras[x.ord] is not null;
  end loop;

  -- 2. Known command ids. A later statement than the lock, so its snapshot holds everything committed under the lock.
  for x in
    select e.grp, jsonb_agg(journal_json(j) order by j.seq) as rows
    from unnest(e_group, e_symbol, e_id) as e(grp, symbol, id) join journal j on j.symbol = e.symbol and j.id = e.id
    group by e.grp
  loop
    if accepted[x.grp] then
      accepted[x.grp] := false;
      outcomes[x.grp] := 'duplicate';
      details[x.grp] := x.rows::text;
    end if;
  end loop;

  -- 3. Cash and reservations, decided group by group under their locks: reservations by id, then the account.
  if touches_account then
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
        accepted[i] := false;
        outcomes[i] := 'insufficient';
        details[i] := free::text;
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
        accepted[i] := false;
        outcomes[i] := 'refused';
        details[i] := refused;
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
  select e.symbol, e.seq, e.id, e.kind, timestamptz 'epoch' + e.at * interval '1 millisecond', e.side, e.quantity, e.price,
         e.notional, e.fee, e.cost_removed, e.realized, e.order_id, e.quantity_after, e.cost_after, e.realized_after,
         e.request, e.body
  from unnest(e_group, e_symbol, e_seq, e_id, e_kind, e_at, e_side, e_quantity, e_price, e_notional, e_fee,
              e_cost_removed, e_realized, e_order, e_quantity_after, e_cost_after, e_realized_after, e_request, e_body)
    as e(grp, symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized, order_id,
         quantity_after, cost_after, realized_after, request, body)
  where accepted[e.grp];

  update positions p set
    version = p.version + g.rows, quantity = g.quantity, cost = g.cost, realized_pnl = g.realized,
    updated_at = clock_timestamp()
  from unnest(g_symbol, g_rows, g_quantity, g_cost, g_realized) with ordinality as g(symbol, rows, quantity, cost, realized, ord)
  where p.symbol = g.symbol and accepted[g.ord];

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
    change := extras -> 'risk';
    if change is not null then
      insert into risk_days as d (day, profit, entries)
      values ((change ->> 'day')::date, (change ->> 'profit')::numeric, (change ->> 'entries')::integer)
      on conflict (day) do update set profit = d.profit + excluded.profit, entries = d.entries + excluded.entries;
      for x in select (c ->> 'profit')::numeric as profit, (c ->> 'at')::bigint as at
               from jsonb_array_elements(change -> 'closed') as c loop
        -- Three losses in a row start the cooldown and the count anew; a gain ends a streak.
        acct.losses_in_row := case when x.profit < 0 then acct.losses_in_row + 1 when x.profit > 0 then 0 else acct.losses_in_row end;
        if acct.losses_in_row >= 3 then
          acct.losses_in_row := 0;
          acct.cooldown_from := timestamptz 'epoch' + x.at * interval '1 millisecond';
        end if;
      end loop;
    end if;
  end loop;

  -- 5. The account last, once, netted. Below zero only a venue-proven fill can bring it: then entries halt. A person may
  --    resume in a deficit; only a deeper one halts again.
  if touches_account then
    update account a set
      cash = a.cash + cash_total, reserved = a.reserved + reserved_total,
      losses_in_row = acct.losses_in_row, cooldown_from = acct.cooldown_from,
      deficit = a.cash + cash_total < 0,
      halted_reason = case when cash_total < 0 and a.cash + cash_total < 0
        then coalesce(a.halted_reason, 'cash deficit after a fill the venue proved') else a.halted_reason end
    where a.id;
  end if;

  return query select i, outcomes[i], details[i] from generate_series(1, groups) as i;
end
$$;

-- Claim: lock what is wanted and free, mine or owned by an expired incarnation; rows locked by others are skipped and
-- tried again by the caller. (A plain UPDATE … ANY deadlocks against commits.) A claimer whose own lease is over gets nothing.
create function cp_claim(p_pod text, p_incarnation uuid, p_symbols text[])
returns setof positions language plpgsql as $$
begin
  if not exists (select from pods where incarnation = p_incarnation and expires_at > clock_timestamp()) then
    return;
  end if;
  return query
  with wanted as (
    select p.symbol from positions p
    where p.symbol = any (p_symbols) and not p.removed
      and (p.incarnation is null or p.incarnation = p_incarnation
           or not exists (select from pods where pods.incarnation = p.incarnation and pods.expires_at > clock_timestamp()))
    order by p.symbol for update skip locked
  )
  update positions p set owner = p_pod, incarnation = p_incarnation, epoch = p.epoch + 1
  from wanted w where p.symbol = w.symbol
  returning p.*;
end
$$;

-- A change of the cluster (who owns what) gets the next number of its stream.
create function cp_cluster_event(p_kind text, p_body text) returns bigint language plpgsql as $$
declare
  next_seq bigint;
begin
  update singletons set version = version + 1 where name = 'cluster' returning version into next_seq;
  insert into journal (symbol, seq, id, kind, at, body)
  values ('cluster', next_seq, gen_random_uuid(), p_kind, clock_timestamp(), p_body);
  return next_seq;
end
$$;
