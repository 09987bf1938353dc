/** An autoscaler that goes from two Pods to eight and back: symbols move twice under load, and no change is lost. */
import { describe, expect, it } from 'vitest';
import { useCluster } from '../support/cluster-fixture.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const TWO = ['pod-a', 'pod-b'];
const SIX_MORE = ['pod-c', 'pod-d', 'pod-e', 'pod-f', 'pod-g', 'pod-h'];

describe.runIf(hasNatsServer)('2 → 8 → 2 Pods (needs nats-server)', () => {
  const fixture = useCluster({ name: 'two eight two', pods: TWO });

  it('shares the symbols each time and loses nothing', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    await Promise.all(SIX_MORE.map((name) => cluster.add(name)));
    await cluster.whenShared([...TWO, ...SIX_MORE]);
    await fixture.works();
    const exits = await Promise.all(SIX_MORE.map((name) => cluster.pod(name).drain()));
    expect(exits, cluster.explain()).toEqual(SIX_MORE.map(() => ({ code: 0, signal: null })));
    await cluster.whenShared(TWO);
    await fixture.works();
    await fixture.expectNothingLost();
  });
});
