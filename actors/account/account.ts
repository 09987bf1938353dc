/**
 * The account: shared cash and portfolio risk. One owner in the cluster, fenced like a symbol. It keeps no speculative
 * state: every decision reads the locked account row, because entries are rare and truth is cheap.
 */
import { formatDecimal, fromNumber, maximum, multiply, ONE, type Units } from '../../domain/money.ts';
import { checkEntry, DEFAULT_RISK_SETTINGS, dayOf, sizeEntry } from '../../domain/risk.ts';
import { FencedError, type Reply, RetryableError, refuse } from '../../protocol/errors.ts';
import type { CashRequest, ControlRequest } from '../../protocol/messages.ts';
import type {
  AccountChange,
  AccountCommitResult,
  AccountPort,
  AccountState,
  EntryVerdict,
} from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from '../symbol/entry-ask.ts';
import type { EntryAccount } from './port.ts';

export interface AccountOptions {
  readonly ledger: AccountPort;
  readonly epoch: number;
  readonly limits: 'on' | 'off';
  /** Market time of the moment. */
  readonly now: () => number;
  /** Wall time, for rows that record what a person did. */
  readonly wallNow: () => number;
  readonly onFenced: () => void;
  /** Tells the world about a committed change. */
  readonly publish: (event: { id: string; seq: number; kind: string; at: number; body: unknown }) => void;
}

/** For a command that the ledger does not know; a repeated one gets its first answer. */
const LATE: AccountChange = { ok: false, code: 'EXPIRED', message: 'the deadline has passed: nothing was changed' };

export class AccountActor implements EntryAccount {
  readonly #options: AccountOptions;
  readonly #prices = new Map<string, number>();
  /** One decision at a time; the row lock orders this Pod's against everybody else's. */
  #tail: Promise<unknown> = Promise.resolve();
  #referenceDay: string | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /** The latest market price of a symbol. A new UTC day of market time fixes the day's reference equity. */
  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined {
    this.#prices.set(symbol, price);
    const day = dayOf(at);
    if (this.#referenceDay !== undefined && day <= this.#referenceDay) return undefined;
    return this.#inTurn(async () => {
      await this.#reference(day);
    });
  }

  /** `deadline`: wall time after which whoever asked does not wait any more; nothing is set aside for it then. */
  reserve(ask: EntryAsk, deadline = Number.POSITIVE_INFINITY): Promise<EntryVerdict> {
    return this.#inTurn(async () => {
      const day = dayOf(ask.at);
      await this.#reference(day);
      const verdict = await this.#options.ledger.reserve(
        this.#options.epoch,
        { id: ask.id, symbol: ask.symbol, at: ask.at },
        day,
        (state) => {
          if (this.#options.wallNow() > deadline) throw new RetryableError('nobody waits for this entry any more');
          return this.#decide(ask, state);
        },
      );
      if (verdict === 'fenced') throw this.#fenced();
      return verdict;
    });
  }

  async release(reservationId: string): Promise<void> {
    await this.#options.ledger.release(reservationId);
  }

  async get(): Promise<Reply> {
    return { ok: true, account: this.#view(await this.#options.ledger.read(this.#day())) };
  }

  deposit(request: CashRequest): Promise<Reply> {
    return this.#command(request, 'cash', `deposit|${request.amount}`, () => ({
      ok: true,
      cashDelta: request.amount,
      body: { command: 'deposit', amount: formatDecimal(request.amount), reason: request.reason ?? null },
    }));
  }

  withdraw(request: CashRequest): Promise<Reply> {
    return this.#command(request, 'cash', `withdraw|${request.amount}`, (state) => {
      const free = state.cash - state.reserved;
      if (request.amount > free) {
        return {
          ok: false,
          code: 'INSUFFICIENT',
          message: `only ${formatDecimal(free)} is free: the rest is reserved for orders or was spent`,
        };
      }
      return {
        ok: true,
        cashDelta: -request.amount,
        body: { command: 'withdraw', amount: formatDecimal(request.amount), reason: request.reason ?? null },
      };
    });
  }

  control(command: 'pause' | 'resume' | 'halt', request: ControlRequest): Promise<Reply> {
    return this.#command(request, 'risk', `${command}|${request.reason}`, () => ({
      ok: true,
      ...(command === 'pause' ? { pausedReason: request.reason } : {}),
      ...(command === 'halt' ? { haltedReason: request.reason } : {}),
      ...(command === 'resume' ? { pausedReason: null, haltedReason: null } : {}),
      body: { command, reason: request.reason, ...(request.by === undefined ? {} : { by: request.by }) },
    }));
  }

  async limits(): Promise<Reply> {
    const account = this.#view(await this.#options.ledger.read(this.#day()));
    return { ok: true, account, enforced: this.#options.limits === 'on', limits: { ...DEFAULT_RISK_SETTINGS } };
  }

  #decide(ask: EntryAsk, state: AccountState): EntryVerdict {
    const freeCash = maximum(state.cash - state.reserved, 0n);
    const exposure = this.#exposure(state);
    const referenceEquity = state.referenceEquity ?? state.cash + this.#heldAtMarket(state);
    const volatilityFactor = 1;
    const amount =
      ask.amount ?? sizeEntry({ referenceEquity, freeCash, exposure, regimeSize: ask.regimeSize, volatilityFactor });
    const occupied = new Set([
      ...state.positions.map((held) => held.symbol),
      ...state.reservations.map((reservation) => reservation.symbol),
    ]);
    const halted = state.haltedReason ?? ask.haltedReason;
    const paused = state.pausedReason ?? ask.pausedReason;
    const denied = checkEntry({
      symbol: ask.symbol,
      at: ask.at,
      amount,
      limits: this.#options.limits,
      ...(halted === null ? {} : { halted }),
      ...(paused === null ? {} : { paused }),
      counters: {
        day: dayOf(ask.at),
        realizedToday: state.day?.profit ?? 0n,
        entriesToday: state.day?.entries ?? 0,
        lossesInARow: state.lossesInRow,
        ...(state.cooldownFrom === null ? {} : { cooldownSince: state.cooldownFrom }),
      },
      occupiedSymbols: occupied.size,
      occupied: occupied.has(ask.symbol),
      ...(ask.lastEntryAt === null ? {} : { lastEntryDecisionAt: ask.lastEntryAt }),
      referenceEquity,
      freeCash,
      exposure,
      volatilityFactor,
      minimumNotional: ask.minimumNotional,
    });
    if (denied !== undefined) return { granted: false, denied };
    return { granted: true, amount, reserve: amount + (amount * ask.feeRate + ONE - 1n) / ONE };
  }

  async #reference(day: string): Promise<void> {
    if (this.#referenceDay !== undefined && day <= this.#referenceDay) return;
    const state = await this.#options.ledger.read(day);
    if (state.referenceDay === null || state.referenceDay < day) {
      await this.#options.ledger.setReference(this.#options.epoch, day, state.cash + this.#heldAtMarket(state));
    }
    this.#referenceDay = day;
  }

  async #command(
    { id, deadline }: { readonly id: string; readonly deadline?: number | undefined },
    kind: string,
    request: string,
    change: (state: AccountState) => AccountChange,
  ): Promise<Reply> {
    return this.#inTurn(async () => {
      const at = this.#options.wallNow();
      const result = await this.#options.ledger.apply(this.#options.epoch, { id, kind, request, at }, (state) =>
        deadline !== undefined && deadline < at ? LATE : change(state),
      );
      return this.#reply(result, { id, kind, request, at }, await this.#options.ledger.read(this.#day()));
    });
  }

  #reply(
    result: AccountCommitResult,
    command: { id: string; kind: string; request: string; at: number },
    state: AccountState,
  ): Reply {
    switch (result.type) {
      case 'fenced':
        throw this.#fenced();
      case 'refused':
        return refuse(result.code, result.message);
      case 'duplicate':
        if (result.request !== command.request) {
          return refuse(
            'INVALID',
            `id ${command.id} was used before for another command: give every command its own id`,
          );
        }
        return { ok: true, account: this.#view(state) };
      case 'committed':
        this.#options.publish({
          id: command.id,
          seq: result.seq,
          kind: command.kind,
          at: command.at,
          body: JSON.parse(result.body),
        });
        return { ok: true, account: this.#view(state) };
    }
  }

  #view(state: AccountState): Record<string, unknown> {
    const held = this.#heldAtMarket(state);
    return {
      cash: formatDecimal(state.cash),
      reserved: formatDecimal(state.reserved),
      equity: formatDecimal(state.cash + held),
      exposure: formatDecimal(this.#exposure(state)),
      referenceEquity: state.referenceEquity === null ? null : formatDecimal(state.referenceEquity),
      day: {
        day: state.day?.day ?? this.#day(),
        profit: formatDecimal(state.day?.profit ?? 0n),
        entries: state.day?.entries ?? 0,
        lossesInRow: state.lossesInRow,
      },
      paused: state.pausedReason,
      halted: state.haltedReason,
      deposits: formatDecimal(state.deposits),
      withdrawals: formatDecimal(state.withdrawals),
      version: state.version,
    };
  }

  #heldAtMarket(state: AccountState): Units {
    return state.positions.reduce((sum, held) => {
      const price = this.#prices.get(held.symbol);
      // Without a price the cost stands in: better than nothing, and never a guess upwards.
      return sum + (price === undefined ? held.cost : multiply(held.quantity, fromNumber(price)));
    }, 0n);
  }

  #exposure(state: AccountState): Units {
    return state.reservations.reduce((sum, reservation) => sum + reservation.remaining, this.#heldAtMarket(state));
  }

  #day(): string {
    return dayOf(this.#options.now());
  }

  #fenced(): Error {
    this.#options.onFenced();
    return new FencedError('another Pod owns the account now');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
