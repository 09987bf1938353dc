/**
 * One-for-one supervision of the symbols this Pod owns: claims those it is told to, keeps a host for each, and lets the bus
 * in once the host serves; gives them back when told so. Which symbols is decided elsewhere (cluster/rebalancer.ts).
 */
import type { ActorPorts } from '../actors/symbol/actor.ts';
import { decodeSymbolCommand } from '../actors/symbol/decode.ts';
import { type ClaimedLife, readRecovery } from '../actors/symbol/recovery.ts';
import type { SymbolSettings } from '../actors/symbol/turn.ts';
import { type Reply, refuse } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus, BusMessage } from '../protocol/ports/bus.ts';
import { type Clock, type Random, sleep } from '../protocol/ports/clock.ts';
import type { LedgerReader, LedgerWriter } from '../protocol/ports/ledger.ts';
import type { Log } from '../protocol/ports/log.ts';
import type { ClusterEvent, HeldSymbol, OwnershipPort } from '../protocol/ports/ownership.ts';
import { lastToken, type Subjects } from '../protocol/subjects.ts';
import type { Membership } from './cluster/membership.ts';
import type { PodStats } from './pod-stats.ts';
import { RestartPolicy } from './restart-policy.ts';
import { type HostOptions, SymbolHost } from './symbol-host.ts';
import { withTimeout } from './waiting.ts';

export interface SymbolSupervisorOptions {
  readonly settingsOf: (symbol: string) => SymbolSettings;
  readonly ports: ActorPorts;
  readonly membership: Membership;
  readonly ownership: OwnershipPort;
  readonly writer: LedgerWriter;
  readonly reader: LedgerReader;
  /** Stores the candles that were delivered and are not stored yet: a symbol that starts again reads them back. */
  readonly storeMarket: () => Promise<void>;
  /** Tells the cluster what was claimed or released. */
  readonly tell: (event: ClusterEvent) => void;
  /** A symbol was dropped here: whoever decides who owns what should look again. */
  readonly onDropped: (symbol: string) => void;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly stats: PodStats;
}

/** Actors started at the same time; a start may make a few queries. */
const STARTS_AT_ONCE = 32;
const SYMBOL_RESTARTS = {
  restartsMax: LIMITS.restartsMax,
  windowMs: LIMITS.restartWindowMs,
  backoffFirstMs: LIMITS.restartBackoffFirstMs,
  backoffMaxMs: LIMITS.restartBackoffMaxMs,
};
/** A row may be locked for a moment by a commit or another claim: the claim of one symbol is tried so often. */
const CLAIM_ATTEMPTS = 3;
const CLAIM_RETRY_MS = 50;

export class SymbolSupervisor {
  readonly #options: SymbolSupervisorOptions;
  readonly #hostOptions: HostOptions;
  readonly #hosts = new Map<string, SymbolHost>();
  readonly #unsubscribe = new Map<string, () => void>();
  #claiming: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SymbolSupervisorOptions) {
    this.#options = options;
    const { ports, ownership, writer, clock, random, log } = options;
    this.#hostOptions = {
      ports,
      ownership,
      writer,
      clock,
      log,
      newPolicy: () => new RestartPolicy(SYMBOL_RESTARTS, clock, random),
      claim: (host) => this.#claimAgain(host),
      onLost: (host) => {
        log.warn({ symbol: host.symbol }, 'a symbol is owned by another Pod');
        this.#drop(host);
        options.onDropped(host.symbol);
      },
    };
  }

  get hosts(): ReadonlyMap<string, SymbolHost> {
    return this.#hosts;
  }

  /** What this Pod believes to own. */
  get held(): readonly HeldSymbol[] {
    return [...this.#hosts.values()].flatMap((host) => host.held ?? []);
  }

  /** Opens the connections a claim needs: the first of a process takes a fifth of a second, and clients would wait. */
  async warmUp(): Promise<void> {
    const { ownership, membership, reader } = this.#options;
    await ownership.claim(membership.owner, []);
    await readRecovery(reader, []);
  }

  /**
   * Claims these symbols and serves what it gets; resolves when that is done. One claim after the other: two at once would
   * both take a symbol that neither serves yet, and fence each other.
   */
  claim(symbols: readonly string[]): Promise<void> {
    const claimed = this.#claiming.then(() => this.#claim(symbols));
    this.#claiming = claimed.catch(() => undefined);
    return claimed;
  }

  /** Stops accepting, finishes what was accepted, gives the symbols back. */
  async handOver(symbols: readonly string[]): Promise<void> {
    const { ownership, membership, tell } = this.#options;
    const startedAt = this.#options.clock.monotonic();
    const leaving = symbols.flatMap((symbol) => this.#hosts.get(symbol) ?? []);
    for (const host of leaving) this.#stopListening(host.symbol);
    await this.#finish(leaving);
    for (const host of leaving) this.#drop(host);
    // In line with the claims: a late release must not give back what was claimed again.
    const released = this.#claiming.then(async () => tell(await ownership.release(membership.owner, symbols)));
    this.#claiming = released.catch(() => undefined);
    await released;
    const ms = Math.round(this.#options.clock.monotonic() - startedAt);
    this.#options.log.info({ symbols: symbols.length, ms }, 'symbols were handed over');
  }

  /** Gives back rows that carry this Pod's name and have no host: the answer to their claim was lost. */
  releaseStray(symbols: readonly string[]): Promise<void> {
    const released = this.#claiming.then(async () => {
      const stray = symbols.filter((symbol) => !this.#hosts.has(symbol));
      const { ownership, membership, tell } = this.#options;
      if (stray.length > 0) tell(await ownership.release(membership.owner, stray));
    });
    this.#claiming = released.catch(() => undefined);
    return released;
  }

  /** The ledger says that these are not ours any more. A host that has begun another life since is not meant. */
  lost(symbols: readonly string[], held: readonly HeldSymbol[]): void {
    const lost = new Set(symbols);
    for (const { symbol, epoch } of held) {
      const host = this.#hosts.get(symbol);
      if (!lost.has(symbol) || host?.held?.epoch !== epoch) continue;
      this.#options.log.warn({ symbol, epoch }, 'a symbol has another owner: its actor is dropped');
      this.#drop(host);
      this.#options.onDropped(symbol);
    }
  }

  /** Removed from trading: nobody owns it. */
  remove(symbols: readonly string[]): void {
    for (const symbol of symbols) {
      const host = this.#hosts.get(symbol);
      if (host !== undefined) this.#drop(host);
    }
  }

  /** Ends every symbol at once: authority or the ledger is gone. */
  abandon(): void {
    this.#stopped = true;
    for (const host of [...this.#hosts.values()]) this.#drop(host);
  }

  /** What was sent before the server knew that nobody listens any more is still done. */
  async #finish(hosts: readonly SymbolHost[]): Promise<void> {
    const { bus, clock } = this.#options;
    const done = bus
      .flush()
      .catch(() => undefined)
      .then(() => Promise.all(hosts.map((host) => host.settled())));
    await withTimeout(clock, done, LIMITS.settleTimeoutMs);
  }

  async #claim(symbols: readonly string[]): Promise<void> {
    const { membership, ownership, reader, log, bus, tell } = this.#options;
    const missing = symbols.filter((symbol) => !this.#hosts.has(symbol));
    if (missing.length === 0 || this.#stopped) return;
    const startedAt = this.#options.clock.monotonic();
    const { positions, event } = await ownership.claim(membership.owner, missing);
    if (positions.length === 0) return;
    const recoveries = await readRecovery(
      reader,
      positions.map(({ symbol }) => symbol),
    );
    const queue = positions.flatMap((claimed): ClaimedLife[] => {
      const recovery = recoveries.get(claimed.symbol);
      return recovery === undefined ? [] : [{ claimed, recovery }];
    });
    const workers = Array.from({ length: Math.min(STARTS_AT_ONCE, queue.length) }, async () => {
      for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift())
        await this.#start(next);
    });
    await Promise.all(workers);
    if (this.#stopped) return;
    // Known to the server before anybody is told; without a connection it will be, and clients try again until then.
    await bus.flush().catch(() => undefined);
    tell(event);
    const ms = Math.round(this.#options.clock.monotonic() - startedAt);
    log.info({ symbols: positions.length, ms }, 'symbols are served');
  }

  async #start(life: ClaimedLife): Promise<void> {
    const { settingsOf, subjects, bus } = this.#options;
    const { symbol } = life.claimed;
    const host = new SymbolHost(settingsOf(symbol), this.#hostOptions);
    this.#hosts.set(symbol, host);
    await host.start(life);
    if (this.#stopped || this.#hosts.get(symbol) !== host) return;
    this.#unsubscribe.set(
      symbol,
      bus.subscribe(subjects.symbol(symbol, '*'), (message) => this.#onMessage(host, message)),
    );
  }

  /** A symbol whose actor is over is claimed for a new life of it. */
  async #claimAgain(host: SymbolHost): Promise<ClaimedLife | undefined> {
    const { symbol } = host;
    const { ownership, membership, reader, clock, storeMarket, tell } = this.#options;
    await storeMarket();
    for (let attempt = 1; ; attempt += 1) {
      const { positions, event } = await ownership.claim(membership.owner, [symbol]);
      tell(event);
      const [claimed] = positions;
      if (claimed !== undefined && this.#hosts.get(symbol) !== host) {
        // Dropped while it was claimed: nobody is there to serve it.
        await this.releaseStray([symbol]);
        return undefined;
      }
      if (claimed !== undefined) {
        const recovery = (await readRecovery(reader, [symbol])).get(symbol);
        return recovery === undefined ? undefined : { claimed, recovery };
      }
      if (attempt === CLAIM_ATTEMPTS || this.#stopped) return undefined;
      await sleep(clock, CLAIM_RETRY_MS);
    }
  }

  #onMessage(host: SymbolHost, message: BusMessage): void {
    const { clock, membership, stats } = this.#options;
    stats.commands += 1;
    if (!membership.holds) {
      const why = 'this Pod may have lost the symbol: send the same command with the same id again';
      this.#reply(message, refuse('NOT_OWNER', why));
      return;
    }
    const decoded = decodeSymbolCommand(lastToken(message.subject), message.data, clock.now());
    if ('ok' in decoded) this.#reply(message, decoded);
    else host.post(decoded, (answer) => this.#reply(message, answer));
  }

  #reply(message: BusMessage, answer: Reply): void {
    if (!answer.ok) this.#options.stats.refused(answer.error.code);
    message.respond(JSON.stringify(answer));
  }

  #stopListening(symbol: string): void {
    this.#unsubscribe.get(symbol)?.();
    this.#unsubscribe.delete(symbol);
  }

  #drop(host: SymbolHost): void {
    host.stop();
    if (this.#hosts.get(host.symbol) !== host) return;
    this.#stopListening(host.symbol);
    this.#hosts.delete(host.symbol);
  }
}
