/**
 * The account: shared cash and portfolio risk. One owner in the cluster, fenced like a symbol. It keeps no speculative
 * state: every decision reads the locked account row, because entries are rare and truth is cheap.
 */
import { formatDecimal, fromNumber, multiply, type Units } from '../../domain/money.ts';
import { DEFAULT_RISK_SETTINGS, dayOf, type RiskSettings } from '../../domain/risk.ts';
import { FencedError, type Reply, RetryableError, refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import type { CashRequest, ControlRequest, LimitsRequest } from '../../protocol/messages.ts';
import type {
  AccountChange,
  AccountCommandInput,
  AccountPort,
  AccountState,
  EntryVerdict,
  FlattenOrder,
} from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from '../symbol/entry-ask.ts';
import { decideEntry, occupiedSymbols, type Surroundings } from './decide.ts';
import { readLimits, withoutNulls } from './limits.ts';
import type { EntryAccount } from './port.ts';
import { accountView } from './view.ts';

export interface AccountOptions {
  readonly ledger: AccountPort;
  readonly epoch: number;
  readonly limits: 'on' | 'off';
  /** The limits this engine is configured with; a person may set others (`setLimits`). */
  readonly settings?: RiskSettings;
  /** Market time of the moment. */
  readonly now: () => number;
  /** Wall time, for rows that record what a person did. */
  readonly wallNow: () => number;
  readonly onFenced: () => void;
  /** How often the equity is stored for the curve, in market time; never without it. */
  readonly equityEveryMs?: number;
  /** What went wrong beside the commands: nobody waits for it. */
  readonly onProblem?: (error: unknown, what: string) => void;
  /** Tells the world about a committed change. */
  readonly publish: (event: { id: string; seq: number; kind: string; at: number; body: unknown }) => void;
}

/** What is told after a command, from the state it left and from what is stored of it. */
type Answer = (state: AccountState, body: Readonly<Record<string, unknown>>) => Promise<Reply>;

/** For a command that the ledger does not know; a repeated one gets its first answer. */
const LATE: AccountChange = { ok: false, code: 'EXPIRED', message: 'the deadline has passed: nothing was changed' };

export class AccountActor implements EntryAccount {
  readonly #options: AccountOptions;
  readonly #prices = new Map<string, number>();
  /** One decision at a time; the row lock orders this Pod's against everybody else's. */
  #tail: Promise<unknown> = Promise.resolve();
  #referenceDay: string | undefined;
  #equitySlot: number | undefined;
  #isRecording = false;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /** The latest market price of a symbol. A new UTC day of market time fixes the day's reference equity. */
  observePrice(symbol: string, price: number, at: number): Promise<void> | undefined {
    this.#prices.set(symbol, price);
    this.#recordEquity(at);
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
          return decideEntry(ask, state, this.#surroundings(state));
        },
      );
      if (verdict === 'fenced') throw this.#fenced();
      if (!verdict.granted) return verdict;
      // By what it is judged again is between account and ledger.
      const { granted, amount, reserve } = verdict;
      return { granted, amount, reserve };
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
    const state = await this.#options.ledger.read(this.#day());
    return this.#limitsReply(this.#view(state), state);
  }

  /**
   * Sets limits for every Pod from the next decision on; null goes back to what the engine is configured with. An entry that
   * was granted under the old ones and is not on record yet is not made.
   */
  setLimits(request: LimitsRequest): Promise<Reply> {
    const { reason, by } = request;
    const read = readLimits(request.limits);
    if ('problem' in read) return Promise.resolve(refuse('INVALID', read.problem));
    const { changes } = read;
    return this.#command(
      { ...request, releasesHeld: true },
      'risk',
      `limits|${reason}|${JSON.stringify(changes)}`,
      (state) => ({
        ok: true,
        limits: withoutNulls({ ...state.limits, ...changes }),
        body: { command: 'limits', reason, ...(by === undefined ? {} : { by }), limits: changes },
      }),
      async (state) => {
        await this.#adopt(state);
        return this.#limitsReply(this.#view(state), state);
      },
    );
  }

  /** Takes note of the limits that hold, at the beginning of a life: commits apply one of them by themselves. */
  async begin(): Promise<void> {
    await this.#adopt(await this.#options.ledger.read(this.#day()));
  }

  /**
   * Entries pause, and everything that is held or about to be is to be sold. The account remembers what is not done yet;
   * telling the symbols is up to whoever owns it (`unfinishedFlatten`, `flattened`).
   */
  async flatten(request: ControlRequest): Promise<Reply> {
    const { id, reason, by } = request;
    const paused = await this.control('pause', { ...request, id: contentId('flatten pauses', id) });
    if (!paused.ok) return paused;
    const named = by === undefined ? {} : { by };
    return this.#command(
      request,
      'risk',
      `flatten|${reason}`,
      (state) => {
        const symbols = [...occupiedSymbols(state)].sort();
        const flatten = symbols.length === 0 ? null : { id, reason, ...named, symbols };
        return { ok: true, flatten, body: { command: 'flatten', reason, ...named, symbols } };
      },
      async (state, body) => ({ ok: true, account: this.#view(state), symbols: body.symbols }),
    );
  }

  async unfinishedFlatten(): Promise<FlattenOrder | null> {
    return (await this.#options.ledger.read(this.#day())).flatten;
  }

  /** Every symbol of it has answered; `refused` holds those that could not do it, with their reason. */
  async flattened({ id, reason }: FlattenOrder, refused: Readonly<Record<string, string>>): Promise<void> {
    await this.#command({ id: contentId('flattened', id) }, 'risk', 'flattened', (state) => ({
      ok: true,
      flatten: state.flatten?.id === id ? null : state.flatten,
      body: { command: 'flattened', reason, refused },
    }));
  }

  /** At most one is under way: a market that runs faster than the ledger leaves moments out, and waits for none. */
  #recordEquity(at: number): void {
    const { equityEveryMs, ledger, epoch, onProblem } = this.#options;
    if (equityEveryMs === undefined || this.#isRecording) return;
    const slot = Math.floor(at / equityEveryMs);
    if (slot === this.#equitySlot) return;
    this.#equitySlot = slot;
    this.#isRecording = true;
    this.#inTurn(async () => {
      const state = await ledger.read(dayOf(at));
      await ledger.recordEquity(epoch, { at, cash: state.cash, equity: state.cash + this.#heldAtMarket(state) });
    })
      .catch((error: unknown) => onProblem?.(error, 'the equity of the moment could not be stored'))
      .finally(() => {
        this.#isRecording = false;
      });
  }

  async #adopt(state: AccountState): Promise<void> {
    await this.#options.ledger.setLossesInARowMax(this.#options.epoch, this.#settings(state).lossesInARowMax);
  }

  #settings(state: AccountState): RiskSettings {
    return { ...(this.#options.settings ?? DEFAULT_RISK_SETTINGS), ...state.limits };
  }

  #surroundings(state: AccountState): Surroundings {
    const enforced = this.#options.limits === 'on';
    return { settings: this.#settings(state), enforced, heldAtMarket: this.#heldAtMarket(state) };
  }

  async #reference(day: string): Promise<void> {
    if (this.#referenceDay !== undefined && day <= this.#referenceDay) return;
    const state = await this.#options.ledger.read(day);
    if (state.referenceDay === null || state.referenceDay < day) {
      await this.#options.ledger.setReference(this.#options.epoch, day, state.cash + this.#heldAtMarket(state));
    }
    this.#referenceDay = day;
  }

  /** `answer` tells what was changed, once it is; a repeated command gets it again, from what is stored of the first. */
  async #command(
    {
      id,
      deadline,
      releasesHeld,
    }: Pick<AccountCommandInput, 'id' | 'releasesHeld'> & { readonly deadline?: number | undefined },
    kind: string,
    request: string,
    change: (state: AccountState) => AccountChange,
    answer: Answer = async (state) => ({ ok: true, account: this.#view(state) }),
  ): Promise<Reply> {
    return this.#inTurn(async () => {
      const at = this.#options.wallNow();
      const command = { id, kind, request, at, ...(releasesHeld === undefined ? {} : { releasesHeld }) };
      const result = await this.#options.ledger.apply(this.#options.epoch, command, (state) =>
        deadline !== undefined && deadline < at ? LATE : change(state),
      );
      switch (result.type) {
        case 'fenced':
          throw this.#fenced();
        case 'refused':
          return refuse(result.code, result.message);
        case 'duplicate':
          if (result.request !== request)
            return refuse('INVALID', `id ${id} was used before for another command: give every command its own id`);
          break;
        case 'committed':
          this.#options.publish({ id, seq: result.seq, kind, at, body: JSON.parse(result.body) });
      }
      const state = await this.#options.ledger.read(this.#day());
      return answer(state, JSON.parse(result.body) as Readonly<Record<string, unknown>>);
    });
  }

  #limitsReply(account: Record<string, unknown>, state: AccountState): Reply {
    return {
      ok: true,
      account,
      enforced: this.#options.limits === 'on',
      limits: this.#settings(state),
      set: state.limits,
    };
  }

  #view(state: AccountState): Record<string, unknown> {
    return accountView(state, { ...this.#surroundings(state), day: this.#day() });
  }

  #heldAtMarket(state: AccountState): Units {
    return state.positions.reduce((sum, held) => {
      const price = this.#prices.get(held.symbol);
      // Without a price the cost stands in: better than nothing, and never a guess upwards.
      return sum + (price === undefined ? held.cost : multiply(held.quantity, fromNumber(price)));
    }, 0n);
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
