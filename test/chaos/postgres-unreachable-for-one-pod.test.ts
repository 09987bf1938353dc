/**
 * One Pod is cut off from Postgres and still hears its clients. It can't commit, so that it acknowledges nothing; its
 * lease ends, the others take its symbols, and what it had on the way when the network comes back is refused (I1).
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
  const fixture = useCluster({ name: 'postgres unreachable', pods: ['pod-a', 'pod-b', 'pod-c'], isProxied: true });

  it.each(FAULTS)('%s on the way to Postgres loses its symbols until it is back', async (_name, fault) => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const { postgres } = cluster.pod('pod-a');
    fault(postgres);
    await cluster.whenServed(['pod-b', 'pod-c']);
    await fixture.works();
    postgres.pass();
    await cluster.whenShared();
    await fixture.works();
    await fixture.expectNothingLost();
  });
});
