-- Up Migration

-- A Pod takes symbols once it serves, and gives them away while it drains.
alter table pods add column state text not null default 'joining' check (state in ('joining', 'serving', 'draining'));
alter table pods drop column draining;

-- A change of the cluster (who is there, who owns what) gets the next number of its stream, in the transaction that makes
-- the change. Its row is the last one locked: positions, pods or singletons come before it.
drop function cp_cluster_event(text, text);
create function cp_cluster_event(p_body jsonb) returns jsonb language plpgsql as $$
declare
  row journal%rowtype;
begin
  update singletons set version = version + 1 where name = 'cluster' returning version into row.seq;
  insert into journal (symbol, seq, id, kind, at, body)
  values ('cluster', row.seq, gen_random_uuid(), 'ownership', date_trunc('milliseconds', clock_timestamp()), p_body::text)
  returning * into row;
  return journal_json(row);
end
$$;

-- The Pods as a heartbeat and a view tell them: stable, so that they are of the same moment as what is read beside them.
create function cp_pods() returns json language sql stable as $$
  select coalesce(json_agg(json_build_object(
    'pod', pod, 'incarnation', incarnation, 'state', state,
    'heartbeatAgeMs', floor(extract(epoch from clock_timestamp() - heartbeat_at) * 1000),
    'live', expires_at > clock_timestamp(),
    'leaseLeftMs', floor(extract(epoch from expires_at - clock_timestamp()) * 1000)) order by pod), '[]')
  from pods
$$;

-- A heartbeat: null when this life of the Pod is over (replaced, expired by others, or out of time). An expired lease is
-- not renewed: others may have claimed meanwhile, so the Pod has to join and claim again.
create function cp_heartbeat(p_pod text, p_incarnation uuid, p_lease_ms integer, p_symbols text[], p_epochs bigint[])
returns json language plpgsql as $$
begin
  update pods set heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
  where pod = p_pod and incarnation = p_incarnation and expires_at > clock_timestamp();
  if not found then
    return null;
  end if;
  return json_build_object(
    'version', (select version from singletons where name = 'cluster'),
    'pods', cp_pods(),
    'lost', (select coalesce(json_agg(held.symbol), '[]')
             from unnest(p_symbols, p_epochs) as held(symbol, epoch)
             left join positions p on p.symbol = held.symbol
             where p.incarnation is distinct from p_incarnation or p.epoch <> held.epoch));
end
$$;

-- A claim with its event in one round trip; null when nothing was claimed. Money and state travel as text.
create function cp_claim_symbols(p_pod text, p_incarnation uuid, p_symbols text[]) returns json language plpgsql as $$
declare
  claimed json;
  held jsonb;
begin
  select json_agg(json_build_object(
           'symbol', p.symbol, 'epoch', p.epoch, 'version', p.version, 'quantity', p.quantity::text,
           'cost', p.cost::text, 'realizedPnl', p.realized_pnl::text, 'mode', p.mode, 'regime', p.regime,
           'highWaterMark', p.high_water_mark::text, 'openedAt', (extract(epoch from p.opened_at) * 1000)::float8,
           'pausedReason', p.paused_reason, 'haltedReason', p.halted_reason, 'state', p.state::text)),
         jsonb_agg(jsonb_build_object('symbol', p.symbol, 'epoch', p.epoch))
  into claimed, held from cp_claim(p_pod, p_incarnation, p_symbols) p;
  if claimed is null then
    return null;
  end if;
  return json_build_object('positions', claimed, 'event', cp_cluster_event(jsonb_build_object(
    'change', 'claimed', 'pod', p_pod, 'incarnation', p_incarnation, 'claimed', held)));
end
$$;
