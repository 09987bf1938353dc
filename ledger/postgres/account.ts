/**
 * The account under its row lock. The caller's decision (a pure domain function) runs between the locked read and the
 * write, on the connection's own transaction: no network call but the database's, never a stale number.
 */
import type pg from 'pg';
import { formatDecimal, parseDecimal, type Units } from '../../domain/money.ts';
import type { RiskSettings } from '../../domain/risk.ts';
import type {
  AccountChange,
  AccountCommandInput,
  AccountCommitResult,
  AccountPort,
  AccountState,
  EntryRequest,
  EntryVerdict,
  EquitySnapshot,
  FlattenOrder,
  IntentLimits,
} from '../../protocol/ports/ledger.ts';
import { alreadyUsed, type ReservationStatus } from '../reservation.ts';
import { query, transaction } from './connection.ts';
import { optionalDecimal } from './rows.ts';

interface AccountRow {
  readonly cash: string;
  readonly reserved: string;
  readonly deposits: string;
  readonly withdrawals: string;
  readonly version: string;
  readonly paused_reason: string | null;
  readonly halted_reason: string | null;
  readonly losses_in_row: number;
  readonly cooldown_from_ms: number | null;
  readonly reference_equity: string | null;
  readonly reference_day: string | null;
  readonly reference_net_deposits: string | null;
  readonly day_profit: string | null;
  readonly day_entries: number | null;
  readonly positions: { symbol: string; quantity: string; cost: string }[];
  readonly limits: Partial<RiskSettings>;
  readonly flatten: FlattenOrder | null;
  readonly reservations: { id: string; symbol: string; remaining: string; status: 'held' | 'used' }[];
}

/** Everything in one statement, so that a plain read is one consistent picture too. */
const SELECT_ACCOUNT = `
  select a.cash::text, a.reserved::text, a.deposits::text, a.withdrawals::text, a.version::text, a.paused_reason,
         a.halted_reason, a.losses_in_row, (extract(epoch from a.cooldown_from) * 1000)::float8 as cooldown_from_ms,
         a.reference_equity::text, a.reference_day::text, a.reference_net_deposits::text, a.limits, a.flatten,
         d.profit::text as day_profit, d.entries as day_entries,
         coalesce((select jsonb_agg(jsonb_build_object('symbol', p.symbol, 'quantity', p.quantity::text,
                                                       'cost', p.cost::text) order by p.symbol)
                   from positions p where p.held), '[]') as positions,
         coalesce((select jsonb_agg(jsonb_build_object('id', r.id, 'symbol', r.symbol, 'remaining', r.remaining::text,
                                                       'status', r.status) order by r.id)
                   from reservations r where r.status in ('held', 'used')), '[]') as reservations
  from account a left join risk_days d on d.day = $1::date`;

export class PostgresAccount implements AccountPort {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async read(day: string): Promise<AccountState> {
    const { rows } = await query<AccountRow>(this.#pool, SELECT_ACCOUNT, [day]);
    return accountState(rows[0], day);
  }

  async apply(
    epoch: number,
    command: AccountCommandInput,
    change: (state: AccountState) => AccountChange,
  ): Promise<AccountCommitResult> {
    const day = new Date(command.at).toISOString().slice(0, 10);
    return transaction(this.#pool, async (client) => {
      if (!(await ownsAccount(client, epoch))) return { type: 'fenced' };
      // Before the account, as every commit locks them.
      if (command.releasesHeld)
        await query(client, `select from reservations where status = 'held' order by id for update`);
      const state = await lockedState(client, day);
      const known = await query<{ request: string | null; body: string }>(
        client,
        `select request, body from journal where symbol = 'account' and id = $1`,
        [command.id],
      );
      const stored = known.rows[0];
      if (stored !== undefined) return { type: 'duplicate', request: stored.request, body: stored.body, state };

      const next = change(state);
      if (!next.ok) return { type: 'refused', code: next.code, message: next.message };
      const cashDelta = next.cashDelta ?? 0n;
      const body = JSON.stringify(next.body);
      if (command.releasesHeld) await query(client, RELEASE_HELD);
      const { rows } = await query<{ version: string }>(
        client,
        `update account set version = version + 1, cash = cash + $1::numeric,
           deposits = deposits + greatest($1::numeric, 0), withdrawals = withdrawals - least($1::numeric, 0),
           paused_reason = $2, halted_reason = $3, limits = $4, flatten = $5, deficit = deficit and cash + $1::numeric < 0
         returning version::text`,
        [
          formatDecimal(cashDelta),
          next.pausedReason === undefined ? state.pausedReason : next.pausedReason,
          next.haltedReason === undefined ? state.haltedReason : next.haltedReason,
          JSON.stringify(next.limits ?? state.limits),
          jsonOrNull(next.flatten === undefined ? state.flatten : next.flatten),
        ],
      );
      const seq = Number(rows[0]?.version);
      await query(
        client,
        `insert into journal (symbol, seq, id, kind, at, notional, request, body)
         values ('account', $1, $2, $3, timestamptz 'epoch' + $4 * interval '1 millisecond', $5, $6, $7)`,
        [seq, command.id, command.kind, command.at, formatDecimal(cashDelta), command.request, body],
      );
      const after = await query<AccountRow>(client, SELECT_ACCOUNT, [day]);
      return { type: 'committed', state: accountState(after.rows[0], day), seq, body };
    });
  }

  async reserve(
    epoch: number,
    request: EntryRequest,
    day: string,
    decide: (state: AccountState) => EntryVerdict,
  ): Promise<EntryVerdict | 'fenced'> {
    return transaction(this.#pool, async (client) => {
      if (!(await ownsAccount(client, epoch))) return 'fenced';
      // Before the account, as every commit locks them.
      const known = await query<{ id: string; remaining: string; status: ReservationStatus }>(
        client,
        `select id, remaining::text, status from reservations
         where id = $1 or (symbol = $2 and status = 'held') order by id for update`,
        [request.id, request.symbol],
      );
      const stored = known.rows.find(({ id }) => id === request.id);
      // A symbol has one entry at a time: what else is held for it was left by a question that came too late.
      const stale = known.rows.filter(({ id }) => id !== request.id);
      if (stored?.status === 'used' || stored?.status === 'settled') return alreadyUsed(request, stored.status);

      const state = await lockedState(client, day);
      // Asked twice (the answer was lost): the decision is made again as if the first reservation were not there.
      const held = known.rows.filter(({ status }) => status === 'held');
      const ids = new Set(held.map(({ id }) => id));
      const others = {
        ...state,
        reserved: state.reserved - held.reduce((sum, { remaining }) => sum + parseDecimal(remaining), 0n),
        reservations: state.reservations.filter(({ id }) => !ids.has(id)),
      };
      const verdict = decide(others);
      if (!verdict.granted && held.length === 0) return verdict;
      await query(client, `update reservations set status = 'released', remaining = 0 where id = any ($1)`, [
        stale.map(({ id }) => id),
      ]);
      const reserve = verdict.granted ? verdict.reserve : 0n;
      await query(
        client,
        `insert into reservations (id, symbol, amount, remaining, status, limits) values ($1, $2, $3, $3, $4, $5)
         on conflict (id) do update set amount = excluded.amount, remaining = excluded.remaining, status = excluded.status,
           limits = excluded.limits`,
        [
          request.id,
          request.symbol,
          formatDecimal(reserve),
          verdict.granted ? 'held' : 'released',
          verdict.granted ? limitsJson(verdict.limits) : null,
        ],
      );
      await query(client, 'update account set reserved = $1', [formatDecimal(others.reserved + reserve)]);
      return verdict;
    });
  }

  async release(id: string): Promise<void> {
    await transaction(this.#pool, async (client) => {
      const { rows } = await query<{ remaining: string }>(
        client,
        `update reservations r set status = 'released', remaining = 0
         from (select id, remaining from reservations where id = $1 and status = 'held' for update) as held
         where r.id = held.id returning held.remaining::text as remaining`,
        [id],
      );
      const remaining = rows[0]?.remaining;
      if (remaining !== undefined) {
        await query(client, 'update account set reserved = reserved - $1::numeric', [remaining]);
      }
    });
  }

  async setReference(epoch: number, day: string, equity: Units): Promise<void> {
    await transaction(this.#pool, async (client) => {
      if (!(await ownsAccount(client, epoch))) return;
      await query(
        client,
        `update account set reference_equity = $1, reference_day = $2::date, reference_net_deposits = deposits - withdrawals
         where reference_day is null or reference_day < $2::date`,
        [formatDecimal(equity), day],
      );
    });
  }

  async recordEquity(epoch: number, { at, cash, equity }: EquitySnapshot): Promise<void> {
    await transaction(this.#pool, async (client) => {
      if (!(await ownsAccount(client, epoch))) return;
      await query(
        client,
        `insert into equity (at, cash, equity) values (timestamptz 'epoch' + $1 * interval '1 millisecond', $2, $3)
         on conflict (at) do nothing`,
        [at, formatDecimal(cash), formatDecimal(equity)],
      );
    });
  }

  async setLossesInARowMax(epoch: number, count: number): Promise<void> {
    await transaction(this.#pool, async (client) => {
      if (!(await ownsAccount(client, epoch))) return;
      await query(client, 'update account set losses_in_row_max = $1 where losses_in_row_max <> $1', [count]);
    });
  }
}

/** What was set aside and is not in use yet is free again. */
const RELEASE_HELD = `
  with released as (
    update reservations r set status = 'released', remaining = 0
    from (select id, remaining from reservations where status = 'held') as held
    where r.id = held.id returning held.remaining
  )
  update account set reserved = reserved - (select coalesce(sum(remaining), 0) from released)`;

function limitsJson(limits: IntentLimits | undefined): string | null {
  return limits === undefined ? null : JSON.stringify({ ...limits, dailyLossMax: formatDecimal(limits.dailyLossMax) });
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Whether this epoch still owns the account. The row stays locked: a claim waits, and so does another decision. */
async function ownsAccount(client: pg.PoolClient, epoch: number): Promise<boolean> {
  const mine = await query(client, `select from singletons where name = 'account' and epoch = $1 for update`, [epoch]);
  return mine.rowCount === 1;
}

async function lockedState(client: pg.PoolClient, day: string): Promise<AccountState> {
  await query(client, 'select from account for update');
  // A statement of its own: its snapshot is newer than the lock.
  const { rows } = await query<AccountRow>(client, SELECT_ACCOUNT, [day]);
  return accountState(rows[0], day);
}

function accountState(row: AccountRow | undefined, day: string): AccountState {
  if (row === undefined) throw new Error('the account row is missing: was the database migrated?');
  return {
    cash: parseDecimal(row.cash),
    reserved: parseDecimal(row.reserved),
    deposits: parseDecimal(row.deposits),
    withdrawals: parseDecimal(row.withdrawals),
    version: Number(row.version),
    pausedReason: row.paused_reason,
    haltedReason: row.halted_reason,
    limits: row.limits,
    flatten: row.flatten,
    lossesInRow: row.losses_in_row,
    cooldownFrom: row.cooldown_from_ms,
    referenceEquity: optionalDecimal(row.reference_equity),
    referenceDay: row.reference_day,
    referenceNetDeposits: optionalDecimal(row.reference_net_deposits),
    day:
      row.day_entries === null ? null : { day, profit: parseDecimal(row.day_profit ?? '0'), entries: row.day_entries },
    positions: row.positions.map((held) => ({
      symbol: held.symbol,
      quantity: parseDecimal(held.quantity),
      cost: parseDecimal(held.cost),
    })),
    reservations: row.reservations.map((reservation) => ({
      ...reservation,
      remaining: parseDecimal(reservation.remaining),
    })),
  };
}
