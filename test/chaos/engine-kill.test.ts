/** kill -9 of the engine at a random moment under load, again and again, on the same state and the same ports. */
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

describe('kill -9 of the engine', () => {
  it('loses nothing acknowledged and doubles nothing, round after round', async () => {
    const { nats } = engine.ready;
    clients = startLoad(nats, SEED);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await clients.acknowledge(
        ACKNOWLEDGED_PER_ROUND,
        RECOVERY_MS_MAX,
        () => `round ${round}: ${engine.log.slice(-3_000)}`,
      );
      await randomMoment();
      expect(await engine.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
      engine = await home.start();
      expect(engine.ready.nats, 'a restart is found where the engine was').toBe(nats);
    }
    await expectNothingLost(engine.ready.postgres, await clients.stop());
  });
});
