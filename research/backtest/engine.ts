/**
 * The engine of a backtest: the actors, the account, the paper venue and the group commit that trade live, over the memory
 * ledger and a virtual clock (I8). It has no strategy, no risk rule and no fill of its own.
 */
import { AccountActor } from '../../actors/account/account.ts';
import { SymbolActor } from '../../actors/symbol/actor.ts';
import { durableState, INITIAL_STATE } from '../../actors/symbol/state.ts';
import type { SymbolSettings } from '../../actors/symbol/turn.ts';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { closeTime, MINUTE_MS } from '../../domain/candle.ts';
import { invariant } from '../../domain/invariant.ts';
import type { Units } from '../../domain/money.ts';
import type { PaperSettings } from '../../domain/paper.ts';
import type { RiskSettings } from '../../domain/risk.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { MemoryAccount } from '../../ledger/memory/memory-account.ts';
import { MemoryCommit } from '../../ledger/memory/memory-commit.ts';
import { MemoryDatabase } from '../../ledger/memory/memory-database.ts';
import { MemoryOwnership } from '../../ledger/memory/memory-ownership.ts';
import { MemoryPaperStore } from '../../ledger/memory/memory-paper-store.ts';
import { MemoryReader } from '../../ledger/memory/memory-reader.ts';
import { contentId } from '../../protocol/ids.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';
import { VirtualClock } from './virtual-clock.ts';
import { WarningCount } from './warning-count.ts';

export interface EngineSettings {
  /** In the order in which symbols of one instant have their turn. */
  readonly symbols: readonly SymbolSettings[];
  readonly paper: PaperSettings;
  /** Cash to start with. */
  readonly balance: Units;
  /** Whether the portfolio's limits refuse entries, and which they are. */
  readonly limits: 'on' | 'off';
  readonly riskSettings: RiskSettings;
  /** Candles that open before this market time only warm up the indicators. */
  readonly from: number;
}

/** So many closed trades leave a few megabytes in the ledger: then its history is let go of. */
const TRADES_KEPT = 256;
const OWNER = { pod: 'backtest', incarnation: 'backtest' };
const LEASE_MS = Number.MAX_SAFE_INTEGER;

export class BacktestEngine {
  /** In the order of their exits. */
  readonly trades: ClosedTrade[] = [];
  readonly database: MemoryDatabase;
  readonly log = new WarningCount();
  readonly #clock = new VirtualClock();
  readonly #from: number;
  readonly #actors = new Map<string, SymbolActor>();
  /** Closes that did not enter, by `REGIME/REASON`. The others are in the ledger. */
  readonly #declined = new Map<string, number>();
  /** Entries that the account refused, by code. */
  readonly #refused = new Map<string, number>();
  #forgottenTrades = 0;
  #account!: AccountActor;
  #failure: unknown;

  private constructor(from: number) {
    this.#from = from;
    this.database = new MemoryDatabase(this.#clock);
  }

  static async open(settings: EngineSettings): Promise<BacktestEngine> {
    const engine = new BacktestEngine(settings.from);
    await engine.#start(settings);
    return engine;
  }

  /** Takes an event through; events come in order of time. Undefined when nothing has to be waited for. */
  deliver(event: MarketEvent): Promise<void> | undefined {
    const { symbol } = event;
    const actor = this.#actors.get(symbol);
    invariant(actor !== undefined, `${symbol} takes part in the backtest`);
    const isTrade = event.type === 'trade';
    this.#clock.advance(isTrade ? event.trade.at : closeTime(event.candle));
    const at = isTrade ? event.trade.at : event.candle.openTime;
    const observed =
      at < this.#from
        ? undefined
        : this.#account.observePrice(symbol, isTrade ? event.trade.price : event.candle.close, at);
    const handled = observed === undefined ? actor.market(event) : observed.then(() => actor.market(event));
    if (handled !== undefined) return handled.then(() => this.#afterwards());
    this.#insist();
    return undefined;
  }

  /** Cash that is not in positions, reserved or not. */
  get cash(): Units {
    return this.database.account.cash;
  }

  quantity(symbol: string): Units {
    return this.#actors.get(symbol)?.state.position.quantity ?? 0n;
  }

  /** Closes without a position by what stopped the entry, as the ledger tells it live. */
  funnel(): Readonly<Record<string, number>> {
    const sum = new Map(this.#declined);
    for (const [key, count] of this.database.funnel) sum.set(key, (sum.get(key) ?? 0) + count);
    return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Entries that the account refused, by code. */
  refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#refused].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async #start({ symbols, paper, balance, limits, riskSettings, from }: EngineSettings): Promise<void> {
    const { database, log } = this;
    const clock = this.#clock;
    const fail = (error: unknown): void => {
      this.#failure ??= error;
    };
    const ownership = new MemoryOwnership(database);
    await ownership.register(OWNER, LEASE_MS);
    await ownership.addSymbols(symbols.map(({ symbol }) => symbol));
    const singleton = await ownership.claimSingleton(OWNER, 'account');
    invariant(singleton !== undefined, 'nobody else owns the account');
    this.#account = new AccountActor({
      ledger: new MemoryAccount(database),
      epoch: singleton.epoch,
      limits,
      settings: riskSettings,
      now: () => clock.now(),
      wallNow: () => clock.now(),
      onFenced: () => fail(new Error('the account was fenced')),
      publish: () => undefined,
    });
    await this.#account.deposit({ id: contentId('paper', 'opening balance'), amount: balance });
    await this.#account.begin();

    const reader = new MemoryReader(database);
    const ports = {
      queue: new GroupCommit(new MemoryCommit(database), fail),
      load: { rows: 0 },
      account: this.#account,
      venue: new PaperVenue({ settings: paper, store: new MemoryPaperStore(database), log }),
      reader,
      clock,
      log,
      pod: OWNER.pod,
      mayAct: () => true,
      publish: (rows: readonly StoredRow[]) => this.#countRefusals(rows),
      count: (_: string, key: string) => this.#declined.set(key, (this.#declined.get(key) ?? 0) + 1),
      onClosed: (trade: ClosedTrade) => this.trades.push(trade),
      onIllegalEvent: (symbol: string, event: string, mode: string) =>
        fail(new Error(`${symbol}: ${event} is not legal in mode ${mode}`)),
    };
    const supervisor = {
      onCrash: fail,
      onOver: (why: string, cause: unknown) => fail(cause ?? new Error(`an actor was ${why}`)),
      onProgress: () => undefined,
    };
    const { positions } = await ownership.claim(
      OWNER,
      symbols.map(({ symbol }) => symbol),
    );
    // As after a restart: what was decided before is not decided again, it moves nothing but the indicators.
    const decidedThrough = from > 0 ? from - MINUTE_MS : null;
    const durable = durableState({ ...INITIAL_STATE, decidedThrough }, 'starting');
    for (const settings of symbols) {
      const claimed = positions.find(({ symbol }) => symbol === settings.symbol);
      invariant(claimed !== undefined, 'nobody else owns a symbol');
      const actor = await SymbolActor.start(settings, { ...claimed, durable }, NOTHING_TO_RECOVER, ports, supervisor);
      this.#actors.set(settings.symbol, actor);
    }
  }

  #countRefusals(rows: readonly StoredRow[]): void {
    for (const { kind, body } of rows) {
      if (kind !== 'decision' || body === null) continue;
      const { decision, code } = JSON.parse(body) as { readonly decision: string; readonly code?: string };
      if (decision === 'REFUSED' && code !== undefined) this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
    }
  }

  /** Nothing is uncommitted or under way: what is over is history, and millions of minutes have much of it. */
  #afterwards(): void {
    this.#insist();
    if (this.trades.length - this.#forgottenTrades < TRADES_KEPT) return;
    this.#forgottenTrades = this.trades.length;
    this.database.forgetHistory();
  }

  /** What would restart an actor live, or end a process, is a fault of the program here. */
  #insist(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const NOTHING_TO_RECOVER = { working: undefined, reservations: [], hasCandles: false };
