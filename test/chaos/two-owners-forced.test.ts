/**
 * Two processes that both believe to own a symbol, made by SQL: the lease of the owner is ended in its row, and it can't
 * know. Only one of them can write, and the other finds out and takes part again by itself (I1).
 */
import { describe, expect, it } from 'vitest';
import type { ClusterPod } from '../support/cluster.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { endLease, symbolOf, whenRobbed } from '../support/force-owner.ts';
import { LateWrites } from '../support/late-writes.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const LATE_WRITES = 50;
const LATE_MS_MAX = 30_000;

interface Case {
  readonly name: string;
  readonly isolate: (pod: ClusterPod) => void;
  readonly rejoin: (pod: ClusterPod) => void;
}

const CASES: readonly Case[] = [
  { name: 'is frozen', isolate: (pod) => pod.freeze(), rejoin: (pod) => pod.thaw() },
  {
    name: 'decides on, cut off from Postgres',
    isolate: ({ postgres }) => postgres.blackHole(),
    rejoin: ({ postgres }) => postgres.pass(),
  },
  {
    name: 'decides on, its commits on the way',
    isolate: ({ postgres }) => postgres.hold('toServer'),
    rejoin: ({ postgres }) => postgres.pass(),
  },
];

describe.runIf(hasNatsServer)('an owner that lost its symbols while it (needs nats-server)', () => {
  const fixture = useCluster({ name: 'two owners', pods: ['pod-a', 'pod-b', 'pod-c'], isProxied: true });

  it.each(CASES)('$name writes nothing into them and takes part again', async ({ isolate, rejoin }) => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const pod = cluster.pod('pod-a');
    const symbol = await symbolOf(cluster, 'pod-a');
    isolate(pod);
    const late = LateWrites.send(cluster, { symbol, count: LATE_WRITES, withinMs: LATE_MS_MAX });
    await endLease(cluster, 'pod-a');
    await whenRobbed(cluster, 'pod-a');
    await fixture.works();
    const before = await cluster.row(symbol);
    rejoin(pod);
    await late.expectNoneAccepted();
    await cluster.whenShared();
    await fixture.works();
    await fixture.expectNothingLost();
    expect((await cluster.row(symbol)).version).toBeGreaterThan(before.version);
  });
});
