/**
 * A cluster as operators run it: several processes of `coinpilot pod` on one Postgres and one real nats-server, each Pod
 * behind fault proxies of its own where a test wants to fault it alone. Owns Pods, broker and proxies; the database is
 * the caller's. Asks and judges from outside: over NATS without the Pods' proxies, and by SQL.
 */
import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type NatsConnection } from 'nats';
import { EngineProcess, type Exit, until } from './engine-process.ts';
import { ExternalNats } from './external-nats.ts';
import { FaultProxy } from './fault-proxy.ts';
import { acknowledgedFill, type FillRecord } from './fill-plan.ts';
import { sql } from './ledger-audit.ts';
import { ATTEMPT_MS_MAX, ask, insist, uuidv7 } from './wire.ts';

export interface ClusterOptions {
  readonly databaseUrl: string;
  /** Made known to the cluster when its first Pod serves. */
  readonly symbols: readonly string[];
  /** Further options of every Pod, as typed. */
  readonly podOptions?: readonly string[];
}

export interface PodOptions {
  /** Puts proxies between this Pod and its servers; kept over restarts of the Pod. */
  readonly isProxied?: boolean;
}

/** The answer to `cp.cluster.get`; DESIGN §7. */
export interface ClusterAnswer {
  readonly ok: boolean;
  readonly pods: readonly { readonly pod: string; readonly live: boolean; readonly symbols: number }[];
  readonly symbols: readonly { readonly symbol: string; readonly owner: string | null; readonly epoch: number }[];
}

/** Who owns a symbol by its row, which is the only authority. */
export interface OwnerRow {
  readonly symbol: string;
  readonly owner: string | null;
  readonly incarnation: string | null;
  readonly epoch: number;
  readonly version: number;
  readonly quantity: string;
}

/** How long a cluster may take to settle on a busy machine. */
export const SETTLED_MS_MAX = 60_000;

/** Cash for more fills than any test sends, and quantity for more sells: nothing is refused. */
const CASH = '1000000000000';
const FIRST_BUY = { side: 'buy', quantity: '1000000', price: '1', fee: '0' } as const;

/** No Pod has more than its share of the symbols by this factor, DESIGN §3. */
const LOAD_BOUND = 1.1;
const LOG_SHOWN = 1_500;
/** Looking takes connections and answers: it must not be the load that is measured. */
const LOOK_EVERY_MS = 200;

export class Cluster {
  readonly databaseUrl: string;
  readonly symbols: readonly string[];
  readonly broker: ExternalNats;
  readonly nc: NatsConnection;
  readonly #podOptions: readonly string[];
  readonly #folder: string;
  readonly #pods = new Map<string, ClusterPod>();
  /** Also when a run is interrupted, and nobody stops the cluster. */
  readonly #removeFolder = () => rmSync(this.#folder, { recursive: true, force: true });

  /** Servers only; `add` brings the Pods. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    // Before there is a folder: a broker that is not installed leaves nothing behind.
    const broker = await ExternalNats.start();
    const folder = await mkdtemp(join(tmpdir(), 'coinpilot-cluster-'));
    await chmod(folder, 0o755);
    const nc = await connect({ servers: broker.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    return new Cluster({ ...options, broker, nc, folder });
  }

  private constructor(parts: ClusterOptions & { broker: ExternalNats; nc: NatsConnection; folder: string }) {
    this.databaseUrl = parts.databaseUrl;
    this.symbols = parts.symbols;
    this.#podOptions = parts.podOptions ?? [];
    this.broker = parts.broker;
    this.nc = parts.nc;
    this.#folder = parts.folder;
    process.once('exit', this.#removeFolder);
  }

  pod(name: string): ClusterPod {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new Error(`there is no Pod ${name} in this cluster`);
    return pod;
  }

  /** Names of the Pods whose processes live. */
  get running(): string[] {
    return [...this.#pods.values()].filter(({ process }) => process.isAlive).map(({ name }) => name);
  }

  /** Starts a Pod, or starts one again that has ended, without waiting for anything. */
  async launch(name: string, { isProxied = false }: PodOptions = {}): Promise<ClusterPod> {
    const before = this.#pods.get(name);
    const proxies = before?.proxies ?? (isProxied ? await this.#proxies() : undefined);
    const databaseUrl = proxies?.postgres.through(this.databaseUrl) ?? this.databaseUrl;
    const natsUrl = proxies?.nats.through(this.broker.url) ?? this.broker.url;
    const servers = ['--database-url', databaseUrl, '--nats-url', natsUrl, '--http-port', '0'];
    const engine = new EngineProcess(
      ['pod', '--json', '--pod', name, ...servers, ...this.#podOptions],
      this.#folder,
      {},
    );
    const pod = new ClusterPod(name, engine, proxies);
    this.#pods.set(name, pod);
    return pod;
  }

  /** Starts a Pod and waits until it says that it serves. */
  async add(name: string, options: PodOptions = {}): Promise<ClusterPod> {
    const pod = await this.launch(name, options);
    await pod.process.whenReady();
    return pod;
  }

  /** Starts these Pods at once, makes the symbols known, and waits until they share them. */
  async grow(names: readonly string[], options: PodOptions = {}): Promise<void> {
    await Promise.all(names.map((name) => this.add(name, options)));
    await insist(this.nc, 'cp.cluster.add', { symbols: this.symbols });
    await this.whenShared();
  }

  /** Cash for whatever a test does. */
  async deposit(): Promise<void> {
    await insist(this.nc, 'cp.account.deposit', { amount: CASH });
  }

  /** Deposits, and buys a lot of every symbol, so that no sell is refused. Returns the fills, for the verdict. */
  async fund(): Promise<FillRecord[]> {
    await this.deposit();
    return Promise.all(this.symbols.map((symbol) => this.#buy(symbol)));
  }

  async #buy(symbol: string): Promise<FillRecord> {
    const fill = { id: uuidv7(), ...FIRST_BUY };
    const { version } = await insist<{ version: number }>(this.nc, `cp.symbol.${symbol}.fill`, fill);
    return acknowledgedFill(symbol, fill, version);
  }

  view(): Promise<ClusterAnswer> {
    return ask<ClusterAnswer>(this.nc, 'cp.cluster.get', {}, ATTEMPT_MS_MAX);
  }

  /** The rows of the symbols, by name. */
  owners(): Promise<OwnerRow[]> {
    return sql<OwnerRow>(
      this.databaseUrl,
      `select symbol, owner, incarnation, epoch::int, version::int, quantity::text from positions
       where not removed order by symbol`,
    );
  }

  async row(symbol: string): Promise<OwnerRow> {
    const found = (await this.owners()).find((row) => row.symbol === symbol);
    if (found === undefined) throw new Error(`there is no row of ${symbol}`);
    return found;
  }

  /** Every symbol answers, and its answer names the owner of its row. `by`: only these Pods own symbols. */
  async whenServed(by: readonly string[] = this.running): Promise<void> {
    await this.#settled('served', async () => this.#unserved(by));
  }

  /** Served, these Pods (default: those that run) are the live ones, and none has more than its share. */
  async whenShared(by: readonly string[] = this.running): Promise<void> {
    const most = Math.ceil((LOAD_BOUND * this.symbols.length) / by.length);
    await this.#settled('shared', async () => {
      const { pods, symbols } = await this.view();
      const live = pods.filter((pod) => pod.live).map(({ pod }) => pod);
      if (live.toSorted().join() !== by.toSorted().join()) return `live are ${live}, not ${by}`;
      const shares = by.map((name) => symbols.filter(({ owner }) => owner === name).length);
      if (shares.some((share) => share > most)) return `shares are ${shares}, at most ${most} each`;
      return this.#unserved(by);
    });
  }

  /** Ends of all logs, for the message of what a test finds wrong. */
  explain(): string {
    return [...this.#pods.values()].map(({ name, process }) => `${name}: ${process.log.slice(-LOG_SHOWN)}`).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#pods.values()].map((pod) => pod.remove()));
    await this.nc.close();
    await this.broker.stop();
    process.removeListener('exit', this.#removeFolder);
    this.#removeFolder();
  }

  async #proxies(): Promise<PodProxies> {
    const postgres = await FaultProxy.start(this.databaseUrl);
    return { postgres, nats: await FaultProxy.start(this.broker.url) };
  }

  /** What is not served yet, as a sentence; undefined when everything is. */
  async #unserved(by: readonly string[]): Promise<string | undefined> {
    const rows = new Map((await this.owners()).map((row) => [row.symbol, row]));
    const answers = this.symbols.map(async (symbol) => {
      const owner = rows.get(symbol)?.owner;
      if (typeof owner !== 'string' || !by.includes(owner)) return `${symbol} is owned by ${owner}`;
      const reply = await ask(this.nc, `cp.symbol.${symbol}.get`, {}, ATTEMPT_MS_MAX);
      return reply.ok && reply.owner === owner ? undefined : `${symbol} answers ${JSON.stringify(reply).slice(0, 200)}`;
    });
    return (await Promise.all(answers)).find((problem) => problem !== undefined);
  }

  /** Polls until there is no problem. A server that is away is a problem like any other. */
  async #settled(what: string, problem: () => Promise<string | undefined>): Promise<void> {
    let last: string | undefined;
    await until(
      async () => {
        last = await problem().catch((error: unknown) => String(error));
        if (last !== undefined) await delay(LOOK_EVERY_MS);
        return last === undefined;
      },
      SETTLED_MS_MAX,
      () => `not ${what} after ${SETTLED_MS_MAX} ms: ${last}\n${this.explain()}`,
    );
  }
}

export interface PodProxies {
  readonly postgres: FaultProxy;
  readonly nats: FaultProxy;
}

export class ClusterPod {
  readonly name: string;
  readonly process: EngineProcess;
  readonly #proxies: PodProxies | undefined;

  constructor(name: string, engine: EngineProcess, proxies: PodProxies | undefined) {
    this.name = name;
    this.process = engine;
    this.#proxies = proxies;
  }

  get proxies(): PodProxies | undefined {
    return this.#proxies;
  }

  /** Between this Pod and Postgres; it must have been started with proxies. */
  get postgres(): FaultProxy {
    return this.#proxied.postgres;
  }

  /** Between this Pod and NATS; it must have been started with proxies. */
  get nats(): FaultProxy {
    return this.#proxied.nats;
  }

  freeze(): void {
    this.process.signal('SIGSTOP');
  }

  thaw(): void {
    this.process.signal('SIGCONT');
  }

  /** kill -9. */
  kill(): Promise<Exit> {
    return this.process.kill('SIGKILL');
  }

  /** SIGTERM: it finishes its work, releases and leaves. */
  drain(): Promise<Exit> {
    return this.process.kill('SIGTERM');
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#proxies?.postgres.close();
    await this.#proxies?.nats.close();
  }

  get #proxied(): PodProxies {
    if (this.#proxies === undefined) throw new Error(`${this.name} runs without proxies`);
    return this.#proxies;
  }
}
