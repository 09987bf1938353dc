/**
 * One-for-one supervision of the symbols this Pod owns: claims them, keeps a host for each, and lets the bus in once the
 * host serves. A symbol owned elsewhere is asked for again in the background.
 */
import type { ActorPorts } from '../actors/symbol/actor.ts';
import { decodeSymbolCommand } from '../actors/symbol/decode.ts';
import type { SymbolSettings } from '../actors/symbol/turn.ts';
import { type Reply, refuse } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Bus, BusMessage } from '../protocol/ports/bus.ts';
import { type Clock, type Random, sleep } from '../protocol/ports/clock.ts';
import type { LedgerReader, LedgerWriter, StoredRow } from '../protocol/ports/ledger.ts';
import type { ClaimedPosition, OwnershipPort } from '../protocol/ports/ownership.ts';
import type { Log } from '../protocol/ports/log.ts';
import { lastToken, type Subjects } from '../protocol/subjects.ts';
import type { Membership } from './membership.ts';
import type { PodStats } from './pod-stats.ts';
import { RestartPolicy } from './restart-policy.ts';
import { SymbolHost } from './symbol-host.ts';

export interface SymbolSupervisorOptions {
  readonly settingsOf: (symbol: string) => SymbolSettings;
  readonly ports: ActorPorts;
  readonly membership: Membership;
  readonly ownership: OwnershipPort;
  readonly writer: LedgerWriter;
  readonly reader: LedgerReader;
  /** Stores the candles that were delivered and are not stored yet: a symbol that starts again reads them back. */
  readonly storeMarket: () => Promise<void>;
  /** Tells the world about rows of the cluster's journal. */
  readonly publish: (rows: readonly StoredRow[]) => void;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly stats: PodStats;
}

/** Rows of the cluster's journal read at once; more are told with the next claim. */
const CLUSTER_ROWS_MAX = 1_000;
/** Actors started at the same time; each start makes a few queries. */
const STARTS_AT_ONCE = 16;

export class SymbolSupervisor {
  readonly #options: SymbolSupervisorOptions;
  readonly #hosts = new Map<string, SymbolHost>();
  readonly #unsubscribe = new Map<string, () => void>();
  readonly #wanted = new Set<string>();
  /** The last row of the cluster's journal that was looked at. */
  #clusterSeq: number | undefined;
  #cancelReclaim: (() => void) | undefined;
  #claiming: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SymbolSupervisorOptions) {
    this.#options = options;
  }

  get hosts(): ReadonlyMap<string, SymbolHost> {
    return this.#hosts;
  }

  /** Claims and serves these symbols; resolves when everything that could be claimed is served. */
  async serve(symbols: readonly string[]): Promise<void> {
    for (const symbol of symbols) this.#wanted.add(symbol);
    await this.#claimWanted();
    this.#scheduleReclaim();
  }

  /** Ends a symbol here and gives it back. */
  async release(symbol: string): Promise<void> {
    this.#wanted.delete(symbol);
    this.#drop(symbol);
    await this.#options.ownership.release(this.#options.membership.owner, [symbol]);
  }

  /** Stops accepting, waits until what was accepted is committed, then ends every symbol. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelReclaim?.();
    for (const unsubscribe of this.#unsubscribe.values()) unsubscribe();
    this.#unsubscribe.clear();
    await Promise.race([
      Promise.all([...this.#hosts.values()].map((host) => host.settled())),
      sleep(this.#options.clock, LIMITS.stopTimeoutMs / 4),
    ]);
    for (const host of this.#hosts.values()) host.stop();
  }

  /** Ends every symbol at once: authority or the ledger is gone. */
  abandon(): void {
    this.#stopped = true;
    this.#cancelReclaim?.();
    for (const symbol of [...this.#hosts.keys()]) this.#drop(symbol);
  }

  /** One claim after the other: two at once would both take a symbol that neither serves yet, and fence each other. */
  #claimWanted(): Promise<void> {
    const claimed = this.#claiming.then(() => this.#claimMissing());
    this.#claiming = claimed.catch(() => undefined);
    return claimed;
  }

  async #claimMissing(): Promise<void> {
    const { membership, ownership, log, bus } = this.#options;
    const missing = [...this.#wanted].filter((symbol) => !this.#hosts.has(symbol));
    if (missing.length === 0 || this.#stopped) return;
    this.#clusterSeq ??= await this.#options.reader.head('cluster');
    const claimed = await ownership.claim(membership.owner, missing);
    const queue = [...claimed];
    const workers = Array.from({ length: Math.min(STARTS_AT_ONCE, queue.length) }, async () => {
      for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift())
        await this.#start(next);
    });
    await Promise.all(workers);
    if (this.#stopped) return;
    await this.#announce();
    await bus.flush();
    if (claimed.length > 0) log.info({ symbols: claimed.length }, 'symbols are served');
  }

  /** Publishes what this Pod's claims wrote into the cluster's journal; other Pods publish theirs. */
  async #announce(): Promise<void> {
    const { reader, membership, publish } = this.#options;
    const rows = await reader.journal('cluster', this.#clusterSeq ?? 0, CLUSTER_ROWS_MAX);
    this.#clusterSeq = rows.at(-1)?.seq ?? this.#clusterSeq;
    publish(rows.filter((row) => row.body?.includes(membership.owner.incarnation)));
  }

  async #start(claimed: ClaimedPosition): Promise<void> {
    const { settingsOf, ports, ownership, writer, clock, random, log, subjects, bus } = this.#options;
    const { symbol } = claimed;
    const host = new SymbolHost({
      settings: settingsOf(symbol),
      ports,
      ownership,
      writer,
      clock,
      log,
      policy: new RestartPolicy(
        {
          restartsMax: LIMITS.restartsMax,
          windowMs: LIMITS.restartWindowMs,
          backoffFirstMs: LIMITS.restartBackoffFirstMs,
          backoffMaxMs: LIMITS.restartBackoffMaxMs,
        },
        clock,
        random,
      ),
      claim: async (name) => {
        await this.#options.storeMarket();
        const [again] = await ownership.claim(this.#options.membership.owner, [name]);
        await this.#announce();
        return again;
      },
      onLost: (name) => {
        log.warn({ symbol: name }, 'a symbol is owned by another Pod');
        this.#drop(name);
      },
    });
    this.#hosts.set(symbol, host);
    await host.start(claimed);
    if (this.#stopped || this.#hosts.get(symbol) !== host) return;
    this.#unsubscribe.set(
      symbol,
      bus.subscribe(subjects.symbol(symbol, '*'), (message) => this.#onMessage(host, message)),
    );
  }

  #onMessage(host: SymbolHost, message: BusMessage): void {
    const { clock, membership, stats } = this.#options;
    const reply = (answer: Reply): void => {
      if (!answer.ok) stats.refused(answer.error.code);
      message.respond(JSON.stringify(answer));
    };
    stats.commands += 1;
    if (!membership.holds) {
      reply(refuse('NOT_OWNER', 'this Pod may have lost the symbol: send the same command with the same id again'));
      return;
    }
    const decoded = decodeSymbolCommand(lastToken(message.subject), message.data, clock.now());
    if ('ok' in decoded) reply(decoded);
    else host.post(decoded, reply);
  }

  #drop(symbol: string): void {
    this.#unsubscribe.get(symbol)?.();
    this.#unsubscribe.delete(symbol);
    this.#hosts.get(symbol)?.stop();
    this.#hosts.delete(symbol);
  }

  #scheduleReclaim(): void {
    if (this.#stopped) return;
    this.#cancelReclaim?.();
    this.#cancelReclaim = this.#options.clock.after(LIMITS.heartbeatIntervalMs, () => {
      this.#claimWanted()
        .catch((error: unknown) => {
          this.#options.log.warn({ error: (error as Error).message }, 'symbols could not be claimed yet');
        })
        .finally(() => this.#scheduleReclaim());
    });
  }
}
