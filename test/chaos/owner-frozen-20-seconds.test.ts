/**
 * A Pod that stands still for 20 s, as under a debugger or a swapping machine. The others take its symbols; it wakes up
 * believing that it owns them, and not one of its late writes is accepted. It takes part again by itself (I1).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { useCluster } from '../support/cluster-fixture.ts';
import { symbolOf } from '../support/force-owner.ts';
import { LateWrites } from '../support/late-writes.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const FROZEN_MS = 20_000;
const LATE_WRITES = 50;
/** From before it is frozen until it has answered what waited for it. */
const LATE_MS_MAX = 45_000;

describe.runIf(hasNatsServer)('an owner that was frozen for 20 s (needs nats-server)', () => {
  const fixture = useCluster({ name: 'owner frozen', pods: ['pod-a', 'pod-b', 'pod-c'] });

  it('writes nothing late and rejoins, while the others serve its symbols', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const pod = cluster.pod('pod-a');
    const symbol = await symbolOf(cluster, 'pod-a');
    pod.freeze();
    const frozen = delay(FROZEN_MS);
    const late = LateWrites.send(cluster, { symbol, count: LATE_WRITES, withinMs: LATE_MS_MAX });
    await cluster.whenServed(['pod-b', 'pod-c']);
    await fixture.works();
    await frozen;
    pod.thaw();
    await late.expectNoneAccepted();
    await cluster.whenShared();
    await fixture.works();
    await fixture.expectNothingLost();
  });
});
