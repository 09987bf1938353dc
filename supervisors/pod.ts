/**
 * A Pod over its ports: membership in the cluster, the writer under that membership, the account, the symbols. These are
 * parts of a process under rest-for-one supervision; whoever wires a process puts its own before and behind them. The
 * same parts run over real servers and in the simulator.
 */
import type { SymbolSettings } from '../actors/symbol/turn.ts';
import type { Units } from '../domain/money.ts';
import type { RiskSettings } from '../domain/risk.ts';
import type { ClosedTrade } from '../domain/trade.ts';
import { RetryableError } from '../protocol/errors.ts';
import { eventJson } from '../protocol/event.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus } from '../protocol/ports/bus.ts';
import type { Clock, Random } from '../protocol/ports/clock.ts';
import type { AccountPort, CommitQueue, LedgerReader, LedgerWriter, StoredRow } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { OwnershipPort } from '../protocol/ports/ownership.ts';
import type { Venue } from '../protocol/ports/venue.ts';
import type { EventKind, Subjects } from '../protocol/subjects.ts';
import { AccountService } from './account-service.ts';
import { ClusterService } from './cluster/cluster-service.ts';
import { ClusterWatch } from './cluster/cluster-watch.ts';
import { FailureDetector } from './cluster/failure-detector.ts';
import { Membership } from './cluster/membership.ts';
import { Rebalancer } from './cluster/rebalancer.ts';
import { outsideFailures } from './outside-failure.ts';
import { PodStats } from './pod-stats.ts';
import type { PartSpec, RunningPart } from './rest-for-one.ts';
import { SymbolSupervisor } from './symbols.ts';
import { untilReachable, withTimeout } from './waiting.ts';

export interface PodLedger {
  readonly ownership: OwnershipPort;
  readonly account: AccountPort;
  readonly store: LedgerReader & LedgerWriter;
}

/** A writer connection and the queue in front of it; both are finished after a failure. */
export interface PodWriter {
  readonly queue: CommitQueue;
  close(): Promise<void>;
}

/** What is outside of a Pod. Asked for when a part starts: what is behind may have been replaced. */
export interface PodOutside {
  readonly bus: Bus;
  readonly ledger: PodLedger;
  readonly venue: Venue;
  openWriter(options: {
    /** Called once, when a commit failed or the connection is gone. */
    readonly onFailed: (cause: unknown) => void;
    /** Whether the lease still holds: without it nothing is sent. */
    readonly mayCommit: () => boolean;
    /** Uncommitted journal rows of this Pod. */
    readonly load: { readonly rows: number };
  }): Promise<PodWriter>;
}

export interface PodOptions {
  readonly pod: string;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** An id for a life of this Pod that no other life ever had. */
  readonly newIncarnation: () => string;
  readonly outside: () => PodOutside;
  /** Symbols to trade beside those the ledger knows. */
  readonly symbols: readonly string[];
  readonly settingsOf: (symbol: string) => SymbolSettings;
  readonly limits: 'on' | 'off';
  readonly riskSettings?: RiskSettings;
  readonly openingBalance: Units;
  readonly marketNow: () => number;
  /** Stores the candles that were delivered and are not stored yet. */
  readonly storeMarket: () => Promise<void>;
  /** Counts a decision at a close, for the funnel. */
  readonly count: (symbol: string, funnelKey: string) => void;
  readonly onTrade: (trade: ClosedTrade) => void;
  /** Somebody asked this Pod to hand everything over and end. */
  readonly onDrain: (reason: string) => void;
}

/** How long a stopping part waits for the ledger while it answers, and when it is gone. */
const PATIENCE_MS = 1_500;
const PATIENCE_WITHOUT_LEDGER_MS = 50;
const SELF_PING_TIMEOUT_MS = 1_000;

type Failed = (error: unknown) => void;

export class Pod {
  readonly stats = new PodStats();
  /** Uncommitted journal rows of all symbols. */
  readonly load = { rows: 0 };
  membership: Membership | undefined;
  watch: ClusterWatch | undefined;
  queue: CommitQueue | undefined;
  account: AccountService | undefined;
  symbols: SymbolSupervisor | undefined;
  serving = false;
  /** False from the moment the ledger failed until the writer is back: stopping then waits for nothing of it. */
  ledgerUp = false;
  readonly #options: PodOptions;
  /** Monotonic time since when no symbol could be served here; undefined while they can. */
  #idleSince: number | undefined;
  #ending = false;

  constructor(options: PodOptions) {
    this.#options = options;
  }

  /** Whether this Pod may act: its lease runs. */
  get holds(): boolean {
    return this.membership?.holds ?? false;
  }

  get patienceMs(): number {
    return this.ledgerUp ? PATIENCE_MS : PATIENCE_WITHOUT_LEDGER_MS;
  }

  parts(): readonly PartSpec[] {
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      part('membership', (failed, signal) => this.#startMembership(failed, signal)),
      part('writer', (failed, signal) => this.#startWriter(failed, signal)),
      part('account', () => this.#startAccount()),
      part('symbols', () => this.#startSymbols()),
    ];
  }

  /** Asked to hand over and end. */
  get ending(): boolean {
    return this.#ending;
  }

  /** The stop that comes is for good: the symbols are handed to other Pods. */
  end(): void {
    this.#ending = true;
  }

  async #startMembership(failed: Failed, signal: AbortSignal): Promise<RunningPart> {
    const { pod, subjects, clock, log } = this.#options;
    const { bus, ledger } = this.#options.outside();
    const { ownership } = ledger;
    const owner = { pod, incarnation: this.#options.newIncarnation() };
    const unsubscribe = bus.subscribe(subjects.pod(pod, 'ping'), (message) => message.respond('{"ok":true}'));
    const watch = new ClusterWatch({
      ownership,
      bus,
      subjects,
      clock,
      log,
      publish: (rows) => this.#publish(bus, rows),
    });
    let membership: Membership;
    try {
      membership = await untilReachable({ clock, log, signal }, 'the cluster', async () => {
        await bus.request(subjects.pod(pod, 'ping'), '', SELF_PING_TIMEOUT_MS);
        return Membership.join({
          owner,
          ownership,
          bus,
          subjects,
          clock,
          log,
          held: () => this.symbols?.held ?? [],
          onHeartbeat: (heartbeat, held) => {
            this.symbols?.lost(heartbeat.lost, held);
            watch.observe(heartbeat);
            this.#giveUpIfIdle(failed);
          },
          onFenced: failed,
        });
      });
    } catch (error) {
      unsubscribe();
      watch.stop();
      throw error;
    }
    watch.tell(membership.joined);
    const detector = new FailureDetector({ membership, watch, ownership, bus, subjects, clock, log });
    this.membership = membership;
    this.watch = watch;
    this.#idleSince = clock.monotonic();
    return {
      stop: async () => {
        detector.stop();
        await withTimeout(
          clock,
          membership.leave().then((event) => watch.tell(event)),
          this.patienceMs,
        );
        watch.stop();
        unsubscribe();
      },
    };
  }

  /**
   * A lease says that this Pod lives, not that it can work. One that can't (its writer does not come back, its parts keep
   * failing) must not keep symbols from those who can: it leaves and joins again, serving nothing until it is whole.
   */
  #giveUpIfIdle(failed: Failed): void {
    const { clock, log } = this.#options;
    if (this.#idleSince === undefined || this.#ending) return;
    const idleMs = clock.monotonic() - this.#idleSince;
    if (idleMs < LIMITS.idleLeaseMs) return;
    log.warn({ idleMs: Math.round(idleMs) }, 'nothing can be served here: this Pod gives up its lease and joins again');
    failed(new RetryableError('nothing can be served here'));
  }

  async #startWriter(failed: Failed, signal: AbortSignal): Promise<RunningPart> {
    const { clock, log, outside } = this.#options;
    const writer = await untilReachable({ clock, log, signal }, 'the database', () =>
      outside().openWriter({
        onFailed: (cause) => {
          this.ledgerUp = false;
          failed(cause);
        },
        mayCommit: () => this.holds,
        load: this.load,
      }),
    );
    this.queue = writer.queue;
    this.ledgerUp = true;
    return { stop: () => writer.close() };
  }

  async #startAccount(): Promise<RunningPart> {
    const { bus, ledger } = this.#options.outside();
    const account = await AccountService.start({
      ...this.#options,
      bus,
      ledger: ledger.account,
      ownership: ledger.ownership,
      membership: required(this.membership),
      watch: required(this.watch),
    });
    this.account = account;
    return {
      stop: () => withTimeout(this.#options.clock, account.stop(), this.patienceMs),
    };
  }

  async #startSymbols(): Promise<RunningPart> {
    const { clock, log, settingsOf, storeMarket, random, subjects, onDrain } = this.#options;
    const { bus, ledger } = this.#options.outside();
    const { ownership, store } = ledger;
    const membership = required(this.membership);
    const watch = required(this.watch);
    const shared = { membership, watch, ownership, bus, subjects, clock, log, stats: this.stats };
    const symbols = new SymbolSupervisor({
      ...shared,
      settingsOf,
      storeMarket,
      random,
      ports: this.#actorPorts(),
      writer: store,
      reader: store,
      tell: (event) => watch.tell(event),
      onDropped: () => rebalancer.wake(),
    });
    const rebalancer = new Rebalancer({ ...shared, symbols });
    this.symbols = symbols;
    this.#idleSince = undefined;
    try {
      if (this.#options.symbols.length > 0) watch.tell(await ownership.addSymbols(this.#options.symbols));
      await symbols.warmUp();
      await rebalancer.start();
    } catch (error) {
      // Or they would claim beside those of the next start.
      symbols.abandon();
      await rebalancer.stop();
      this.symbols = undefined;
      this.#idleSince = clock.monotonic();
      throw error;
    }
    const cluster = new ClusterService({ ...shared, symbols, onDrain });
    await bus.flush().catch(() => undefined);
    this.serving = true;
    if (watch.view.symbols.length === 0) {
      log.warn({}, 'no symbol is known yet: start a Pod with --symbol, or use `ctl cluster add KRW-BTC`');
    }
    return {
      stop: async () => {
        this.serving = false;
        await this.#stopSymbols(symbols, rebalancer);
        cluster.stop();
        if (this.symbols === symbols) this.symbols = undefined;
        this.#idleSince = clock.monotonic();
      },
    };
  }

  async #stopSymbols(symbols: SymbolSupervisor, rebalancer: Rebalancer): Promise<void> {
    const { clock, log } = this.#options;
    if (!this.ledgerUp || !this.holds) {
      symbols.abandon();
      await withTimeout(clock, rebalancer.stop(), this.patienceMs);
      return;
    }
    try {
      if (this.#ending) await rebalancer.drain();
      else {
        await withTimeout(clock, rebalancer.stop(), this.patienceMs);
        await symbols.handOver([...symbols.hosts.keys()]);
      }
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'the symbols could not be handed over: others claim them');
    }
    symbols.abandon();
  }

  #actorPorts() {
    const { clock, log, pod, count, onTrade, storeMarket } = this.#options;
    const { bus, ledger, venue } = this.#options.outside();
    const account = required(this.account);
    return {
      queue: required(this.queue),
      load: this.load,
      account: {
        // What was decided before an entry is stored before the entry can be.
        reserve: async (ask: Parameters<AccountService['reserve']>[0]) => {
          await storeMarket();
          return account.reserve(ask);
        },
        release: (reservationId: string) => account.release(reservationId),
      },
      venue,
      reader: ledger.store,
      clock,
      log,
      pod,
      mayAct: () => this.holds,
      publish: (rows: readonly StoredRow[]) => this.#publish(bus, rows),
      count,
      onClosed: onTrade,
      onIllegalEvent: (symbol: string, event: string, mode: string) => {
        this.stats.illegalEvents += 1;
        log.warn({ symbol, event, mode }, 'an event is not legal in this mode');
      },
    };
  }

  #publish(bus: Bus, rows: readonly StoredRow[]): void {
    const { subjects } = this.#options;
    for (const row of rows) {
      bus.publish(subjects.event(row.symbol, row.kind as EventKind), eventJson(row));
    }
    this.stats.lastRow = rows.at(-1) ?? this.stats.lastRow;
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a part was started before those it depends on');
  return value;
}
