/**
 * One symbol's world without a server: the real actor, account and paper venue over the memory ledger. Every call to the
 * ledger is a numbered step, and a test may let the process die, or the ledger fail, just before or just after any of
 * them. What survives a death is the database alone, as in production.
 */

import { AccountActor } from '../../actors/account/account.ts';
import { readRecovery } from '../../actors/symbol/recovery.ts';
import { SymbolActor } from '../../actors/symbol/actor.ts';
import type { EntryAsk } from '../../actors/symbol/entry-ask.ts';
import type { SymbolCommandMessage } from '../../actors/symbol/messages.ts';
import { readRecovery } from '../../actors/symbol/recovery.ts';
import type { SymbolSettings } from '../../actors/symbol/turn.ts';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import type { Candle } from '../../domain/candle.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { isFinal } from '../../domain/order.ts';
import { PRESETS, type Preset } from '../../domain/preset.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { MemoryAccount } from '../../ledger/memory/memory-account.ts';
import { MemoryCommit } from '../../ledger/memory/memory-commit.ts';
import { MemoryDatabase } from '../../ledger/memory/memory-database.ts';
import { MemoryOwnership } from '../../ledger/memory/memory-ownership.ts';
import { MemoryPaperStore } from '../../ledger/memory/memory-paper-store.ts';
import { MemoryReader } from '../../ledger/memory/memory-reader.ts';
import { type Reply, RetryableError, refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Owner } from '../../protocol/ports/ownership.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { RecordingLog } from './recording-log.ts';

export const SYMBOL = 'KRW-BTC';
export const BALANCE = '10000000';
/** Wall time between two candles: retries of a second get their chance in between. */
const SECONDS_A_CANDLE = 5_000;

/** What goes wrong at a step: the process dies, or the call is answered with an error; before or after it took effect. */
export type Fault = 'die before' | 'die after' | 'fail before' | 'fail after';

export interface WorldOptions {
  readonly partialFill?: number;
  readonly feeRate?: number;
  /** `idle`: the strategy never enters, whatever the market does. */
  readonly strategy?: 'eager' | 'idle';
  /** Candles kept in memory before they are stored; what is not stored when the process dies is delivered again. */
  readonly storeEvery?: number;
  readonly faults?: (step: number, call: string) => Fault | undefined;
  /** Holds a call up, before or after it takes effect, until what is returned resolves. */
  readonly holds?: (call: string, when: 'before' | 'after') => Promise<unknown> | undefined;
}

/** Enters whenever the close falls out of its band in a rising market. */
const EAGER: Preset = {
  ...PRESETS.v1,
  regimes: {
    ...PRESETS.v1.regimes,
    SIDEWAYS: { ...PRESETS.v1.regimes.SIDEWAYS, rsi14Max: 100, volumeMin: 0 },
  },
};

interface Life {
  alive: boolean;
  actor: SymbolActor;
  venue: PaperVenue;
  account: AccountActor;
  commits: GroupCommit;
  over: Promise<void>;
  die: () => void;
}

export class ActorWorld {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly database = new MemoryDatabase(this.clock);
  readonly ownership = new MemoryOwnership(this.database);
  readonly ledger = new MemoryReader(this.database);
  readonly settings: SymbolSettings;
  /** Every call that reached the ledger, in order. */
  readonly steps: string[] = [];
  readonly illegal: string[] = [];
  readonly crashes: unknown[] = [];
  lives = 0;
  life!: Life;
  readonly #options: WorldOptions;
  #unstored: Candle[] = [];

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.settings = {
      symbol: SYMBOL,
      preset: options.strategy === 'idle' ? PRESETS['v3.3'] : EAGER,
      parametersHash: 'eager',
      instrument: upbitKrw(SYMBOL),
      feeRate: fromNumber(options.feeRate ?? 0.0005),
    };
  }

  /** A world with money and history; no actor lives yet. */
  static async create(history: readonly Candle[], options: WorldOptions = {}): Promise<ActorWorld> {
    const world = new ActorWorld(options);
    await world.ownership.addSymbols([SYMBOL]);
    await world.ledger.storeCandles(history.map((candle) => ({ symbol: SYMBOL, candle })));
    const at = world.clock.now();
    await new MemoryAccount(world.database).apply(
      0,
      { id: contentId('opening'), kind: 'cash', request: 'deposit', at },
      () => ({ ok: true, cashDelta: parseDecimal(BALANCE), body: {} }),
    );
    return world;
  }

  /** Begins a life of the process: a new incarnation claims what the last one left. */
  async begin(): Promise<void> {
    for (;;) {
      this.#unstored = [];
      const life = { alive: true } as Life;
      life.over = new Promise((resolve) => {
        life.die = () => {
          if (!life.alive) return;
          life.alive = false;
          life.actor?.stop(refuse('UNAVAILABLE', 'over'));
          resolve();
        };
      });
      this.life = life;
      this.lives += 1;
      const started = await Promise.race([this.#start(life), life.over.then(() => false)]);
      if (started) return;
    }
  }

  async #start(life: Life): Promise<boolean> {
    const owner = { pod: 'pod', incarnation: `life ${this.lives}` };
    await this.ownership.register(owner, 1_000_000_000);
    const singleton = await this.ownership.claimSingleton(owner, 'account');
    if (singleton === undefined) throw new Error('the account could not be claimed');
    const guarded = <T extends object>(name: string, port: T): T => this.#guard(life, name, port);
    const { partialFill, feeRate = 0.0005 } = this.#options;
    life.venue = new PaperVenue({
      settings: { feeRate, slippageBps: 0, ...(partialFill === undefined ? {} : { partialFill }) },
      store: guarded('paper', new MemoryPaperStore(this.database)),
      log: this.log,
    });
    life.account = new AccountActor({
      ledger: guarded('account', new MemoryAccount(this.database)),
      epoch: singleton.epoch,
      limits: 'off',
      now: () => life.actor.state.decidedThrough ?? 0,
      wallNow: () => this.clock.now(),
      onFenced: life.die,
      publish: () => undefined,
    });
    life.commits = new GroupCommit(guarded('commit', new MemoryCommit(this.database)), life.die);
    return this.#startActor(life, owner);
  }

  /** The actor alone is over, as after a message that crashed it; its process goes on and starts it again. */
  async restartActor(): Promise<void> {
    const { life } = this;
    life.actor.stop(refuse('UNAVAILABLE', 'restarting'));
    await this.#startActor(life, { pod: 'pod', incarnation: `life ${this.lives}` });
  }

  async #startActor(life: Life, owner: Owner): Promise<boolean> {
    const [claimed] = (await this.ownership.claim(owner, [SYMBOL])).positions;
    if (claimed === undefined) throw new Error('the symbol could not be claimed');
    const reader = this.#guard(life, 'reader', this.ledger);
    try {
      const recovery = (await readRecovery(reader, [SYMBOL])).get(SYMBOL);
      if (recovery === undefined) throw new Error('the symbol has no recovery');
      life.actor = await SymbolActor.start(this.settings, claimed, recovery, this.#ports(life, reader), {
        onCrash: (error) => {
          this.crashes.push(error);
          life.die();
        },
        onOver: life.die,
        onProgress: () => undefined,
      });
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      life.die();
      return false;
    }
    return life.alive;
  }

  #ports(life: Life, reader: MemoryReader) {
    return {
      queue: life.commits,
      load: { rows: 0 },
      account: {
        // As the engine does it: what was decided before an entry is stored before the entry can be.
        reserve: async (ask: EntryAsk) => {
          await this.store();
          return life.account.reserve(ask);
        },
        release: (id: string) => life.account.release(id),
      },
      venue: life.venue,
      reader,
      clock: this.clock,
      log: this.log,
      pod: 'pod',
      mayAct: () => life.alive,
      publish: () => undefined,
      count: () => undefined,
      onClosed: () => undefined,
      onIllegalEvent: (_: string, event: string, mode: string) => this.illegal.push(`${event} in ${mode}`),
    };
  }

  /** Calls of a dead life go nowhere; calls of a living one are counted and may go wrong. */
  #guard<T extends object>(life: Life, name: string, port: T): T {
    const call = async (method: string, work: () => Promise<unknown>): Promise<unknown> => {
      if (!life.alive) return new Promise(() => undefined);
      this.steps.push(`${name}.${method}`);
      const fault = this.#options.faults?.(this.steps.length - 1, `${name}.${method}`);
      if (fault === 'die before') life.die();
      if (fault === 'fail before') throw new RetryableError('the ledger was away');
      if (!life.alive) return new Promise(() => undefined);
      await this.#options.holds?.(`${name}.${method}`, 'before');
      const result = await work();
      await this.#options.holds?.(`${name}.${method}`, 'after');
      if (fault === 'die after') life.die();
      if (fault === 'fail after') throw new RetryableError('the answer of the ledger was lost');
      return life.alive ? result : new Promise(() => undefined);
    };
    return new Proxy(port, {
      get: (target, property) => {
        const method = (target as Record<string | symbol, unknown>)[property];
        if (typeof method !== 'function') return method;
        return (...values: unknown[]) =>
          call(String(property), () => (method as (...all: unknown[]) => Promise<unknown>).apply(target, values));
      },
    });
  }

  /** Sends a command; resolves with its answer, or undefined when its life ends before. */
  async ask(message: SymbolCommandMessage): Promise<Reply | undefined> {
    const { life } = this;
    const answer = new Promise<Reply>((resolve) => {
      life.actor.accept({ message, receivedAt: this.clock.now(), attempts: 0, reply: resolve });
    });
    return Promise.race([answer, life.over.then(() => undefined)]);
  }

  /** Delivers what lies behind the last stored candle, beginning new lives as old ones end, until all of it is through. */
  async play(candles: readonly Candle[]): Promise<void> {
    const { storeEvery = 1 } = this.#options;
    for (;;) {
      if (!this.life.alive) await this.begin();
      const { life } = this;
      const stored = (await this.ledger.lastCandles()).get(SYMBOL) ?? 0;
      const through = this.#unstored.at(-1)?.openTime ?? stored;
      const candle = candles.find(({ openTime }) => openTime > through);
      if (candle === undefined) break;
      const event = { type: 'candle', symbol: SYMBOL, candle, inside: 'path' } as const;
      await Promise.race([life.actor.market(event), life.over]);
      await this.clock.advance(SECONDS_A_CANDLE);
      if (!life.alive) continue;
      this.#unstored.push(candle);
      if (this.#unstored.length >= storeEvery) await this.store();
    }
    await this.rest();
    if (!this.life.alive) await this.play(candles);
    else await this.store();
  }

  async store(): Promise<void> {
    await this.ledger.storeCandles(this.#unstored.map((candle) => ({ symbol: SYMBOL, candle })));
    this.#unstored = [];
  }

  /** The process dies here. */
  kill(): void {
    this.life.die();
  }

  /** Lets everything that is under way, and every retry, come to its end. */
  async rest(): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      await this.clock.advance(LIMITS.restartBackoffMaxMs);
      await settled();
    }
  }

  /** What must be nothing when everything is over, and what the ledger and the venue must agree on. */
  async audit() {
    const { orders, paperOrders, positions, journal, account } = this.database;
    const fills = [...journal.all()].flatMap(({ fill, orderId, symbol }) =>
      fill === null || symbol !== SYMBOL ? [] : [{ ...fill, orderId }],
    );
    const cash = fills.reduce(
      (sum, { side, notional, fee }) => sum + (side === 'sell' ? notional : -notional) - fee,
      account.deposits - account.withdrawals,
    );
    const venueFills = [...paperOrders.values()].flatMap((order) =>
      order.trades.map(({ quantity }) => ({ orderId: order.placed.clientOrderId, quantity })),
    );
    const sums = (rows: readonly { orderId: string | null; quantity: bigint }[]): Record<string, bigint> => {
      const byOrder: Record<string, bigint> = {};
      for (const { orderId, quantity } of rows) {
        if (orderId !== null) byOrder[orderId] = (byOrder[orderId] ?? 0n) + quantity;
      }
      return byOrder;
    };
    const position = positions.get(SYMBOL)?.position;
    return {
      mode: this.life.actor.mode,
      quantity: position?.quantity,
      folded: fills.reduce((sum, { side, quantity }) => sum + (side === 'buy' ? quantity : -quantity), 0n),
      cashDrift: account.cash - cash,
      reserved: account.reserved,
      openOrders: [...orders.values()].filter(({ status }) => !isFinal(status)).length,
      openAtVenue: [...paperOrders.values()].filter(({ status }) => status === 'open').length,
      ledgerFills: sums(fills),
      venueFills: sums(venueFills),
      trades: await this.ledger.trades(),
      heldReservations: [...this.database.reservations.values()].filter(
        ({ status }) => status !== 'settled' && status !== 'released',
      ).length,
      crashes: this.crashes.map(String),
      illegal: this.illegal,
    };
  }
}
