/**
 * The one ledger of a run: the memory twin of the Postgres schema, with the database's own clock, and what each Pod sees
 * of it through its own unreliable link. Whatever takes effect is shown to the observer at that very moment.
 */

import type { Order } from '../../domain/order.ts';
import { MemoryAccount } from '../../ledger/memory/memory-account.ts';
import { MemoryCommit } from '../../ledger/memory/memory-commit.ts';
import { MemoryDatabase } from '../../ledger/memory/memory-database.ts';
import { MemoryOwnership } from '../../ledger/memory/memory-ownership.ts';
import { MemoryPaperStore } from '../../ledger/memory/memory-paper-store.ts';
import { MemoryReader } from '../../ledger/memory/memory-reader.ts';
import { RetryableError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { AccountPort, CommitGroup, GroupOutcome } from '../../protocol/ports/ledger.ts';
import type { Owner, OwnershipPort } from '../../protocol/ports/ownership.ts';
import type { PaperStore } from '../../protocol/ports/paper-store.ts';
import type { LedgerLink } from './ledger-link.ts';
import { EPOCH_MS } from './sim-process.ts';
import { type BatchFate, SimWriter } from './sim-writer.ts';
import type { Timeline } from './timeline.ts';

/** What takes effect in the ledger, as it does. `life` is the process that asked for it. */
export interface LedgerObserver {
  committed(life: string, group: CommitGroup, outcome: GroupOutcome): void;
  claimed(life: string, symbol: string, epoch: number): void;
  claimedSingleton(life: string, name: string, epoch: number): void;
  /** A change of a symbol beside its commits, or of a singleton, was accepted. */
  accepted(life: string, name: string, epoch: number): void;
  /** The venue's book has taken an order, or has not. */
  placed(order: Order, outcome: 'placed' | 'known' | 'fenced'): void;
  /** A call broke a rule of the ledger itself: a programmer error. */
  broke(call: string, error: unknown): void;
}

/** Calls that run code of the caller inside their transaction. */
const INSIDE = new Set(['apply', 'reserve']);

export class SimLedger {
  readonly database: MemoryDatabase;
  readonly ownership: MemoryOwnership;
  readonly account: MemoryAccount;
  readonly reader: MemoryReader;
  /** By how much the database's clock is wrong; jumps. */
  skewMs = 0;
  /** How likely a row is locked by somebody else when it is claimed. */
  lockedRows = 0;
  readonly #paper: MemoryPaperStore;
  readonly #commit: MemoryCommit;
  readonly #observer: LedgerObserver;

  constructor(timeline: Timeline, observer: LedgerObserver) {
    const clock: Clock = {
      now: () => EPOCH_MS + timeline.nowMs + this.skewMs,
      monotonic: () => timeline.nowMs,
      after: () => () => undefined,
    };
    this.database = new MemoryDatabase(clock);
    this.ownership = new MemoryOwnership(this.database);
    this.account = new MemoryAccount(this.database);
    this.reader = new MemoryReader(this.database);
    this.#paper = new MemoryPaperStore(this.database);
    this.#commit = new MemoryCommit(this.database);
    this.#observer = observer;
  }

  /** The ports as a process sees them through its link. */
  seenBy(link: LedgerLink) {
    return {
      ownership: this.#proxy<OwnershipPort>('ownership', this.#watchedOwnership(link), link),
      account: this.#proxy<AccountPort>('account', this.#watchedAccount(link), link),
      store: this.#proxy('store', this.reader, link),
      paper: this.#proxy<PaperStore>('paper', this.#watchedPaper(), link),
    };
  }

  /** Opens a writer connection; rejects when there is no way to the ledger. */
  async connectWriter(
    link: LedgerLink,
    options: { readonly onLost: (cause: unknown) => void; readonly nextFate: () => BatchFate },
  ): Promise<SimWriter> {
    await link.call(async () => undefined, false);
    if (link.partition !== 'none') throw new RetryableError('the connection was reset');
    return new SimWriter({ link, ...options, commit: (groups) => this.#committed(link, groups) });
  }

  async #committed(link: LedgerLink, groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]> {
    try {
      const outcomes = await this.#commit.commit(groups);
      groups.forEach((group, index) => {
        this.#observer.committed(link.process.name, group, outcomes[index] as GroupOutcome);
      });
      return outcomes;
    } catch (error) {
      this.#observer.broke('commit', error);
      throw error;
    }
  }

  #watchedOwnership(link: LedgerLink): OwnershipPort {
    const { ownership } = this;
    const life = link.process.name;
    return {
      ...(bound(ownership) as unknown as OwnershipPort),
      claim: async (owner: Owner, symbols: readonly string[]) => {
        const unlocked = symbols.filter(() => !link.dice.chance(this.lockedRows));
        const claimed = await ownership.claim(owner, unlocked);
        for (const { symbol, epoch } of claimed.positions) this.#observer.claimed(life, symbol, epoch);
        return claimed;
      },
      claimSingleton: async (owner: Owner, name: string) => {
        const claimed = await ownership.claimSingleton(owner, name);
        if (claimed !== undefined) this.#observer.claimedSingleton(life, name, claimed.epoch);
        return claimed;
      },
      haltSymbol: async (symbol, epoch, ...rest) => {
        const halted = await ownership.haltSymbol(symbol, epoch, ...rest);
        if (halted) this.#observer.accepted(life, symbol, epoch);
        return halted;
      },
    };
  }

  #watchedAccount(link: LedgerLink): AccountPort {
    const { account } = this;
    return {
      ...(bound(account) as unknown as AccountPort),
      apply: async (epoch, command, change) => {
        const result = await account.apply(epoch, command, change);
        if (result.type === 'committed') this.#observer.accepted(link.process.name, 'account', epoch);
        return result;
      },
    };
  }

  #watchedPaper(): PaperStore {
    const paper = this.#paper;
    return {
      ...(bound(paper) as unknown as PaperStore),
      place: async (order, epoch) => {
        const outcome = await paper.place(order, epoch);
        this.#observer.placed(order, outcome);
        return outcome;
      },
    };
  }

  /** Every method goes over the link. */
  #proxy<T extends object>(name: string, port: T, link: LedgerLink): T {
    const methods: Record<string, unknown> = {};
    for (const [method, run] of Object.entries(bound(port))) {
      methods[method] = (...values: unknown[]) =>
        link.call(async () => {
          try {
            return await run(...values);
          } catch (error) {
            if (!(error instanceof RetryableError)) this.#observer.broke(`${name}.${method}`, error);
            throw error;
          }
        }, INSIDE.has(method));
    }
    return methods as T;
  }
}

type Method = (...values: unknown[]) => Promise<unknown>;

/** Every method of an object, its own and those of its class, bound to it. */
function bound(port: object): Record<string, Method> {
  const methods: Record<string, Method> = {};
  for (let level = port; level !== Object.prototype; level = Object.getPrototypeOf(level) as object) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const value = (port as Record<string, unknown>)[name];
      if (name !== 'constructor' && typeof value === 'function') methods[name] ??= value.bind(port) as Method;
    }
  }
  return methods;
}
