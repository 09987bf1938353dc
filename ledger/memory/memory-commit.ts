/**
 * The commit in memory: the outcomes of `cp_commit`, in the same order of checks (fence, known ids, cash, reservations),
 * each group for itself. Everything is decided on copies and written at the end, so that a broken rule writes nothing.
 */
import { invariant } from '../../domain/invariant.ts';
import type { Units } from '../../domain/money.ts';
import { afterTrade, DEFAULT_RISK_SETTINGS } from '../../domain/risk.ts';
import type {
  CommitGroup,
  CommitPort,
  GroupOutcome,
  ReservationChange,
  RiskChange,
} from '../../protocol/ports/ledger.ts';
import type { ReservationStatus } from '../reservation.ts';
import { intentRefusal } from './intent-refusal.ts';
import type { MemoryDatabase } from './memory-database.ts';

const COMMITTED: GroupOutcome = { type: 'committed' };
const FENCED: GroupOutcome = { type: 'fenced' };
const DEFICIT = 'cash deficit after a fill the venue proved';

interface PlannedReservation {
  remaining: Units;
  status: ReservationStatus;
}

/** What the accepted groups so far do to what they share. */
interface Plan {
  cash: Units;
  reserved: Units;
  readonly reservations: Map<string, PlannedReservation>;
}

export class MemoryCommit implements CommitPort {
  readonly #database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async commit(groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]> {
    const { account } = this.#database;
    const plan: Plan = { cash: account.cash, reserved: account.reserved, reservations: new Map() };
    const outcomes = groups.map((group) => this.#decide(group, plan));
    const accepted = groups.filter((_, index) => outcomes[index] === COMMITTED);
    checkRules(accepted, plan);
    for (const group of accepted) this.#write(group);
    if (accepted.length > 0) this.#writeAccount(plan);
    return outcomes;
  }

  #decide(group: CommitGroup, plan: Plan): GroupOutcome {
    const row = this.#database.positions.get(group.symbol);
    if (row === undefined || row.epoch !== group.epoch || row.version !== group.expectedVersion) return FENCED;

    const { journal } = this.#database;
    const known = group.rows.flatMap(({ id }) => journal.find(group.symbol, id) ?? []);
    if (known.length > 0) return { type: 'duplicate', rows: known.toSorted((a, b) => a.seq - b.seq) };

    const freeCash = plan.cash - plan.reserved;
    if (group.cashNeeded > 0n && freeCash < group.cashNeeded) return { type: 'insufficient', freeCash };

    const refusal = this.#refuseUse(group, plan);
    if (refusal !== undefined) return refusal;

    for (const change of group.reservations) this.#plan(change, plan);
    plan.cash += group.cashDelta;
    return COMMITTED;
  }

  #refuseUse({ symbol, reservations: changes }: CommitGroup, plan: Plan): GroupOutcome | undefined {
    const { haltedReason, pausedReason } = this.#database.account;
    for (const change of changes) {
      if (change.action !== 'use') continue;
      if (this.#reservation(change.id, plan)?.status !== 'held') {
        return { type: 'refused', code: 'EXPIRED', reason: 'the reservation was released' };
      }
      if (haltedReason !== null) return { type: 'refused', code: 'HALTED', reason: haltedReason };
      if (pausedReason !== null) return { type: 'refused', code: 'PAUSED', reason: pausedReason };
      const { limits } = this.#database.reservations.get(change.id) ?? {};
      const refusal = intentRefusal(limits, this.#database, this.#occupied(symbol, plan));
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Other symbols with a position or an open entry. */
  #occupied(symbol: string, plan: Plan): number {
    const taken = new Set<string>();
    for (const row of this.#database.positions.values()) if (row.position.quantity > 0n) taken.add(row.symbol);
    for (const { id, symbol: reservedFor } of this.#database.reservations.values()) {
      const status = this.#reservation(id, plan)?.status;
      if (status === 'held' || status === 'used') taken.add(reservedFor);
    }
    taken.delete(symbol);
    return taken.size;
  }

  #plan(change: ReservationChange, plan: Plan): void {
    const current = this.#reservation(change.id, plan);
    if (current === undefined) return;
    if (change.action === 'use') {
      plan.reservations.set(change.id, { ...current, status: 'used' });
    } else if (current.status === 'used') {
      const status = change.final ? 'settled' : 'used';
      plan.reservations.set(change.id, { remaining: change.remaining, status });
      plan.reserved += change.remaining - current.remaining;
    }
  }

  /** The reservation as the groups before this one leave it. */
  #reservation(id: string, plan: Plan): PlannedReservation | undefined {
    return plan.reservations.get(id) ?? this.#database.reservations.get(id);
  }

  #write(group: CommitGroup): void {
    const { journal, positions, orders } = this.#database;
    const row = positions.get(group.symbol);
    invariant(row !== undefined, 'an accepted group has a row');
    for (const change of group.rows) {
      row.version += 1;
      journal.append({ ...change, symbol: group.symbol, seq: row.version });
    }
    row.position = group.positionAfter;
    if (group.durableAfter !== null) {
      row.durable = group.durableAfter;
      row.mode = group.durableAfter.mode;
      row.haltedReason = group.durableAfter.haltedReason;
    }
    for (const order of group.orders) {
      const { status, filledQuantity, filledNotional, fees, reason } = order;
      const known = orders.get(order.clientOrderId);
      // What was ordered never changes; deleted first, so that the latest change is the last in the map.
      orders.delete(order.clientOrderId);
      if (known === undefined) {
        orders.set(order.clientOrderId, { ...order, symbol: group.symbol });
        continue;
      }
      const { reason: _, ...ordered } = known;
      orders.set(order.clientOrderId, {
        ...ordered,
        status,
        filledQuantity,
        filledNotional,
        fees,
        ...(reason === undefined ? {} : { reason }),
      });
    }
    const { funnel } = this.#database;
    for (const { key, count } of group.funnel) funnel.set(key, (funnel.get(key) ?? 0) + count);
    if (group.risk !== null) this.#count(group.risk);
  }

  #count({ day, profit, entries, closed }: RiskChange): void {
    const { account, riskDays } = this.#database;
    const counted = riskDays.get(day) ?? { profit: 0n, entries: 0 };
    riskDays.set(day, { profit: counted.profit + profit, entries: counted.entries + entries });
    for (const trade of closed) {
      const after = afterTrade(
        {
          day,
          realizedToday: 0n,
          entriesToday: 0,
          lossesInARow: account.lossesInRow,
          ...(account.cooldownFrom === null ? {} : { cooldownSince: account.cooldownFrom }),
        },
        trade.profit,
        trade.at,
        { ...DEFAULT_RISK_SETTINGS, lossesInARowMax: this.#database.lossesInARowMax },
      );
      account.lossesInRow = after.lossesInARow;
      account.cooldownFrom = after.cooldownSince ?? null;
    }
  }

  #writeAccount(plan: Plan): void {
    const { account, reservations } = this.#database;
    for (const [id, planned] of plan.reservations) {
      const stored = reservations.get(id);
      invariant(stored !== undefined, 'a changed reservation exists');
      stored.remaining = planned.remaining;
      stored.status = planned.status;
    }
    const deepensDeficit = plan.cash < 0n && plan.cash < account.cash;
    account.cash = plan.cash;
    account.reserved = plan.reserved;
    // Below zero only a fill the venue proves can bring it: then entries halt.
    if (deepensDeficit) account.haltedReason ??= DEFICIT;
  }
}

/** What the schema's constraints refuse: a broken rule is a programmer error, and nothing of the batch is written. */
function checkRules(accepted: readonly CommitGroup[], plan: Plan): void {
  invariant(new Set(accepted.map(({ symbol }) => symbol)).size === accepted.length, 'a batch holds a symbol once');
  for (const { positionAfter, rows } of accepted) {
    invariant(positionAfter.quantity >= 0n && positionAfter.cost >= 0n, 'quantity and cost never go below zero');
    invariant(new Set(rows.map(({ id }) => id)).size === rows.length, 'an id is accepted once per stream');
  }
  invariant(plan.reserved >= 0n, 'the reserved sum never goes below zero');
  for (const { remaining } of plan.reservations.values()) {
    invariant(remaining >= 0n, 'a reservation never goes below zero');
  }
}
