/**
 * Some clients stop reading while fills flood the feed: nobody else misses or waits for anything, the gateway does not
 * keep what they do not read (I10), and when they read again they get a snapshot and everything after it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEED } from '../support/chaos.ts';
import { Cluster, SETTLED_MS_MAX } from '../support/cluster.ts';
import { until } from '../support/engine-process.ts';
import { FillClients } from '../support/fill-clients.ts';
import { RawFollower } from '../support/gateway-followers.ts';
import { TestGateway } from '../support/gateway-process.ts';
import { readHeads, readJournal } from '../support/gateway-stream.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { symbols } from '../support/wire.ts';

const SYMBOLS = 3;
const READERS = 3;
const SLEEPERS = 30;
/** Events of about 400 bytes; the kernel keeps some megabytes of them for a sleeper, the rest would be the gateway's. */
const FLOOD = 24_000;
const EVENT_BYTES = 400;
const KERNEL_MIB = 4.5;
/** What garbage, code and 256 kB for each sleeper may take. */
const GROWTH_MIB_MAX = 96;
const ARRIVED_MS_MAX = 60_000;

describe.runIf(hasNatsServer)('a client that does not read (needs nats-server)', () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let gateway: TestGateway;
  let readers: readonly RawFollower[] = [];
  let sleepers: readonly RawFollower[] = [];
  let load: FillClients | undefined;

  beforeAll(async () => {
    database = await createDatabase('feed slow reader');
    cluster = await Cluster.start({ databaseUrl: database.url, symbols: symbols(SYMBOLS) });
    await cluster.grow(['pod-a']);
    await cluster.fund();
    gateway = await TestGateway.start({ databaseUrl: database.url, natsUrl: cluster.broker.url });
  });

  afterAll(async () => {
    load?.kill();
    for (const follower of [...readers, ...sleepers]) follower.close();
    await gateway?.remove();
    await cluster?.stop();
    await database?.drop();
  });

  const explain = () => gateway.process.log.slice(-2_000);

  it('costs nobody anything, and goes on from a snapshot when it reads again', async () => {
    const options = { url: gateway.url, channels: cluster.symbols.map((symbol) => `symbol:${symbol}`) };
    const follow = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => new RawFollower(`${name} ${index}`, options));
    readers = follow(READERS, 'reader');
    sleepers = follow(SLEEPERS, 'sleeper');
    const all = [...readers, ...sleepers];
    await until(() => all.every(({ isLive }) => isLive), ARRIVED_MS_MAX, explain);

    for (const sleeper of sleepers) sleeper.pause();
    const before = await gateway.residentMiB();
    let most = before;
    const watching = setInterval(() => {
      void gateway.residentMiB().then((now) => {
        most = Math.max(most, now);
      });
    }, 250);
    load = FillClients.start(
      [0, 1].map((index) => ({
        url: cluster.broker.url,
        symbols: cluster.symbols,
        seed: SEED + index,
        concurrency: 8,
        // A commit of far more is more than 256 kB at once, which a client that reads may be too slow for.
        fillsPerRequestMax: 32,
        giveUpMs: SETTLED_MS_MAX,
      })),
    );
    const started = performance.now();
    await load.acknowledge(FLOOD, 2 * SETTLED_MS_MAX, () => cluster.explain());
    await until(
      async () => (await gateway.metric('coinpilot_feed_dropped_total')) > 0,
      SETTLED_MS_MAX,
      () => 'the gateway kept sending to those who do not read',
    );
    await load.stop();
    load = undefined;
    const seconds = (performance.now() - started) / 1_000;

    // Those who read have everything, while the others still do not read.
    await allArrived(readers);
    clearInterval(watching);
    expect(sleepers.every(({ streams }) => streams.every(({ replacements }) => replacements === 0))).toBe(true);
    expect(most - before, 'MiB that the gateway grew by').toBeLessThan(GROWTH_MIB_MAX);
    const unreadMiB = SLEEPERS * ((FLOOD * EVENT_BYTES) / 1_048_576 - KERNEL_MIB);
    expect(GROWTH_MIB_MAX, 'what was not read would be seen').toBeLessThan(unreadMiB);

    for (const sleeper of sleepers) sleeper.resume();
    await allArrived(sleepers);
    const journal = await readJournal(database.url);
    const faults = all.flatMap(({ name, streams, problems }) => [
      ...problems,
      ...streams.flatMap((told) => told.verdict(journal).map((fault) => `${name}: ${fault}`)),
    ]);
    expect(faults.slice(0, 20), explain()).toEqual([]);
    const replacements = (followers: readonly RawFollower[]) =>
      followers.map(({ streams }) => streams.reduce((sum, told) => sum + told.replacements, 0));
    expect(replacements(readers), 'who reads is told every event').toEqual(readers.map(() => 0));
    expect(Math.min(...replacements(sleepers)), 'who does not gets snapshots').toBeGreaterThan(0);
    expect(all.map(({ connections }) => connections)).toEqual(all.map(() => 1));
    console.warn(
      `chaos: ${FLOOD} events in ${seconds.toFixed(1)} s, ${before.toFixed(0)} MiB grew to ${most.toFixed(0)} MiB`,
    );
  });

  async function allArrived(followers: readonly RawFollower[]): Promise<void> {
    const heads = await readHeads(database.url);
    const told = () => followers.flatMap(({ streams }) => streams);
    await until(
      () => told().every(({ stream, seq }) => seq === heads.get(stream)),
      ARRIVED_MS_MAX,
      () => `${told().map(({ stream, seq }) => `${stream} ${seq} of ${heads.get(stream)}`)}\n${explain()}`,
    );
  }
});
