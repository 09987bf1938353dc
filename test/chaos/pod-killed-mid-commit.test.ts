/**
 * kill -9 of a Pod whose commits are on the wire. Those that had arrived are there, and their callers get the answer from
 * the next owner (I3); those that arrive when another Pod owns the symbol change nothing (I1).
 */
import { describe, expect, it } from 'vitest';
import { SETTLED_MS_MAX } from '../support/cluster.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { until } from '../support/engine-process.ts';
import type { Direction } from '../support/fault-proxy.ts';
import { whenRobbed } from '../support/force-owner.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const CASES: readonly [string, Direction][] = [
  ['had not arrived', 'toServer'],
  ['had arrived and were not answered', 'toClient'],
];

describe.runIf(hasNatsServer)('kill -9 of a Pod whose commits (needs nats-server)', () => {
  const fixture = useCluster({ name: 'killed mid commit', pods: ['pod-a', 'pod-b', 'pod-c'], isProxied: true });

  it.each(CASES)('%s loses and doubles nothing', async (_name, direction) => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const pod = cluster.pod('pod-a');
    pod.postgres.hold(direction);
    await until(
      () => pod.postgres.kept(direction).length > 0,
      SETTLED_MS_MAX,
      () => `nothing is on its way: ${cluster.explain()}`,
    );
    await pod.kill();
    await whenRobbed(cluster, 'pod-a');
    // What the dead Pod had sent reaches Postgres only now, on connections whose other end is gone.
    pod.postgres.pass();
    await cluster.whenServed(['pod-b', 'pod-c']);
    await fixture.works();
    await cluster.add('pod-a');
    await cluster.whenShared();
    await fixture.works();
    const { failures } = await fixture.expectNothingLost();
    expect(Object.keys(failures), 'the clients noticed').not.toEqual([]);
  });
});
