-- Up Migration

-- A role of the cluster whose owner is no Pod (the collector) has its lease in its own row; the owner of the account is a
-- Pod, whose lease is in `pods`.
alter table singletons add column expires_at timestamptz;

-- Takes the role or renews the lease of whoever has it. A lease that ran out is not renewed, not even by its own life:
-- it begins anew under the next epoch.
create function cp_lease_singleton(p_owner text, p_incarnation uuid, p_name text, p_lease_ms integer)
returns json language plpgsql as $$
declare
  lease interval := p_lease_ms * interval '1 millisecond';
  role singletons%rowtype;
  event jsonb;
begin
  insert into singletons (name) values (p_name) on conflict do nothing;
  select * into role from singletons where name = p_name for update;
  if role.incarnation is not null and role.expires_at > clock_timestamp() then
    if role.incarnation <> p_incarnation then
      -- Longer than a lease only when the clock went back: who lives renews it, who is dead must not keep it.
      if role.expires_at > clock_timestamp() + lease then
        update singletons set expires_at = clock_timestamp() + lease where name = p_name
        returning expires_at into role.expires_at;
      end if;
      return json_build_object('held', false,
        'leaseLeftMs', ceil(extract(epoch from role.expires_at - clock_timestamp()) * 1000));
    end if;
  else
    role.epoch := role.epoch + 1;
    event := cp_cluster_event(jsonb_build_object('change', 'singleton-claimed', 'pod', p_owner,
      'incarnation', p_incarnation, 'singleton', p_name, 'epoch', role.epoch));
  end if;
  update singletons set owner = p_owner, incarnation = p_incarnation, epoch = role.epoch,
    expires_at = clock_timestamp() + lease
  where name = p_name;
  return json_build_object('held', true, 'epoch', role.epoch, 'event', event);
end
$$;
