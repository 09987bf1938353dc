/**
 * Gateways are killed, owners are killed, networks to NATS and Postgres are cut, in mid-stream: every client is told every
 * row of the journal once and in order, the last one included (I7). Guards against a feed that is complete only in fair weather.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { randomMoment, SEED } from '../support/chaos.ts';
import { Cluster } from '../support/cluster.ts';
import { GatewayFleet } from '../support/gateway-fleet.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { mulberry32 } from '../support/seeded.ts';
import { symbols } from '../support/wire.ts';

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 2);
const PODS = ['pod-a', 'pod-b', 'pod-c'];
const SYMBOLS = 6;
const CLIENTS = 12;
const OUTAGE_MS = 2_500;
/** Longer than a read of the gateway waits for an answer. */
const SILENCE_MS = 6_000;

describe.runIf(hasNatsServer)('the live feed under faults (needs nats-server)', () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let fleet: GatewayFleet;

  beforeAll(async () => {
    database = await createDatabase('feed gap free');
    cluster = await Cluster.start({ databaseUrl: database.url, symbols: symbols(SYMBOLS) });
    await cluster.grow(PODS);
    await cluster.fund();
    fleet = await GatewayFleet.start(cluster);
    fleet.follow(CLIENTS);
  });

  afterAll(async () => {
    await fleet?.stop();
    await cluster?.stop();
    await database?.drop();
  });

  const random = mulberry32(SEED);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

  /** So long, and while events flow. */
  const outage = (ms: number) => Promise.all([delay(ms), fleet.works()]);

  const faults: readonly [string, () => Promise<void>][] = [
    [
      'a gateway is killed and started again',
      async () => {
        const { gateway } = pick(fleet.gateways);
        await gateway.kill();
        await fleet.works();
        await gateway.restart();
      },
    ],
    [
      'the owning Pod is killed',
      async () => {
        const { owner } = await cluster.row(pick(cluster.symbols));
        await cluster.pod(owner as string).kill();
        await cluster.whenServed();
        await fleet.works();
        await cluster.add(owner as string);
        await cluster.whenShared();
      },
    ],
    [
      'the gateways lose NATS',
      async () => {
        for (const { nats } of fleet.gateways) nats.cut();
        await outage(OUTAGE_MS);
        for (const { nats } of fleet.gateways) nats.pass();
      },
    ],
    [
      'the gateways lose Postgres',
      async () => {
        for (const { postgres } of fleet.gateways) postgres.cut();
        await outage(OUTAGE_MS);
        for (const { postgres } of fleet.gateways) postgres.pass();
      },
    ],
    [
      'packets of one gateway are swallowed on the way to both',
      async () => {
        const { nats, postgres } = pick(fleet.gateways);
        nats.blackHole();
        postgres.blackHole();
        await outage(SILENCE_MS);
        nats.pass();
        postgres.pass();
      },
    ],
  ];

  it.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('misses nothing in round %i', async (round) => {
    console.warn(`chaos: ${ROUNDS} rounds, CHAOS_SEED=${SEED}`);
    fleet.startLoad(SEED + round);
    await fleet.works();
    for (const [name, fault] of shuffled(faults, random)) {
      console.warn(`chaos: ${name}`);
      await randomMoment();
      await fault();
      await fleet.works();
    }
    // The last events of the load are heard by no gateway.
    for (const { nats } of fleet.gateways) nats.cut();
    await fleet.works();
    await fleet.stopLoad();
    await fleet.everythingArrives();
    for (const { nats } of fleet.gateways) nats.pass();
    await fleet.expectNothingMissed();
  });
});

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const left = [...items];
  const order: Item[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(random() * left.length), 1));
  return order;
}
