/**
 * An engine process, wired: the parts of a Pod in the order in which they depend on each other, under rest-for-one
 * supervision. `up` adds embedded servers and a feed; `pod` connects to what is there.
 */
import { randomUUID } from 'node:crypto';
import { type Broker, startBroker } from '../../adapters/broker/broker.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../adapters/embedded-postgres/server.ts';
import { NatsBus } from '../../adapters/nats/bus.ts';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { systemClock, systemRandom } from '../../adapters/system-clock.ts';
import { upbitKrw } from '../../domain/instrument.ts';
import { fromNumber, parseDecimal } from '../../domain/money.ts';
import { canonicalPreset } from '../../domain/preset.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import { startStatusServer } from '../../gateway/status-server.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { migrate } from '../../ledger/migrate.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { ledgerFailure } from '../../ledger/postgres/connection.ts';
import { PostgresLedger } from '../../ledger/postgres/ledger.ts';
import { FencedError, RetryableError, TerminalError } from '../../protocol/errors.ts';
import { contentId, fingerprint } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Feed } from '../../protocol/ports/market.ts';
import { type EventKind, Subjects } from '../../protocol/subjects.ts';
import { AccountService } from '../account-service.ts';
import { ClusterService } from '../cluster-service.ts';
import { MarketIntake } from '../market-intake.ts';
import { Membership } from '../membership.ts';
import { PodStats } from '../pod-stats.ts';
import { type PartSpec, RestForOne } from '../rest-for-one.ts';
import { RestartPolicy } from '../restart-policy.ts';
import { SymbolSupervisor } from '../symbols.ts';
import { eventOf } from './event.ts';
import type { EngineConfig } from './engine-config.ts';
import { asOutsideFailure, outsideFailures } from './outside-failure.ts';
import { openFeed } from './feed.ts';
import { listenOn } from './listen.ts';
import { MarketBus } from './market-bus.ts';
import type { StateFolder } from './state-folder.ts';

export interface EngineCallbacks {
  /** A part keeps failing, or failed in a way only a person can mend: the process should end. */
  readonly onGiveUp: (part: string, error: unknown) => void;
  /** The feed has ended and everything that follows from it is committed and stored. */
  readonly onFeedEnd: () => void;
  readonly onDrain: (reason: string) => void;
  readonly onTrade: (trade: ClosedTrade) => void;
}

const WATCH_INTERVAL_MS = 500;

export class Engine {
  readonly config: EngineConfig;
  readonly stats = new PodStats();
  readonly #log: Log;
  readonly #state: StateFolder | undefined;
  readonly #callbacks: EngineCallbacks;
  readonly #subjects: Subjects;
  readonly #supervisor: RestForOne;
  readonly #load = { rows: 0 };
  // What the parts have made; each is set by its part before the parts behind it start.
  #postgres: EmbeddedPostgres | undefined;
  #broker: Broker | undefined;
  #bus!: NatsBus;
  #ledger!: PostgresLedger;
  #feed: Feed | undefined;
  #membership: Membership | undefined;
  #queue: GroupCommit | undefined;
  #account: AccountService | undefined;
  #venue!: PaperVenue;
  #symbols: SymbolSupervisor | undefined;
  #intake: MarketIntake | undefined;
  #http: { readonly url: string } | undefined;
  #serving = false;
  /** False from the moment the ledger failed until the writer is back: stopping then waits for nothing of it. */
  #ledgerUp = false;

  constructor(config: EngineConfig, state: StateFolder | undefined, log: Log, callbacks: EngineCallbacks) {
    this.config = config;
    this.#state = state;
    this.#log = log;
    this.#callbacks = callbacks;
    this.#subjects = new Subjects(config.prefix);
    this.#supervisor = new RestForOne({
      parts: this.#parts(),
      policy: new RestartPolicy(
        {
          restartsMax: LIMITS.restartsMax,
          windowMs: LIMITS.restartWindowMs,
          backoffFirstMs: LIMITS.restartBackoffFirstMs,
          backoffMaxMs: LIMITS.restartBackoffMaxMs,
        },
        systemClock,
        systemRandom,
      ),
      outsidePolicy: new RestartPolicy(
        {
          restartsMax: LIMITS.fencesMax,
          windowMs: LIMITS.restartWindowMs,
          backoffFirstMs: LIMITS.restartBackoffFirstMs,
          backoffMaxMs: LIMITS.outsideBackoffMaxMs,
        },
        systemClock,
        systemRandom,
      ),
      clock: systemClock,
      log,
      onGiveUp: callbacks.onGiveUp,
    });
  }

  start(): Promise<void> {
    return this.#supervisor.start();
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
  }

  /** Everything serves at this moment. */
  get ready(): boolean {
    return this.#serving && this.#ledgerUp && this.#bus.connected && (this.#membership?.holds ?? false);
  }

  get natsUrl(): string {
    return this.config.natsUrl ?? this.#broker?.url ?? '';
  }

  get databaseUrl(): string {
    return this.config.databaseUrl ?? this.#postgres?.url ?? '';
  }

  get httpUrl(): string {
    return this.#http?.url ?? '';
  }

  get commits(): { readonly commits: number; readonly rows: number } {
    return this.#queue?.stats ?? { commits: 0, rows: 0 };
  }

  get symbols(): SymbolSupervisor | undefined {
    return this.#symbols;
  }

  get account(): AccountService | undefined {
    return this.#account;
  }

  get ledger(): PostgresLedger {
    return this.#ledger;
  }

  get marketTime(): number | undefined {
    return this.#intake?.marketTime;
  }

  #parts(): readonly PartSpec[] {
    const part = (name: string, start: PartSpec['start']): PartSpec => ({ name, start: outsideFailures(start) });
    return [
      ...(this.config.databaseUrl === null ? [part('postgres', (failed) => this.#startPostgres(failed))] : []),
      ...(this.config.natsUrl === null ? [part('broker', () => this.#startBroker())] : []),
      part('bus', (_, signal) => this.#startBus(signal)),
      part('ledger', (_, signal) => this.#startLedger(signal)),
      part('membership', (failed, signal) => this.#startMembership(failed, signal)),
      part('writer', (failed, signal) => this.#startWriter(failed, signal)),
      part('account', (failed, signal) => this.#startAccount(failed, signal)),
      part('symbols', () => this.#startSymbols()),
      part('http', () => this.#startHttp()),
      part('market', (failed) => this.#startMarket(failed)),
    ];
  }

  async #startPostgres(failed: (error: unknown) => void) {
    const postgres = await startEmbeddedPostgres({
      stateDirectory: this.#folder().path,
      port: this.config.postgresPort.port,
      log: this.#log,
    });
    this.#postgres = postgres;
    let stopped = false;
    const watch = (): void => {
      systemClock.after(WATCH_INTERVAL_MS, () => {
        if (stopped) return;
        postgres.isRunning().then((running) => {
          if (stopped) return;
          if (running) watch();
          else {
            this.#ledgerUp = false;
            failed(new RetryableError('the embedded Postgres is gone'));
          }
        }, failed);
      });
    };
    watch();
    return {
      stop: async () => {
        stopped = true;
        await postgres.stop();
      },
    };
  }

  async #startBroker() {
    const folder = this.#folder();
    const broker = await listenOn(this.config.natsPort, folder.lastPorts.nats, (port) =>
      startBroker({
        port,
        log: this.#log,
        maxPayloadBytes: LIMITS.brokerPayloadBytesMax,
        ...(this.config.natsToken === undefined ? {} : { token: this.config.natsToken }),
      }),
    );
    this.#broker = broker;
    folder.rememberPorts({ nats: broker.port });
    return { stop: () => broker.close() };
  }

  async #startBus(signal: AbortSignal) {
    const { natsToken, pod } = this.config;
    const bus = await this.#untilReachable(signal, 'NATS', () =>
      NatsBus.connect({
        url: this.natsUrl,
        name: `coinpilot-${pod}`,
        log: this.#log,
        ...(natsToken === undefined ? {} : { token: natsToken }),
      }),
    );
    this.#bus = bus;
    const unsubscribe = bus.subscribe(this.#subjects.pod(pod, 'ping'), (message) => message.respond('{"ok":true}'));
    return {
      stop: async () => {
        unsubscribe();
        await bus.close();
      },
    };
  }

  async #startLedger(signal: AbortSignal) {
    const url = this.databaseUrl;
    await this.#untilReachable(signal, 'the database', () => migrate({ url, log: this.#log }));
    this.#ledger = await PostgresLedger.open({ url, log: this.#log });
    const { feed } = this.config;
    if (feed.kind !== 'bus') {
      const refused = await this.#ledger.store.remember('paper', feed.kind);
      if (refused !== undefined) throw new TerminalError(refused);
      this.#feed ??= await openFeed(feed, this.config.symbols, this.#log);
      await this.#storeHistory(this.#feed);
    }
    const { paper } = this.config;
    this.#venue = new PaperVenue({ settings: paper, store: this.#ledger.paper, log: this.#log });
    return { stop: () => this.#ledger.close() };
  }

  /** Warm-up data that lies before the feed, once. */
  async #storeHistory(feed: Feed): Promise<void> {
    await this.#ledger.ownership.addSymbols(feed.symbols);
    const stored = await this.#ledger.store.lastCandles();
    for (const symbol of feed.symbols) {
      const history = await feed.history(symbol, stored.get(symbol));
      for (let start = 0; start < history.length; start += HISTORY_CHUNK) {
        const chunk = history.slice(start, start + HISTORY_CHUNK);
        await this.#ledger.store.storeCandles(chunk.map((candle) => ({ symbol, candle })));
      }
    }
  }

  async #startMembership(failed: (error: unknown) => void, signal: AbortSignal) {
    const owner = { pod: this.config.pod, incarnation: randomUUID() };
    const { ownership } = this.#ledger;
    const membership = await this.#untilReachable(signal, 'the cluster', async () => {
      await this.#bus.request(this.#subjects.pod(owner.pod, 'ping'), '', 1_000);
      return Membership.join({
        owner,
        ownership,
        bus: this.#bus,
        subjects: this.#subjects,
        clock: systemClock,
        log: this.#log,
        onFenced: failed,
      });
    });
    this.#membership = membership;
    return {
      stop: async () => {
        membership.stop();
        await withTimeout(ownership.leave(owner), this.#patienceMs);
      },
    };
  }

  async #startWriter(failed: (error: unknown) => void, signal: AbortSignal) {
    let queue: GroupCommit | undefined;
    const port = await this.#untilReachable(signal, 'the database', () =>
      PostgresCommit.connect(this.databaseUrl, (cause) => queue?.fail(ledgerFailure(cause))),
    );
    const onFailed = (cause: unknown): void => {
      this.#ledgerUp = false;
      failed(cause);
    };
    queue = new GroupCommit(port, onFailed, () => this.#membership?.holds ?? false);
    this.#queue = queue;
    this.#ledgerUp = true;
    return { stop: () => port.close() };
  }

  async #startAccount(failed: (error: unknown) => void, signal: AbortSignal) {
    const { account: ledger, ownership } = this.#ledger;
    const service = await AccountService.start({
      ledger,
      ownership,
      membership: this.#required(this.#membership),
      bus: this.#bus,
      subjects: this.#subjects,
      clock: systemClock,
      log: this.#log,
      limits: this.config.risk,
      marketNow: () => this.marketTime ?? systemClock.now(),
      onFenced: () => failed(new FencedError('another Pod owns the account')),
      signal,
    });
    this.#account = service;
    await this.#openPaperAccount(service);
    return {
      stop: async () => service.stop(),
    };
  }

  /** A new paper ledger starts with money; the id makes it happen once. */
  async #openPaperAccount(service: AccountService): Promise<void> {
    const { deposits, version } = await this.#ledger.account.read('1970-01-01');
    if (version > 0 || deposits > 0n) return;
    const amount = parseDecimal(this.config.paper.balance);
    if (amount === 0n) return;
    await service.actor.deposit({ id: contentId('paper', 'opening balance'), amount, reason: 'paper money to start with' });
  }

  async #startSymbols() {
    const membership = this.#required(this.#membership);
    const queue = this.#required(this.#queue);
    const { store, ownership } = this.#ledger;
    const { preset } = this.config;
    const parametersHash = fingerprint(canonicalPreset(preset));
    const symbols = new SymbolSupervisor({
      settingsOf: (symbol) => ({
        symbol,
        preset,
        parametersHash,
        instrument: upbitKrw(symbol),
        feeRate: fromNumber(this.config.paper.feeRate),
      }),
      ports: {
        queue,
        load: this.#load,
        account: this.#required(this.#account).actor,
        venue: this.#venue,
        reader: store,
        clock: systemClock,
        log: this.#log,
        pod: this.config.pod,
        mayAct: () => membership.holds,
        publish: (rows) => this.#publish(rows),
        count: (symbol, key) => this.#intake?.count(symbol, key),
        onClosed: (trade) => this.#callbacks.onTrade(trade),
        onIllegalEvent: (symbol, event, mode) => {
          this.stats.illegalEvents += 1;
          this.#log.warn({ symbol, event, mode }, 'an event is not legal in this mode');
        },
      },
      membership,
      ownership,
      writer: store,
      bus: this.#bus,
      subjects: this.#subjects,
      clock: systemClock,
      random: systemRandom,
      log: this.#log,
      stats: this.stats,
    });
    this.#symbols = symbols;
    await ownership.addSymbols(this.config.symbols);
    await symbols.serve((await ownership.symbols()).map((row) => row.symbol));
    const cluster = new ClusterService({
      membership,
      ownership,
      symbols,
      bus: this.#bus,
      subjects: this.#subjects,
      clock: systemClock,
      log: this.#log,
      stats: this.stats,
      onDrain: this.#callbacks.onDrain,
    });
    await this.#bus.flush().catch(() => undefined);
    this.#serving = true;
    return {
      stop: async () => {
        this.#serving = false;
        cluster.stop();
        if (this.#ledgerUp) await symbols.stop();
        else symbols.abandon();
        await withTimeout(ownership.release(membership.owner, [...symbols.hosts.keys()]), this.#patienceMs);
      },
    };
  }

  async #startHttp() {
    const server = await listenOn(this.config.httpPort, this.#state?.lastPorts.http, (port) =>
      startStatusServer({ port, ready: () => this.ready, status: () => this.#status() }),
    );
    this.#http = server;
    this.#state?.rememberPorts({ http: server.port });
    return { stop: () => server.close() };
  }

  async #startMarket(failed: (error: unknown) => void) {
    const symbols = this.#required(this.#symbols);
    const account = this.#required(this.#account);
    const intake = new MarketIntake({
      hosts: symbols.hosts,
      observePrice: (symbol, price, at) => account.actor.observePrice(symbol, price, at),
      writer: this.#ledger.store,
      bus: this.#bus,
      subjects: this.#subjects,
      clock: systemClock,
      log: this.#log,
      stats: this.stats,
      onFailed: failed,
    });
    this.#intake = intake;
    const feed = this.#feed;
    if (feed === undefined) {
      const market = new MarketBus({ bus: this.#bus, subjects: this.#subjects, hosts: symbols.hosts, stats: this.stats, log: this.#log });
      return { stop: async () => market.stop() };
    }
    const abort = new AbortController();
    const running = feed.run(intake, await this.#ledger.store.lastCandles(), abort.signal).then(
      async (how) => {
        await intake.flush();
        if (how === 'end') this.#callbacks.onFeedEnd();
      },
      (error: unknown) => failed(isBadData(error) ? new TerminalError((error as Error).message, { cause: error }) : error),
    );
    return {
      stop: async () => {
        abort.abort();
        await withTimeout(running, this.#patienceMs);
        intake.stop();
        await withTimeout(intake.flush(), this.#patienceMs);
      },
    };
  }

  #publish(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      this.#bus.publish(this.#subjects.event(row.symbol, row.kind as EventKind), JSON.stringify(eventOf(row)));
      this.stats.lastEvent = { at: row.at, text: `${row.symbol} ${row.kind} #${row.seq}` };
    }
  }

  #status(): Readonly<Record<string, unknown>> {
    const time = this.marketTime;
    return {
      pod: this.config.pod,
      preset: this.config.preset.name,
      feed: this.config.feed.kind,
      marketTime: time === undefined ? null : new Date(time).toISOString(),
      commits: this.commits.commits,
      rows: this.commits.rows,
      restarts: this.#supervisor.restarts,
      symbols: [...(this.#symbols?.hosts.values() ?? [])].map(({ symbol, mode, epoch }) => ({ symbol, mode, epoch })),
    };
  }

  /** Repeats `work` while what it needs is away: waiting for a server is not a failure of ours. */
  async #untilReachable<T>(signal: AbortSignal, what: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work();
      } catch (cause) {
        const error = asOutsideFailure(cause);
        if (!(error instanceof RetryableError) || signal.aborted) throw error;
        // An embedded server is ours: its part restarts it, and this one after it.
        if (attempt === 0) this.#log.warn({ error: error.message }, `${what} can't be reached; trying again`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (signal.aborted) throw error;
      }
    }
  }

  /** How long a stopping part waits for the ledger. */
  get #patienceMs(): number {
    return this.#ledgerUp ? LEAVE_TIMEOUT_MS : 50;
  }

  #folder(): StateFolder {
    if (this.#state === undefined) throw new TerminalError('embedded servers need a state folder (--state)');
    return this.#state;
  }

  #required<T>(value: T | undefined): T {
    if (value === undefined) throw new Error('a part was started before those it depends on');
    return value;
  }
}

const HISTORY_CHUNK = 5_000;
const LEAVE_TIMEOUT_MS = 1_500;
const RETRY_MS = 250;

/** Waits for `work`, but not longer, and never fails: used while stopping, when a server may be gone. */
async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.then(() => undefined, () => undefined), late]);
  clearTimeout(timer);
}

function isBadData(error: unknown): boolean {
  return (error as { name?: string }).name === 'RecordedDataError';
}
