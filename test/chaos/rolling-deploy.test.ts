/** A rolling deploy: each Pod is told to end, finishes its work and comes back; clients notice a short pause at most. */
import { describe, expect, it } from 'vitest';
import { useCluster } from '../support/cluster-fixture.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const PODS = ['pod-a', 'pod-b', 'pod-c'];

describe.runIf(hasNatsServer)('a rolling deploy of three Pods (needs nats-server)', () => {
  const fixture = useCluster({ name: 'rolling deploy', pods: PODS });

  it('ends every Pod in order, shares its symbols each time, and loses nothing', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    for (const name of PODS) {
      expect(await cluster.pod(name).drain(), cluster.explain()).toEqual({ code: 0, signal: null });
      await cluster.whenServed();
      await cluster.add(name);
      await cluster.whenShared();
      await fixture.works();
    }
    await fixture.expectNothingLost();
  });
});
