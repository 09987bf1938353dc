/**
 * The post-mortem, with real Pods: both read quantity 10, one adds 5 and one adds 3, and 5 BTC vanished. Here the write of
 * the first is on its way to Postgres when the second takes the symbol; it lands late, is refused, and its caller sends
 * the same id again: 10 + 5 + 3 = 18 (I1, I3, I4).
 */
import { describe, expect, it } from 'vitest';
import { SETTLED_MS_MAX } from '../support/cluster.ts';
import { useCluster } from '../support/cluster-fixture.ts';
import { until } from '../support/engine-process.ts';
import { carries, endLease } from '../support/force-owner.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { ask, insist, uuidv7 } from '../support/wire.ts';

const SYMBOL = 'KRW-BTC';
const LATE_MS_MAX = 30_000;

describe.runIf(hasNatsServer)('two Pods that both read quantity 10 (needs nats-server)', () => {
  const fixture = useCluster({ name: 'ten five three', pods: ['pod-a', 'pod-b'], isProxied: true });

  it('end at 10 + 5 + 3 = 18', async () => {
    const { cluster } = fixture;
    const subject = `cp.symbol.${SYMBOL}.fill`;
    const buy = (quantity: string) => ({ id: uuidv7(), side: 'buy', quantity, price: '100' });
    const [ten, five, three] = [buy('10'), buy('5'), buy('3')];
    await insist(cluster.nc, 'cp.cluster.add', { symbols: [SYMBOL] });
    await insist(cluster.nc, subject, ten);

    // The first owner computes 10 + 5; its commit is on the way and does not arrive.
    const { owner: first } = await cluster.row(SYMBOL);
    const { postgres } = cluster.pod(first!);
    postgres.hold('toServer');
    const fiveAnswer = ask(cluster.nc, subject, five, LATE_MS_MAX).catch((error: unknown) => String(error));
    await until(
      () => carries(postgres.kept('toServer'), five.id),
      SETTLED_MS_MAX,
      () => `the commit is not on its way: ${cluster.explain()}`,
    );

    // Another Pod takes the symbol at 10 and adds 3, while the first still believes that it is the owner.
    await endLease(cluster, first!);
    await until(
      async () => (await cluster.row(SYMBOL)).owner !== first,
      SETTLED_MS_MAX,
      () => `nobody took the symbol: ${cluster.explain()}`,
    );
    expect(await insist(cluster.nc, subject, three)).toMatchObject({ version: 2, position: { quantity: '13' } });

    // The late commit of 15 lands, and changes nothing.
    postgres.pass();
    expect(await fiveAnswer).not.toMatchObject({ ok: true });
    expect(await cluster.row(SYMBOL)).toMatchObject({ version: 2, quantity: '13' });

    // Its caller sends the same id until somebody has done it.
    expect(await insist(cluster.nc, subject, five)).toMatchObject({ version: 3, position: { quantity: '18' } });
    expect(await insist(cluster.nc, subject, five)).toMatchObject({ version: 3, position: { quantity: '18' } });
    const rows = await sql(cluster.databaseUrl, 'select id, seq::int from journal where symbol = $1 order by seq', [
      SYMBOL,
    ]);
    expect(rows).toEqual([ten, three, five].map(({ id }, index) => ({ id, seq: index + 1 })));
    expect(await cluster.row(SYMBOL)).toMatchObject({ version: 3, quantity: '18' });
    expect(await ledgerFaults(cluster.databaseUrl)).toEqual([]);
  });
});
