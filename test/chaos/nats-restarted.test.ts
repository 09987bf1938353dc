/**
 * kill -9 and restart of the broker under a whole cluster. Every Pod is silent for a moment: the first to reconnect must
 * not take the others for dead (DESIGN §3).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { randomMoment } from '../support/chaos.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const ROUNDS = 5;
/** Well below what a lease has left after its last heartbeat. */
const AWAY_MS = 1_000;

describe.runIf(hasNatsServer)('a broker that is killed and restarted (needs nats-server)', () => {
  const fixture = useCluster({ name: 'nats restarted', pods: ['pod-a', 'pod-b', 'pod-c'] });

  it('changes no owner and loses nothing', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const owners = async () => (await cluster.owners()).map(({ symbol, owner, epoch }) => ({ symbol, owner, epoch }));
    const before = await owners();
    for (let round = 0; round < ROUNDS; round += 1) {
      await randomMoment();
      await cluster.broker.kill();
      await delay(AWAY_MS);
      await cluster.broker.restart();
      await cluster.whenShared();
      await fixture.works();
    }
    const { failures } = await fixture.expectNothingLost();
    expect(await owners(), cluster.explain()).toEqual(before);
    expect(Object.keys(failures), 'the clients noticed').not.toEqual([]);
  });
});
