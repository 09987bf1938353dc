/**
 * Who owns what, by the database's clock. The lease is for liveness, the row is for safety: whatever is decided here,
 * a commit is accepted only under the epoch the row carries.
 */
import type pg from 'pg';
import { invariant } from '../../domain/invariant.ts';
import { parseDecimal } from '../../domain/money.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { DurableState, StoredRow } from '../../protocol/ports/ledger.ts';
import type {
  Claimed,
  ClaimedPosition,
  ClaimedSingleton,
  ClusterEvent,
  ClusterEventBody,
  ClusterView,
  Heartbeat,
  HeldSymbol,
  Owner,
  OwnershipPort,
  RemovedSymbol,
  RoleLease,
} from '../../protocol/ports/ownership.ts';
import { haltBody } from '../halt-body.ts';
import { query, transaction } from './connection.ts';
import { type JournalJson, optionalDecimal, storedRow } from './rows.ts';

interface EventRow {
  readonly event: JournalJson;
}

type LeaseRow =
  | { readonly held: true; readonly epoch: number; readonly event: JournalJson | null }
  | { readonly held: false; readonly leaseLeftMs: number };

interface ClaimRow {
  readonly symbol: string;
  readonly epoch: number;
  readonly version: number;
  readonly quantity: string;
  readonly cost: string;
  readonly realizedPnl: string;
  readonly mode: string;
  readonly regime: string | null;
  readonly highWaterMark: string | null;
  readonly openedAt: number | null;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  readonly state: string | null;
}

export class PostgresOwnership implements OwnershipPort {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async register(owner: Owner, leaseTtlMs: number): Promise<ClusterEvent> {
    return transaction(this.#pool, async (client) => {
      // Of Pods long gone nothing remains to be known: what they owned is free either way.
      await query(client, `delete from pods where expires_at < clock_timestamp() - $1 * interval '1 millisecond'`, [
        LIMITS.podRowKeptMs,
      ]);
      await query(
        client,
        `insert into pods (pod, incarnation, expires_at)
         values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
         on conflict (pod) do update set incarnation = excluded.incarnation, expires_at = excluded.expires_at,
           -- A first attempt that lands after its repetition must not set back a Pod that serves by now.
           state = case when pods.incarnation = excluded.incarnation then pods.state else 'joining' end, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()`,
        [owner.pod, owner.incarnation, leaseTtlMs],
      );
      return record(client, { change: 'joined', ...owner });
    });
  }

  async heartbeat(owner: Owner, leaseTtlMs: number, held: readonly HeldSymbol[]): Promise<Heartbeat | undefined> {
    const { rows } = await query<{ beat: Heartbeat | null }>(
      this.#pool,
      'select cp_heartbeat($1, $2, $3, $4, $5) as beat',
      [owner.pod, owner.incarnation, leaseTtlMs, held.map(({ symbol }) => symbol), held.map(({ epoch }) => epoch)],
    );
    return rows[0]?.beat ?? undefined;
  }

  async setState(owner: Owner, state: 'serving' | 'draining'): Promise<ClusterEvent> {
    return this.#change(
      'update pods set state = $3 where pod = $1 and incarnation = $2 and state <> $3',
      [owner.pod, owner.incarnation, state],
      { change: state, ...owner },
    );
  }

  async leave(owner: Owner): Promise<ClusterEvent> {
    return this.#change('delete from pods where pod = $1 and incarnation = $2', [owner.pod, owner.incarnation], {
      change: 'left',
      ...owner,
    });
  }

  async expire(victim: Owner, by: Owner, heartbeatAgeMsMin: number): Promise<ClusterEvent> {
    return this.#change(
      `update pods set expires_at = clock_timestamp() - interval '1 millisecond'
       where pod = $1 and incarnation = $2 and expires_at > clock_timestamp()
         and heartbeat_at <= clock_timestamp() - $4 * interval '1 millisecond'
         and exists (select from pods me where me.incarnation = $3 and me.expires_at > clock_timestamp())`,
      [victim.pod, victim.incarnation, by.incarnation, heartbeatAgeMsMin],
      { change: 'expired', pod: victim.pod, incarnation: victim.incarnation },
    );
  }

  async view(): Promise<ClusterView> {
    const { rows } = await query<{ view: ClusterView }>(
      this.#pool,
      `select json_build_object(
         'version', (select version from singletons where name = 'cluster'),
         'pods', cp_pods(),
         'symbols', (select coalesce(json_agg(json_build_object('symbol', symbol, 'owner', owner,
            'incarnation', incarnation, 'epoch', epoch, 'mode', mode) order by symbol collate "C"), '[]')
            from positions where not removed),
         'singletons', (select coalesce(json_agg(json_build_object('name', name, 'owner', owner,
            'incarnation', incarnation, 'epoch', epoch) order by name), '[]')
            from singletons where name <> 'cluster')) as view`,
    );
    const [row] = rows;
    invariant(row !== undefined, 'a view is one row');
    return row.view;
  }

  async addSymbols(symbols: readonly string[], { onlyNew } = { onlyNew: false }): Promise<ClusterEvent> {
    return transaction(this.#pool, async (client) => {
      // Ordered, so that two Pods adding the same symbols can't deadlock.
      const { rows } = await query<{ symbol: string }>(
        client,
        `insert into positions (symbol) select distinct s from unnest($1::text[]) as s order by s
         on conflict (symbol) do update set removed = false where positions.removed and not $2::boolean
         returning symbol`,
        [symbols, onlyNew],
      );
      if (rows.length === 0) return undefined;
      return record(client, { change: 'added', symbols: rows.map((row) => row.symbol) });
    });
  }

  async removeSymbol(symbol: string): Promise<RemovedSymbol> {
    return transaction(this.#pool, async (client) => {
      // Locked first: a commit on its way may be opening an order, and only a later statement sees it.
      const known = await query<{ removed: boolean }>(
        client,
        'select removed from positions where symbol = $1 for update',
        [symbol],
      );
      if (known.rows[0] === undefined) return { type: 'unknown' };
      // Asked again: done already.
      if (known.rows[0].removed) return { type: 'removed', event: undefined };
      const { rowCount } = await query(
        client,
        `update positions p set removed = true, owner = null, incarnation = null, epoch = epoch + 1
         where p.symbol = $1 and p.quantity = 0
           and not exists (select from orders o where o.symbol = p.symbol and o.status in ('pending', 'open', 'unknown'))`,
        [symbol],
      );
      if (rowCount !== 1) return { type: 'busy' };
      // No further life of it would: an entry was asked for and not made.
      await query(
        client,
        `with held as (
           select id, remaining from reservations where symbol = $1 and status = 'held' order by id for update
         ), released as (
           update reservations r set status = 'released', remaining = 0 from held where r.id = held.id
         )
         update account set reserved = reserved - (select coalesce(sum(remaining), 0) from held)
         where exists (select from held)`,
        [symbol],
      );
      return { type: 'removed', event: await record(client, { change: 'removed', symbols: [symbol] }) };
    });
  }

  async claim(owner: Owner, symbols: readonly string[]): Promise<Claimed> {
    const { rows } = await query<{ claimed: { positions: ClaimRow[]; event: JournalJson } | null }>(
      this.#pool,
      'select cp_claim_symbols($1, $2, $3) as claimed',
      [owner.pod, owner.incarnation, symbols],
    );
    const claimed = rows[0]?.claimed ?? undefined;
    if (claimed === undefined) return { positions: [], event: undefined };
    return { positions: claimed.positions.map(claimedPosition), event: storedRow(claimed.event) };
  }

  async release(owner: Owner, symbols: readonly string[]): Promise<ClusterEvent> {
    const { rows } = await query<EventRow>(
      this.#pool,
      `with mine as (
         select symbol from positions where symbol = any ($3) and incarnation = $2 order by symbol for update
       ), released as (
         update positions p set owner = null, incarnation = null from mine where p.symbol = mine.symbol
         returning p.symbol
       )
       select cp_cluster_event(jsonb_build_object(
         'change', 'released', 'pod', $1::text, 'incarnation', $2::uuid, 'symbols', jsonb_agg(symbol))) as event
       from released having count(*) > 0`,
      [owner.pod, owner.incarnation, symbols],
    );
    return eventOf(rows);
  }

  async claimSingleton(owner: Owner, name: string): Promise<ClaimedSingleton | undefined> {
    return transaction(this.#pool, async (client) => {
      await query(client, 'insert into singletons (name) values ($1) on conflict do nothing', [name]);
      const { rows } = await query<{ epoch: string }>(
        client,
        `update singletons s set owner = $1, incarnation = $2, epoch = epoch + 1
         where s.name = $3
           and (s.incarnation is null or s.incarnation = $2
                or not exists (select from pods p where p.incarnation = s.incarnation and p.expires_at > clock_timestamp()))
           and exists (select from pods p where p.incarnation = $2 and p.expires_at > clock_timestamp())
         returning epoch::text`,
        [owner.pod, owner.incarnation, name],
      );
      const row = rows[0];
      if (row === undefined) return undefined;
      const epoch = Number(row.epoch);
      return { epoch, event: await record(client, { change: 'singleton-claimed', ...owner, singleton: name, epoch }) };
    });
  }

  async leaseSingleton(owner: Owner, name: string, leaseTtlMs: number): Promise<RoleLease> {
    const { rows } = await query<{ lease: LeaseRow }>(
      this.#pool,
      'select cp_lease_singleton($1, $2, $3, $4) as lease',
      [owner.pod, owner.incarnation, name, leaseTtlMs],
    );
    const [row] = rows;
    invariant(row !== undefined, 'the answer about a lease is one row');
    const { lease } = row;
    if (!lease.held) return lease;
    return { ...lease, event: lease.event === null ? undefined : storedRow(lease.event) };
  }

  async releaseSingleton(owner: Owner, name: string): Promise<ClusterEvent> {
    return this.#change(
      'update singletons set owner = null, incarnation = null where name = $1 and incarnation = $2',
      [name, owner.incarnation],
      { change: 'singleton-released', ...owner, singleton: name },
    );
  }

  async haltSymbol(
    symbol: string,
    epoch: number,
    reason: string | null,
    id: string,
    resumeReason?: string,
  ): Promise<boolean> {
    return transaction(this.#pool, async (client) => {
      const mine = await query(client, 'select from positions where symbol = $1 and epoch = $2 for update', [
        symbol,
        epoch,
      ]);
      if (mine.rowCount !== 1) return false;
      // Sent again after a lost answer: done already.
      const known = await query(client, 'select from journal where symbol = $1 and id = $2', [symbol, id]);
      if (known.rowCount === 1) return true;
      await query(
        client,
        `with halted as (
           update positions p set version = version + 1, halted_reason = $2,
             mode = case when $2::text is null then 'starting' else 'halted' end, updated_at = clock_timestamp()
           where p.symbol = $1
           returning symbol, version, quantity, cost, realized_pnl
         )
         insert into journal (symbol, seq, id, kind, at, quantity_after, cost_after, realized_after, body)
         select symbol, version, $3, 'mode', date_trunc('milliseconds', clock_timestamp()), quantity, cost, realized_pnl, $4
         from halted`,
        [symbol, reason, id, haltBody(reason, resumeReason)],
      );
      return true;
    });
  }

  /** One update or delete of one row and, when there was one, its event: one round trip. */
  async #change(statement: string, values: readonly unknown[], body: ClusterEventBody): Promise<ClusterEvent> {
    const { rows } = await query<EventRow>(
      this.#pool,
      `with changed as (${statement} returning 1)
       select cp_cluster_event($${values.length + 1}::jsonb) as event from changed`,
      [...values, JSON.stringify(body)],
    );
    return eventOf(rows);
  }
}

function eventOf(rows: readonly EventRow[]): ClusterEvent {
  return rows[0] === undefined ? undefined : storedRow(rows[0].event);
}

async function record(client: pg.PoolClient, body: ClusterEventBody): Promise<StoredRow> {
  const { rows } = await query<EventRow>(client, 'select cp_cluster_event($1) as event', [JSON.stringify(body)]);
  const [row] = rows;
  invariant(row !== undefined, 'an event is one row');
  return storedRow(row.event);
}

function claimedPosition(row: ClaimRow): ClaimedPosition {
  const { symbol, epoch, version, mode, regime, openedAt, pausedReason, haltedReason, state } = row;
  const durable: DurableState = {
    mode,
    regime,
    highWaterMark: optionalDecimal(row.highWaterMark),
    openedAt,
    pausedReason,
    haltedReason,
    actor: state ?? 'null',
  };
  return {
    symbol,
    epoch,
    version,
    position: {
      quantity: parseDecimal(row.quantity),
      cost: parseDecimal(row.cost),
      realizedPnl: parseDecimal(row.realizedPnl),
    },
    durable: state === null && haltedReason === null ? null : durable,
  };
}
