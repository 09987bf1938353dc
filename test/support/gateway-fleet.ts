/**
 * Two gateways behind one address, in front of a cluster, each with fault proxies of its own; fills and deposits that
 * flow, and clients that follow everything. For chaos tests: faults are the test's, the verdict is here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Cluster, SETTLED_MS_MAX } from './cluster.ts';
import { until } from './engine-process.ts';
import { FaultProxy } from './fault-proxy.ts';
import { FillClients } from './fill-clients.ts';
import { type Follower, followByClient, RawFollower } from './gateway-followers.ts';
import { TestGateway } from './gateway-process.ts';
import { readHeads, readJournal, type ToldStream } from './gateway-stream.ts';
import { GatewaySwitch } from './gateway-switch.ts';
import { insist } from './wire.ts';

/** A gateway and the network between it and its servers. */
export interface FleetGateway {
  readonly gateway: TestGateway;
  readonly postgres: FaultProxy;
  readonly nats: FaultProxy;
}

const GATEWAYS = 2;
/** Fills acknowledged between two faults: shows that events really flow. */
const ACKNOWLEDGED = 40;
const DEPOSIT_EVERY_MS = 150;
/** A lost last event is noticed by the heads, polled twice a second, and read: this is ten times as much. */
const ARRIVED_MS_MAX = 5_000;
const LOG_SHOWN = 1_500;

export class GatewayFleet {
  readonly gateways: readonly FleetGateway[];
  readonly followers: Follower[] = [];
  readonly #cluster: Cluster;
  readonly #switch: GatewaySwitch;
  #load: { readonly clients: FillClients; readonly deposits: Promise<void> } | undefined;
  #isDepositing = false;

  static async start(cluster: Cluster): Promise<GatewayFleet> {
    const starting = Array.from({ length: GATEWAYS }, () => startGateway(cluster));
    const gateways = await Promise.all(starting);
    const ports = gateways.map(({ gateway }) => gateway.port);
    return new GatewayFleet(cluster, gateways, await GatewaySwitch.start(ports));
  }

  private constructor(cluster: Cluster, gateways: readonly FleetGateway[], address: GatewaySwitch) {
    this.#cluster = cluster;
    this.gateways = gateways;
    this.#switch = address;
  }

  /** Of all gateways. */
  get url(): string {
    return this.#switch.url;
  }

  /** So many clients on every symbol, the account and the cluster: every other one is the typed client. */
  follow(count: number): void {
    const channels = [...this.#cluster.symbols.map((symbol) => `symbol:${symbol}`), 'account', 'cluster'];
    for (let index = 0; index < count; index += 1) {
      const options = { url: this.url, channels };
      this.followers.push(
        index % 2 === 0 ? followByClient(`client ${index}`, options) : new RawFollower(`raw ${index}`, options),
      );
    }
  }

  /** Fills over all symbols by the typed NATS client in a process of its own, and deposits, until `stopLoad`. */
  startLoad(seed: number): void {
    const clients = FillClients.start([
      {
        url: this.#cluster.broker.url,
        symbols: this.#cluster.symbols,
        seed,
        client: 'typed',
        concurrency: 6,
        thinkMs: 30,
        giveUpMs: 2 * SETTLED_MS_MAX,
      },
    ]);
    this.#isDepositing = true;
    this.#load = { clients, deposits: this.#deposit() };
  }

  /** Resolves after more fills were acknowledged. */
  async works(): Promise<void> {
    await this.#load?.clients.acknowledge(ACKNOWLEDGED, SETTLED_MS_MAX, () => this.#cluster.explain());
  }

  /** After this nothing changes any more but by the cluster itself. */
  async stopLoad(): Promise<void> {
    this.#isDepositing = false;
    await this.#load?.deposits;
    await this.#load?.clients.stop();
    this.#load = undefined;
  }

  /** The last event of every stream is with every client in time, although nothing happens any more. */
  async everythingArrives(): Promise<void> {
    let missing: string[] = [];
    await until(
      async () => {
        const heads = await readHeads(this.#cluster.databaseUrl);
        missing = this.#streams().flatMap(([follower, { channel, stream, seq }]) =>
          seq === (heads.get(stream) ?? 0) ? [] : [`${follower.name} has ${channel} ${seq} of ${heads.get(stream)}`],
        );
        return missing.length === 0;
      },
      ARRIVED_MS_MAX,
      () => `not there after ${ARRIVED_MS_MAX} ms: ${missing.slice(0, 20).join('; ')}\n${this.explain()}`,
    );
  }

  /** What every client was told is the journal: every row from its first snapshot on, once, in order, as SQL has it. */
  async expectNothingMissed(): Promise<void> {
    const journal = await readJournal(this.#cluster.databaseUrl);
    const streams = this.#streams();
    const faults = streams.flatMap(([{ name }, told]) => told.verdict(journal).map((fault) => `${name}: ${fault}`));
    expect(faults.slice(0, 20), this.explain()).toEqual([]);
    const replaced = streams.filter(([, told]) => told.replacements > 0);
    expect(
      replaced.map(([{ name }, { channel }]) => `${name} ${channel}`),
      'no gap was so wide that a snapshot had to make up for it',
    ).toEqual([]);
    expect(this.followers.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`))).toEqual(
      [],
    );
    const rows = [...journal.values()].reduce((sum, stream) => sum + stream.length, 0);
    const told = streams.reduce((sum, [, { events }]) => sum + events.length, 0);
    const connections = this.followers.reduce((sum, follower) => sum + follower.connections, 0);
    console.warn(`chaos: ${rows} rows, ${told} events told over ${connections} connections`);
  }

  explain(): string {
    return this.gateways.map(({ gateway }) => `${gateway.url}: ${gateway.process.log.slice(-LOG_SHOWN)}`).join('\n');
  }

  async stop(): Promise<void> {
    this.#isDepositing = false;
    this.#load?.clients.kill();
    for (const follower of this.followers) follower.close();
    await this.#switch.close();
    for (const { gateway, postgres, nats } of this.gateways) {
      await gateway.remove();
      await postgres.close();
      await nats.close();
    }
  }

  #streams(): [Follower, ToldStream][] {
    return this.followers.flatMap((follower) =>
      follower.streams.map((stream): [Follower, ToldStream] => [follower, stream]),
    );
  }

  async #deposit(): Promise<void> {
    while (this.#isDepositing) {
      await insist(this.#cluster.nc, 'cp.account.deposit', { amount: '1' });
      await delay(DEPOSIT_EVERY_MS);
    }
  }
}

async function startGateway(cluster: Cluster): Promise<FleetGateway> {
  const postgres = await FaultProxy.start(cluster.databaseUrl);
  const nats = await FaultProxy.start(cluster.broker.url);
  const databaseUrl = postgres.through(cluster.databaseUrl);
  const gateway = await TestGateway.start({ databaseUrl, natsUrl: nats.through(cluster.broker.url) });
  return { gateway, postgres, nats };
}
