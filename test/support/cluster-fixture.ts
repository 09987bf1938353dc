/** A cluster for a chaos test file: its Pods serve before the first test, nothing of it is left after the last. */
import { afterAll, beforeAll, expect } from 'vitest';
import { SEED } from './chaos.ts';
import { Cluster, type PodOptions, SETTLED_MS_MAX } from './cluster.ts';
import { ExternalPostgres } from './external-postgres.ts';
import { FillClients, type FillReport } from './fill-clients.ts';
import { acknowledgedFill, type FillRecord, type WireFill } from './fill-plan.ts';
import { judge } from './fill-verdict.ts';
import { createDatabase } from './postgres.ts';
import { symbols } from './wire.ts';

export interface ClusterFixtureOptions extends PodOptions {
  readonly name: string;
  readonly pods: readonly string[];
  /** A Postgres server of its own, for a test that restarts it. */
  readonly ownsPostgres?: boolean;
}

const SYMBOLS = 12;
/** Fills acknowledged between two faults: shows that the cluster really works again. */
const ACKNOWLEDGED = 100;
/** A batch has the most to lose, a single fill the most to answer. */
const FILLS_PER_REQUEST = [1, 10];
const CLEAN = { failed: 0, lost: 0, doubled: 0, wrong: 0, faults: [] };

export class ClusterFixture {
  /** The server of this file alone; fails when it has none. */
  postgres!: ExternalPostgres;
  cluster!: Cluster;
  readonly #options: ClusterFixtureOptions;
  #clients: FillClients | undefined;
  #records: FillRecord[] = [];
  #removeDatabase: () => Promise<void> = async () => undefined;

  constructor(options: ClusterFixtureOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const databaseUrl = await this.#createDatabase();
    this.cluster = await Cluster.start({ databaseUrl, symbols: symbols(SYMBOLS) });
    await this.cluster.grow(this.#options.pods, this.#options);
    this.#records = await this.cluster.fund();
  }

  async close(): Promise<void> {
    this.#clients?.kill();
    await this.cluster?.stop();
    await this.#removeDatabase();
  }

  /** Steady load over all symbols by client processes of their own, until `expectNothingLost`. */
  async startLoad(): Promise<void> {
    console.warn(`chaos: CHAOS_SEED=${SEED}`);
    this.#clients = FillClients.start(
      FILLS_PER_REQUEST.map((fillsPerRequestMax, index) => ({
        url: this.cluster.broker.url,
        symbols: this.cluster.symbols,
        seed: SEED + index,
        concurrency: 6,
        fillsPerRequestMax,
        thinkMs: 5,
        giveUpMs: 2 * SETTLED_MS_MAX,
      })),
    );
    await this.works();
  }

  /** Resolves after more fills were acknowledged. */
  async works(): Promise<void> {
    await this.#clients?.acknowledge(ACKNOWLEDGED, SETTLED_MS_MAX, () => this.cluster.explain());
  }

  /** A fill that the test itself sent until it was acknowledged, for the verdict. */
  note(symbol: string, fill: Omit<WireFill, 'fee'>, version: number): void {
    this.#records.push(acknowledgedFill(symbol, { fee: '0', ...fill }, version));
  }

  /** Ends the load and compares what the clients noted with the tables. Returns what the clients met. */
  async expectNothingLost(): Promise<FillReport> {
    if (this.#clients === undefined) throw new Error('there was no load');
    const report = await this.#clients.stop();
    this.#clients = undefined;
    this.#records.push(...report.records);
    const { commands, ...found } = await judge(this.cluster.databaseUrl, { records: this.#records });
    console.warn(`chaos: ${commands} fills, met ${JSON.stringify(report.failures)}`);
    expect(found, this.cluster.explain()).toEqual(CLEAN);
    return report;
  }

  async #createDatabase(): Promise<string> {
    if (this.#options.ownsPostgres !== true) {
      const database = await createDatabase(this.#options.name);
      this.#removeDatabase = database.drop;
      return database.url;
    }
    this.postgres = await ExternalPostgres.start();
    this.#removeDatabase = () => this.postgres.remove();
    return this.postgres.createDatabase('cluster');
  }
}

/** Registers the hooks; called inside `describe`. */
export function useCluster(options: ClusterFixtureOptions): ClusterFixture {
  const fixture = new ClusterFixture(options);
  beforeAll(() => fixture.open());
  afterAll(() => fixture.close());
  return fixture;
}
