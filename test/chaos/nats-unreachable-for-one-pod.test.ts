/**
 * One Pod is cut off from the broker and reaches Postgres. Nobody can ask it anything, so that it must not keep its
 * symbols; back again, it takes part by itself.
 */
import { describe, it } from 'vitest';
import { useCluster } from '../support/cluster-fixture.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const FAULTS: readonly [string, (proxy: FaultProxy) => void][] = [
  ['resets its connections', (proxy) => proxy.cut()],
  ['swallows its packets', (proxy) => proxy.blackHole()],
];

describe.runIf(hasNatsServer)('a Pod whose network (needs nats-server)', () => {
  const fixture = useCluster({ name: 'nats unreachable', pods: ['pod-a', 'pod-b', 'pod-c'], isProxied: true });

  it.each(FAULTS)('%s on the way to NATS loses its symbols to the others until it is back', async (_name, fault) => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const { nats } = cluster.pod('pod-a');
    fault(nats);
    await cluster.whenServed(['pod-b', 'pod-c']);
    await fixture.works();
    nats.pass();
    await cluster.whenShared();
    await fixture.works();
    await fixture.expectNothingLost();
  });
});
