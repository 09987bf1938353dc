/**
 * A batch that is on the wire when its connection dies, and reaches Postgres after its Pod has rebuilt the symbol. At the
 * same epoch it would land, and the rebuilt actor would not know; the new claim has raised the epoch (I1; DESIGN §3).
 */
import { describe, expect, it } from 'vitest';
import { SETTLED_MS_MAX } from '../support/cluster.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { until } from '../support/engine-process.ts';
import { carries, symbolOf } from '../support/force-owner.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { ask, insist, uuidv7 } from '../support/wire.ts';

const ROUNDS = 3;

describe.runIf(hasNatsServer)('a batch that outlives its connection (needs nats-server)', () => {
  const fixture = useCluster({ name: 'batch outlives', pods: ['pod-a', 'pod-b'], isProxied: true });

  it('changes nothing when it arrives, round after round', async () => {
    const { cluster } = fixture;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { postgres } = cluster.pod('pod-a');
      const symbol = await symbolOf(cluster, 'pod-a');
      const subject = `cp.symbol.${symbol}.fill`;
      const fill = { id: uuidv7(), side: 'buy', quantity: '1', price: '100' } as const;
      // Nothing else is on its way: a writer that waits for answers would not send this batch.
      postgres.hold('toServer');
      const lost = ask(cluster.nc, subject, fill).catch((error: unknown) => String(error));
      await until(
        () => carries(postgres.kept('toServer'), fill.id),
        SETTLED_MS_MAX,
        () => `the batch is not on its way: ${cluster.explain()}`,
      );
      const before = await cluster.row(symbol);
      postgres.dropClients();
      expect(await lost).not.toMatchObject({ ok: true });
      // Whoever owns the symbol now has claimed it anew, at the version that the batch was made for.
      await cluster.whenServed();
      const rebuilt = await cluster.row(symbol);
      expect(rebuilt.version).toBe(before.version);
      expect(rebuilt.epoch).toBeGreaterThan(before.epoch);
      postgres.pass();
      await until(
        () => postgres.orphans === 0,
        SETTLED_MS_MAX,
        () => 'Postgres still works on the batch',
      );
      expect(await cluster.row(symbol)).toEqual(rebuilt);
      await fixture.startLoad();
      expect((await cluster.row(symbol)).epoch, 'nobody noticed the batch').toBe(rebuilt.epoch);
      const { version } = await insist<{ version: number }>(cluster.nc, subject, fill);
      fixture.note(symbol, fill, version);
      await cluster.whenShared();
      await fixture.expectNothingLost();
    }
  });
});
