/** Postgres goes away under a whole cluster and comes back: Pods wait, say "try again", and lose nothing (I2, I3, I7). */
import { describe, expect, it } from 'vitest';
import { randomMoment } from '../support/chaos.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import type { ExternalPostgres } from '../support/external-postgres.ts';
import { hasNatsServer } from '../support/nats-server.ts';

const PODS = ['pod-a', 'pod-b', 'pod-c'];
const ROUNDS = 2;
const ENDS: readonly [string, (postgres: ExternalPostgres) => Promise<void>][] = [
  ['killed', (postgres) => postgres.kill()],
  ['shut down', (postgres) => postgres.stop()],
];

describe.runIf(hasNatsServer)('a Postgres server that is (needs nats-server)', () => {
  const fixture = useCluster({ name: 'postgres restarted', pods: PODS, ownsPostgres: true });

  it.each(ENDS)('%s and started again is waited for by every Pod', async (_name, end) => {
    const { cluster, postgres } = fixture;
    await fixture.startLoad();
    for (let round = 0; round < ROUNDS; round += 1) {
      await randomMoment();
      await end(postgres);
      await randomMoment(1_500);
      await postgres.restart();
      await cluster.whenShared();
      await fixture.works();
    }
    expect(cluster.running, cluster.explain()).toEqual(PODS);
    const { failures } = await fixture.expectNothingLost();
    expect(Object.keys(failures), 'the clients noticed').not.toEqual([]);
  });
});
