/**
 * Who owns what, by the database's clock. The lease is for liveness, the row is for safety: whatever is decided here,
 * a commit is accepted only under the epoch the row carries.
 */
import type pg from 'pg';
import { parseDecimal } from '../../domain/money.ts';
import type { DurableState } from '../../protocol/ports/ledger.ts';
import type { ClaimedPosition, Owner, OwnershipPort, PodRow, SymbolOwnership } from '../../protocol/ports/ownership.ts';
import { haltBody } from '../halt-body.ts';
import { query, transaction } from './connection.ts';
import { optionalDecimal } from './rows.ts';

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

  async register(owner: Owner, leaseTtlMs: number): Promise<void> {
    await query(
      this.#pool,
      `insert into pods (pod, incarnation, expires_at)
       values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       on conflict (pod) do update set incarnation = excluded.incarnation, expires_at = excluded.expires_at,
         draining = false, started_at = clock_timestamp(), heartbeat_at = clock_timestamp()`,
      [owner.pod, owner.incarnation, leaseTtlMs],
    );
  }

  async heartbeat(owner: Owner, leaseTtlMs: number): Promise<boolean> {
    // An expired lease is not renewed: others may have claimed meanwhile, so this Pod has to join and claim again.
    const { rowCount } = await query(
      this.#pool,
      `update pods set heartbeat_at = clock_timestamp(), expires_at = clock_timestamp() + $3 * interval '1 millisecond'
       where pod = $1 and incarnation = $2 and expires_at > clock_timestamp()`,
      [owner.pod, owner.incarnation, leaseTtlMs],
    );
    return rowCount === 1;
  }

  async setDraining(owner: Owner): Promise<void> {
    await query(this.#pool, 'update pods set draining = true where pod = $1 and incarnation = $2', [
      owner.pod,
      owner.incarnation,
    ]);
  }

  async leave(owner: Owner): Promise<void> {
    await query(this.#pool, 'delete from pods where pod = $1 and incarnation = $2', [owner.pod, owner.incarnation]);
  }

  async addSymbols(symbols: readonly string[]): Promise<void> {
    // Ordered, so that two Pods adding the same symbols can't deadlock.
    await query(
      this.#pool,
      `insert into positions (symbol) select distinct s from unnest($1::text[]) as s order by s
       on conflict (symbol) do update set removed = false where positions.removed`,
      [symbols],
    );
  }

  async removeSymbol(symbol: string): Promise<boolean> {
    return transaction(this.#pool, async (client) => {
      // Locked first: a commit on its way may be opening an order, and only a later statement sees it.
      await query(client, 'select from positions where symbol = $1 for update', [symbol]);
      const { rowCount } = await query(
        client,
        `update positions p set removed = true, owner = null, incarnation = null, epoch = epoch + 1
         where p.symbol = $1 and p.quantity = 0
           and not exists (select from orders o where o.symbol = p.symbol and o.status in ('pending', 'open', 'unknown'))`,
        [symbol],
      );
      return rowCount === 1;
    });
  }

  async claim(owner: Owner, symbols: readonly string[]): Promise<readonly ClaimedPosition[]> {
    return transaction(this.#pool, async (client) => {
      const { rows } = await query<ClaimRow>(
        client,
        `select symbol, epoch::text, version::text, quantity::text, cost::text, realized_pnl::text, mode, regime,
                high_water_mark::text, (extract(epoch from opened_at) * 1000)::float8 as opened_at_ms,
                paused_reason, halted_reason, state::text
         from cp_claim($1, $2, $3)`,
        [owner.pod, owner.incarnation, symbols],
      );
      if (rows.length > 0) {
        const claimed = rows.map((row) => ({ symbol: row.symbol, epoch: Number(row.epoch) }));
        await query(client, 'select cp_cluster_event($1, $2)', [
          'ownership',
          JSON.stringify({ pod: owner.pod, incarnation: owner.incarnation, claimed }),
        ]);
      }
      return rows.map(claimedPosition);
    });
  }

  async release(owner: Owner, symbols: readonly string[]): Promise<void> {
    await query(
      this.#pool,
      `with mine as (
         select symbol from positions where symbol = any ($2) and incarnation = $1 order by symbol for update
       )
       update positions p set owner = null, incarnation = null from mine where p.symbol = mine.symbol`,
      [owner.incarnation, symbols],
    );
  }

  async claimSingleton(owner: Owner, name: string): Promise<{ readonly epoch: number } | undefined> {
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
      return row === undefined ? undefined : { epoch: Number(row.epoch) };
    });
  }

  async pods(): Promise<readonly PodRow[]> {
    const { rows } = await query<PodRow>(
      this.#pool,
      `select pod, incarnation, draining, expires_at > clock_timestamp() as live,
              floor(extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as "heartbeatAgeMs",
              (select count(*)::integer from positions p where p.incarnation = pods.incarnation) as symbols
       from pods order by pod`,
    );
    return rows;
  }

  async symbols(): Promise<readonly SymbolOwnership[]> {
    const { rows } = await query<SymbolOwnership>(
      this.#pool,
      'select symbol, owner, epoch::float8 as epoch, mode from positions where not removed order by symbol',
    );
    return rows;
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
