/** kill -9 and restart of a real nats-server under load: engine and clients find each other again, and nothing is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACKNOWLEDGED_PER_ROUND,
  expectNothingLost,
  RECOVERY_MS_MAX,
  ROUNDS,
  randomMoment,
  SEED,
  startLoad,
  startTarget,
} from '../support/chaos.ts';
import { EngineHome, type EngineProcess } from '../support/engine-process.ts';
import type { FillClients } from '../support/fill-clients.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let broker: NatsServer;
let home: EngineHome;
let engine: EngineProcess;
let clients: FillClients | undefined;

describe.runIf(hasNatsServer)('kill -9 of the broker (needs nats-server)', () => {
  beforeAll(async () => {
    database = await createDatabase('broker kill');
    broker = await startNatsServer();
    home = await EngineHome.create(['--database-url', database.url, '--nats-url', broker.url]);
    engine = await startTarget(home);
  });

  afterAll(async () => {
    clients?.kill();
    await home?.remove();
    await broker?.stop();
    await database?.drop();
  });

  it('is survived without a hand, a crash loop or a lost fill, round after round', async () => {
    clients = startLoad(broker.url, SEED);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const explain = () => `round ${round}: ${engine.log.slice(-3_000)}`;
      await clients.acknowledge(ACKNOWLEDGED_PER_ROUND, RECOVERY_MS_MAX, explain);
      await randomMoment();
      const { port } = broker;
      await broker.kill('SIGKILL');
      // Sometimes it is back before anybody has noticed, sometimes not.
      await randomMoment(1_500);
      broker = await startNatsServer({ port });
      expect(engine.isAlive, explain()).toBe(true);
    }
    const report = await clients.stop();
    expect(engine.isAlive).toBe(true);
    await expectNothingLost(database.url, report);
  });
});
