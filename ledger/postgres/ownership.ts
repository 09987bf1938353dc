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
} from '../../protocol/ports/ownership.ts';
import { haltBody } from '../halt-body.ts';
import { query, transaction } from './connection.ts';
import { type JournalJson, optionalDecimal, storedRow } from './rows.ts';

interface ClaimRow {
  readonly symbol: string;
  readonly epoch: string;
  readonly version: string;
  readonly quantity: string;
  readonly cost: string;
  readonly realized_pnl: string;
  readonly mode: string;
  readonly regime: string | null;
  readonly high_water_mark: string | null;
  readonly opened_at_ms: number | null;
  readonly paused_reason: string | null;
  readonly halted_reason: string | null;
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

  async addSymbols(symbols: readonly string[]): Promise<ClusterEvent> {
    return transaction(this.#pool, async (client) => {
      // Ordered, so that two Pods adding the same symbols can't deadlock.
      const { rows } = await query<{ symbol: string }>(
        client,
        `insert into positions (symbol) select distinct s from unnest($1::text[]) as s order by s
         on conflict (symbol) do update set removed = false where positions.removed
         returning symbol`,
        [symbols],
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
      return { type: 'removed', event: await record(client, { change: 'removed', symbols: [symbol] }) };
    });
  }

  async claim(owner: Owner, symbols: readonly string[]): Promise<Claimed> {
    return transaction(this.#pool, async (client) => {
      const { rows } = await query<ClaimRow>(
        client,
        `select symbol, epoch::text, version::text, quantity::text, cost::text, realized_pnl::text, mode, regime,
                high_water_mark::text, (extract(epoch from opened_at) * 1000)::float8 as opened_at_ms,
                paused_reason, halted_reason, state::text
         from cp_claim($1, $2, $3)`,
        [owner.pod, owner.incarnation, symbols],
      );
      if (rows.length === 0) return { positions: [], event: undefined };
      const claimed = rows.map((row) => ({ symbol: row.symbol, epoch: Number(row.epoch) }));
      const event = await record(client, { change: 'claimed', ...owner, claimed });
      return { positions: rows.map(claimedPosition), event };
    });
  }

  async release(owner: Owner, symbols: readonly string[]): Promise<ClusterEvent> {
    return transaction(this.#pool, async (client) => {
      const { rows } = await query<{ symbol: string }>(
        client,
        `with mine as (
           select symbol from positions where symbol = any ($2) and incarnation = $1 order by symbol for update
         )
         update positions p set owner = null, incarnation = null from mine where p.symbol = mine.symbol
         returning p.symbol`,
        [owner.incarnation, symbols],
      );
      if (rows.length === 0) return undefined;
      return record(client, { change: 'released', ...owner, symbols: rows.map((row) => row.symbol) });
    });
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

  /** One statement and, when it changed a row, its event. */
  #change(statement: string, values: readonly unknown[], body: ClusterEventBody): Promise<ClusterEvent> {
    return transaction(this.#pool, async (client) => {
      const { rowCount } = await query(client, statement, values);
      return rowCount === 0 ? undefined : record(client, body);
    });
  }
}

async function record(client: pg.PoolClient, body: ClusterEventBody): Promise<StoredRow> {
  const { rows } = await query<{ event: JournalJson }>(client, 'select cp_cluster_event($1) as event', [
    JSON.stringify(body),
  ]);
  const [row] = rows;
  invariant(row !== undefined, 'an event is one row');
  return storedRow(row.event);
}

function claimedPosition(row: ClaimRow): ClaimedPosition {
  const durable: DurableState = {
    mode: row.mode,
    regime: row.regime,
    highWaterMark: optionalDecimal(row.high_water_mark),
    openedAt: row.opened_at_ms,
    pausedReason: row.paused_reason,
    haltedReason: row.halted_reason,
    actor: row.state ?? 'null',
  };
  return {
    symbol: row.symbol,
    epoch: Number(row.epoch),
    version: Number(row.version),
    position: {
      quantity: parseDecimal(row.quantity),
      cost: parseDecimal(row.cost),
      realizedPnl: parseDecimal(row.realized_pnl),
    },
    durable: row.state === null && row.halted_reason === null ? null : durable,
  };
}
