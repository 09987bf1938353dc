/** The account in memory. A decision runs between two awaits, as the Postgres one runs under the row's lock. */
import { invariant } from '../../domain/invariant.ts';
import { maximum, minimum, type Units } from '../../domain/money.ts';
import { FLAT } from '../../domain/position.ts';
import { dayOf } from '../../domain/risk.ts';
import type {
  AccountChange,
  AccountCommandInput,
  AccountCommitResult,
  AccountPort,
  AccountState,
  EntryRequest,
  EntryVerdict,
  EquitySnapshot,
  Reservation,
} from '../../protocol/ports/ledger.ts';
import { alreadyUsed } from '../reservation.ts';
import type { MemoryDatabase } from './memory-database.ts';

const STREAM = 'account';

export class MemoryAccount implements AccountPort {
  readonly #database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async read(day: string): Promise<AccountState> {
    return this.#state(day);
  }

  async apply(
    epoch: number,
    command: AccountCommandInput,
    change: (state: AccountState) => AccountChange,
  ): Promise<AccountCommitResult> {
    if (!this.#owns(epoch)) return { type: 'fenced' };
    const { account, journal } = this.#database;
    const day = dayOf(command.at);
    const known = journal.find(STREAM, command.id);
    if (known !== undefined) {
      return { type: 'duplicate', request: known.request, body: known.body ?? '', state: this.#state(day) };
    }
    const next = change(this.#state(day));
    if (!next.ok) return { type: 'refused', code: next.code, message: next.message };

    const cashDelta = next.cashDelta ?? 0n;
    const cash = account.cash + cashDelta;
    // A deficit that a venue proved may be there, and may be paid back in parts; a command never makes one.
    invariant(cash >= 0n || (account.cash < 0n && cash < 0n), 'a command never takes cash below zero');
    account.cash = cash;
    account.deposits += maximum(cashDelta, 0n);
    account.withdrawals -= minimum(cashDelta, 0n);
    if (next.pausedReason !== undefined) account.pausedReason = next.pausedReason;
    if (next.haltedReason !== undefined) account.haltedReason = next.haltedReason;
    if (next.limits !== undefined) account.limits = next.limits;
    if (next.flatten !== undefined) account.flatten = next.flatten;
    if (command.releasesHeld) for (const id of this.#database.reservations.keys()) this.#release(id);
    account.version += 1;
    const body = JSON.stringify(next.body);
    journal.append({
      symbol: STREAM,
      seq: account.version,
      id: command.id,
      kind: command.kind,
      at: command.at,
      fill: null,
      orderId: null,
      positionAfter: FLAT,
      request: command.request,
      body,
    });
    return { type: 'committed', state: this.#state(day), seq: account.version, body };
  }

  async reserve(
    epoch: number,
    request: EntryRequest,
    day: string,
    decide: (state: AccountState) => EntryVerdict,
  ): Promise<EntryVerdict | 'fenced'> {
    if (!this.#owns(epoch)) return 'fenced';
    const { account, reservations } = this.#database;
    const stored = reservations.get(request.id);
    if (stored?.status === 'used' || stored?.status === 'settled') return alreadyUsed(request, stored.status);

    // Asked twice (the answer was lost): the decision is made again as if the first reservation were not there.
    // A symbol has one entry at a time: what else is held for it was left by a question that came too late.
    const held = [...reservations.values()].filter(
      ({ id, symbol, status }) => status === 'held' && (id === request.id || symbol === request.symbol),
    );
    const ids = new Set(held.map(({ id }) => id));
    const state = this.#state(day);
    const others = {
      ...state,
      reserved: state.reserved - held.reduce((sum, { remaining }) => sum + remaining, 0n),
      reservations: state.reservations.filter(({ id }) => !ids.has(id)),
    };
    const verdict = decide(others);
    if (!verdict.granted && held.length === 0) return verdict;
    for (const stale of held) if (stale.id !== request.id) Object.assign(stale, { remaining: 0n, status: 'released' });
    const remaining = verdict.granted ? verdict.reserve : 0n;
    invariant(remaining >= 0n, 'a reservation never goes below zero');
    const status = verdict.granted ? 'held' : 'released';
    const limits = verdict.granted ? verdict.limits : undefined;
    if (stored === undefined)
      reservations.set(request.id, { id: request.id, symbol: request.symbol, remaining, status, limits });
    else Object.assign(stored, { remaining, status, limits });
    account.reserved = others.reserved + remaining;
    return verdict;
  }

  async release(id: string): Promise<void> {
    this.#release(id);
  }

  #release(id: string): void {
    const { account, reservations } = this.#database;
    const stored = reservations.get(id);
    if (stored?.status !== 'held') return;
    account.reserved -= stored.remaining;
    stored.remaining = 0n;
    stored.status = 'released';
  }

  async setReference(epoch: number, day: string, equity: Units): Promise<void> {
    const { account } = this.#database;
    if (!this.#owns(epoch) || (account.referenceDay !== null && account.referenceDay >= day)) return;
    account.referenceEquity = equity;
    account.referenceDay = day;
    account.referenceNetDeposits = account.deposits - account.withdrawals;
  }

  async recordEquity(epoch: number, point: EquitySnapshot): Promise<void> {
    const { equity } = this.#database;
    if (this.#owns(epoch) && !equity.has(point.at)) equity.set(point.at, point);
  }

  async setLossesInARowMax(epoch: number, count: number): Promise<void> {
    if (this.#owns(epoch)) this.#database.lossesInARowMax = count;
  }

  #owns(epoch: number): boolean {
    return (this.#database.singletons.get(STREAM)?.epoch ?? 0) === epoch;
  }

  #state(day: string): AccountState {
    const { account, positions, riskDays } = this.#database;
    const counted = riskDays.get(day);
    return {
      ...account,
      day: counted === undefined ? null : { day, ...counted },
      positions: [...positions.values()]
        .filter(({ position }) => position.quantity > 0n)
        .map(({ symbol, position: { quantity, cost } }) => ({ symbol, quantity, cost }))
        .sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
      reservations: openReservations(this.#database),
    };
  }
}

/** Reservations that still set cash aside, by id. */
export function openReservations(database: MemoryDatabase): Reservation[] {
  const open: Reservation[] = [];
  for (const { id, symbol, remaining, status } of database.reservations.values()) {
    if (status === 'held' || status === 'used') open.push({ id, symbol, remaining, status });
  }
  return open.sort((a, b) => (a.id < b.id ? -1 : 1));
}
