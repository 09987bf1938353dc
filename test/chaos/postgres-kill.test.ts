/** kill -9 of the embedded Postgres under load: the engine lives, says "try again", and brings Postgres back by itself. */
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
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import type { FillClients } from '../support/fill-clients.ts';

let home: EngineHome;
let engine: EngineProcess;
let clients: FillClients | undefined;

beforeAll(async () => {
  home = await EngineHome.create();
  engine = await startTarget(home);
});

afterAll(async () => {
  clients?.kill();
  await home?.remove();
});

describe('kill -9 of Postgres', () => {
  it('is survived without a hand, a crash loop or a lost fill, round after round', async () => {
    clients = startLoad(engine.ready.nats, SEED);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const explain = () => `round ${round}: ${engine.log.slice(-3_000)}`;
      await clients.acknowledge(ACKNOWLEDGED_PER_ROUND, RECOVERY_MS_MAX, explain);
      await randomMoment();
      const postmaster = home.postmasterPid();
      expect(postmaster, explain()).toBeDefined();
      process.kill(postmaster!, 'SIGKILL');
      await until(
        () => {
          const now = home.postmasterPid();
          return now !== undefined && now !== postmaster;
        },
        RECOVERY_MS_MAX,
        explain,
      );
      expect(engine.isAlive, explain()).toBe(true);
    }
    const report = await clients.stop();
    expect(engine.isAlive).toBe(true);
    await expectNothingLost(engine.ready.postgres, report);
    // What the clients were told meanwhile was theirs to retry; nobody got a final answer that was none.
    expect(await engine.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
