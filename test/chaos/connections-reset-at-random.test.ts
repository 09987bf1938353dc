/** A network that resets one connection after another, to Postgres and to NATS, of every Pod, in the middle of anything. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SEED } from '../support/chaos.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const PODS = ['pod-a', 'pod-b', 'pod-c'];
const FAULTS_MS = 10_000;
const MEAN_MS = 400;

describe.runIf(hasNatsServer)('connections reset at random (needs nats-server)', () => {
  const fixture = useCluster({ name: 'reset at random', pods: PODS, isProxied: true });

  it('lose and double nothing, and end no Pod', async () => {
    const { cluster } = fixture;
    await fixture.startLoad();
    const proxies = PODS.flatMap((name) => [cluster.pod(name).postgres, cluster.pod(name).nats]);
    for (const [index, proxy] of proxies.entries()) proxy.resetAtRandom({ seed: SEED + index, meanMs: MEAN_MS });
    await delay(FAULTS_MS);
    for (const proxy of proxies) proxy.pass();
    await cluster.whenShared();
    await fixture.works();
    await fixture.expectNothingLost();
    expect(cluster.running, cluster.explain()).toEqual(PODS);
    expect(Math.min(...proxies.map(({ resets }) => resets))).toBeGreaterThan(0);
  });
});
