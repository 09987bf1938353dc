/** kill -9 of every Pod at the same moment, as when a node group goes away: whatever was acknowledged is there (I2, I3). */
import { describe, expect, it } from 'vitest';
import { randomMoment } from '../support/chaos.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const PODS = ['pod-a', 'pod-b', 'pod-c'];
const ROUNDS = 3;

describe.runIf(hasNatsServer)('kill -9 of all Pods at once (needs nats-server)', () => {
  const fixture = useCluster({ name: 'all pods killed', pods: PODS });

  it('loses and doubles nothing, and the next Pods serve everything by themselves', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    for (let round = 0; round < ROUNDS; round += 1) {
      await randomMoment();
      await Promise.all(PODS.map((name) => cluster.pod(name).kill()));
      await Promise.all(PODS.map((name) => cluster.add(name)));
      await cluster.whenShared();
      await fixture.works();
    }
    const { failures } = await fixture.expectNothingLost();
    expect(Object.keys(failures), 'the clients noticed').not.toEqual([]);
  });
});
