/** Symbols go where placement wants them: at once when nobody serves them, calmly and in waves when somebody does. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { sleep } from '../../../protocol/ports/clock.ts';
import { place } from '../../../supervisors/cluster/placement.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

const FEW = names(12);
/** So many that what moves from one Pod to two needs several waves. */
const MANY = names(5 * LIMITS.handOverWaveMax);
/** A lease that ended is noticed a little later. */
const NOTICED_MS = 100;

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `KRW-S${String(index).padStart(4, '0')}`);
}

async function clusterWith(symbols: readonly string[]): Promise<FakeCluster> {
  const cluster = new FakeCluster();
  await cluster.ledger.ownership.addSymbols(symbols);
  return cluster;
}

/** Symbols of each Pod, as placement wants them. */
function wanted(symbols: readonly string[], ...pods: readonly string[]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(place(symbols, pods));
}

async function calm(cluster: FakeCluster): Promise<void> {
  await cluster.clock.advance(LIMITS.rebalanceDelayMs + LIMITS.heartbeatIntervalMs);
}

/** The rows of the cluster's stream since, as `claimed pod-b 32`. */
async function story(cluster: FakeCluster, afterSeq: number): Promise<readonly string[]> {
  return (await cluster.changes(afterSeq)).map(
    ({ change, pod, claimed, symbols }) => `${change} ${pod} ${claimed?.length ?? symbols?.length ?? ''}`,
  );
}

const served = (...pods: readonly FakePod[]) => pods.flatMap((pod) => pod.served).sort();

describe('what nobody serves', () => {
  it('is claimed at once, and served when the start is over', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    expect(a.served).toEqual(FEW);
    expect(cluster.ownedBy('pod-a')).toEqual(FEW);
  });

  it('is claimed by the Pod whose it should be: those that a dead Pod left go to their places', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.join('pod-a');
    await a.ownership.claim(a.owner, FEW);
    await a.kill();
    await cluster.clock.advance(LIMITS.leaseTtlMs + 1);
    const [b, c] = [await cluster.join('pod-b'), await cluster.join('pod-c')];
    await Promise.all([b.startSymbols(), c.startSymbols()]);
    await calm(cluster);
    expect(cluster.owners()).toEqual(wanted(FEW, 'pod-b', 'pod-c'));
    expect(served(b, c)).toEqual(FEW);
  });

  it('is claimed in bulk, but not all at once: who should have the rest is looked at again', async () => {
    const symbols = names(2 * LIMITS.claimWaveMax + 10);
    const cluster = await clusterWith(symbols);
    const a = await cluster.serve('pod-a');
    expect(a.served).toHaveLength(symbols.length);
    expect((await story(cluster, 0)).filter((line) => line.startsWith('claimed'))).toEqual([
      `claimed pod-a ${LIMITS.claimWaveMax}`,
      `claimed pod-a ${LIMITS.claimWaveMax}`,
      'claimed pod-a 10',
    ]);
  });

  it('is asked for again when the claim failed', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.join('pod-a');
    a.before = (method) => (method === 'claim' ? Promise.reject(new Error('the ledger is away')) : undefined);
    await a.startSymbols();
    expect(a.served).toEqual([]);
    a.before = () => undefined;
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(a.served).toEqual(FEW);
  });

  it('is not asked for by a Pod that may have lost its lease', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.join('pod-a');
    a.makeSymbols();
    a.membership.stop();
    await a.rebalancer?.start();
    await cluster.clock.advance(LIMITS.leaseTtlMs);
    expect(a.calls).not.toContain('claim');
  });

  it('is claimed when it was added while everybody runs', async () => {
    const cluster = await clusterWith(FEW);
    const [a, b] = [await cluster.serve('pod-a'), await cluster.serve('pod-b')];
    await calm(cluster);
    a.watch.tell(await a.ownership.addSymbols(['KRW-NEW']));
    await settled();
    expect(served(a, b)).toContain('KRW-NEW');
  });
});

describe('what is served well', () => {
  it('stays where it is until the members have been the same for a while', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    const b = await cluster.serve('pod-b');
    await cluster.clock.advance(LIMITS.rebalanceDelayMs - 1);
    expect([a.served, b.served]).toEqual([FEW, []]);
    await calm(cluster);
    expect(cluster.owners()).toEqual(wanted(FEW, 'pod-a', 'pod-b'));
    expect(served(a, b)).toEqual(FEW);
  });

  it('waits again when another Pod comes meanwhile: Pods come in groups', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    await cluster.serve('pod-b');
    await cluster.clock.advance(LIMITS.rebalanceDelayMs / 2);
    await cluster.serve('pod-c');
    await cluster.clock.advance(LIMITS.rebalanceDelayMs - 1);
    expect(a.served).toEqual(FEW);
    await calm(cluster);
    expect(cluster.owners()).toEqual(wanted(FEW, 'pod-a', 'pod-b', 'pod-c'));
  });

  it('does not move at all when the Pod that came is gone before', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    const { length } = await cluster.changes();
    const b = await cluster.serve('pod-b');
    await cluster.clock.advance(LIMITS.rebalanceDelayMs / 2);
    await b.rebalancer?.stop();
    await b.leave();
    await calm(cluster);
    expect(a.served).toEqual(FEW);
    expect(await story(cluster, length)).toEqual(['joined pod-b ', 'serving pod-b ', 'left pod-b ']);
  });

  it('moves in waves, each after the last one is served again', async () => {
    const cluster = await clusterWith(MANY);
    const a = await cluster.serve('pod-a');
    const b = await cluster.serve('pod-b');
    const { length } = await cluster.changes();
    await calm(cluster);
    expect(cluster.owners()).toEqual(wanted(MANY, 'pod-a', 'pod-b'));
    expect(served(a, b)).toEqual(MANY);
    const lines = await story(cluster, length);
    const [full, last] = [LIMITS.handOverWaveMax, b.served.length % LIMITS.handOverWaveMax];
    const waves = [...Array.from({ length: Math.floor(b.served.length / full) }, () => full), last].filter(Boolean);
    expect(waves.length).toBeGreaterThan(1);
    expect(lines).toEqual(waves.flatMap((wave) => [`released pod-a ${wave}`, `claimed pod-b ${wave}`]));
  });

  it('moves on after a while when a wave is not taken, and comes back when its taker is over', async () => {
    const cluster = await clusterWith(MANY);
    const a = await cluster.serve('pod-a');
    const b = await cluster.serve('pod-b');
    b.freeze();
    await cluster.clock.advance(LIMITS.rebalanceDelayMs);
    expect(a.served).toHaveLength(MANY.length - LIMITS.handOverWaveMax);
    await cluster.clock.advance(LIMITS.handOverWaitMs - 1);
    expect(a.served).toHaveLength(MANY.length - LIMITS.handOverWaveMax);
    await cluster.clock.advance(1);
    expect(a.served).toHaveLength(MANY.length - 2 * LIMITS.handOverWaveMax);
    await cluster.clock.advance(LIMITS.leaseTtlMs);
    expect(a.served).toEqual(MANY);
  });

  it('is not given to a Pod that joins or drains', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    await cluster.join('pod-b');
    const c = await cluster.serve('pod-c');
    c.watch.tell(await c.ownership.setState(c.owner, 'draining'));
    await calm(cluster);
    expect(a.served).toEqual(FEW);
  });
});

describe('a Pod that drains', () => {
  it('gives everything to those that stay, in waves', async () => {
    const cluster = await clusterWith(MANY);
    const [a, b, c] = [await cluster.serve('pod-a'), await cluster.serve('pod-b'), await cluster.serve('pod-c')];
    await calm(cluster);
    const { length } = await cluster.changes();
    const before = a.served.length;
    await a.rebalancer?.drain();
    expect(a.served).toEqual([]);
    expect(served(b, c)).toEqual(MANY);
    const lines = await story(cluster, length);
    expect(lines[0]).toBe('draining pod-a ');
    const released = lines
      .filter((line) => line.startsWith('released pod-a'))
      .map((line) => Number(line.split(' ')[2]));
    expect(released.reduce((sum, wave) => sum + wave, 0)).toBe(before);
    expect(Math.max(...released)).toBe(LIMITS.handOverWaveMax);
  });

  it('gives everything up at once when nobody is there to take it', async () => {
    const cluster = await clusterWith(MANY);
    const a = await cluster.serve('pod-a');
    const { length } = await cluster.changes();
    await a.rebalancer?.drain();
    expect(await story(cluster, length)).toEqual(['draining pod-a ', `released pod-a ${MANY.length}`]);
    expect(cluster.ownedBy('pod-a')).toEqual([]);
  });

  it('does not wait for ever for a taker that froze', async () => {
    const cluster = await clusterWith(MANY);
    const a = await cluster.serve('pod-a');
    const b = await cluster.serve('pod-b');
    b.freeze();
    let over = false;
    const draining = a.rebalancer?.drain().then(() => {
      over = true;
    });
    await cluster.clock.advance(LIMITS.handOverWaitMs / 2);
    expect(over).toBe(false);
    await cluster.clock.advance(LIMITS.drainTimeoutMs);
    await draining;
    expect(cluster.ownedBy('pod-a')).toEqual([]);
  });

  it('makes larger waves of many symbols, so that they do not take for ever', async () => {
    const symbols = names(2 * LIMITS.handOverWaveMax * LIMITS.drainWavesMax);
    const cluster = await clusterWith(symbols);
    const [a, b] = [await cluster.serve('pod-a'), await cluster.serve('pod-b')];
    const { length } = await cluster.changes();
    await a.rebalancer?.drain();
    expect(b.served).toHaveLength(symbols.length);
    const released = (await story(cluster, length)).filter((line) => line.startsWith('released'));
    expect(released).toEqual(
      Array.from({ length: LIMITS.drainWavesMax }, () => `released pod-a ${2 * LIMITS.handOverWaveMax}`),
    );
  });

  it('gives what is left up at the deadline, whoever stays', async () => {
    const waves = LIMITS.drainWavesMax;
    const cluster = await clusterWith(names(LIMITS.handOverWaveMax * waves));
    const a = await cluster.serve('pod-a');
    await cluster.serve('pod-b');
    // So slow that half of the waves are not done in time.
    const slowMs = (2 * LIMITS.drainTimeoutMs) / waves;
    a.before = (method) => (method === 'release' ? sleep(cluster.clock, slowMs) : undefined);
    const { length } = await cluster.changes();
    const draining = a.rebalancer?.drain();
    await cluster.clock.advance(LIMITS.drainTimeoutMs - 1);
    expect(cluster.ownedBy('pod-a').length).toBeGreaterThan(LIMITS.handOverWaveMax);
    await cluster.clock.advance(slowMs + 1);
    await draining;
    expect(cluster.ownedBy('pod-a')).toEqual([]);
    const released = (await story(cluster, length)).filter((line) => line.startsWith('released'));
    expect(released).toEqual([
      ...Array.from({ length: waves / 2 }, () => `released pod-a ${LIMITS.handOverWaveMax}`),
      `released pod-a ${(waves / 2) * LIMITS.handOverWaveMax}`,
    ]);
  });

  it('takes nothing that becomes free meanwhile', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    await a.rebalancer?.drain();
    a.watch.tell(await a.ownership.addSymbols(['KRW-NEW']));
    await calm(cluster);
    expect(cluster.owners()['KRW-NEW']).toBeNull();
  });
});

describe('rows in the name of a Pod that does not serve them', () => {
  it('are released when another should have them, and taken there', async () => {
    const cluster = await clusterWith(FEW);
    const [a, b] = [await cluster.serve('pod-a'), await cluster.serve('pod-b')];
    await calm(cluster);
    const added = names(FEW.length + 8).slice(FEW.length);
    await cluster.ledger.ownership.addSymbols(added);
    // The answer to this claim was lost on its way.
    await cluster.ledger.ownership.claim(a.owner, added);
    await cluster.clock.advance(2 * LIMITS.heartbeatIntervalMs);
    expect(served(a, b)).toEqual([...FEW, ...added]);
    expect(cluster.owners()).toMatchObject(
      Object.fromEntries([...a.served.map((name) => [name, 'pod-a']), ...b.served.map((name) => [name, 'pod-b'])]),
    );
  });
});

describe('a symbol that was removed', () => {
  it('is dropped by the Pod that serves it, wherever the command was given', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    const b = await cluster.join('pod-b');
    const [gone = ''] = FEW;
    const result = await b.ownership.removeSymbol(gone);
    b.watch.tell(result.type === 'removed' ? result.event : undefined);
    await settled();
    expect(a.served).toEqual(FEW.slice(1));
  });
});

describe('a symbol that was dropped here', () => {
  it('is claimed again when it is free and should be here', async () => {
    const cluster = await clusterWith(FEW);
    const a = await cluster.serve('pod-a');
    const [name = ''] = FEW;
    await cluster.ledger.ownership.release(a.owner, [name]);
    await cluster.clock.advance(2 * LIMITS.heartbeatIntervalMs);
    expect(a.served).toEqual(FEW);
    expect(cluster.ledger.database.positions.get(name)?.epoch).toBe(2);
  });
});

describe('a Pod that froze', () => {
  it('loses its symbols when its lease is over, to those that should have them then', async () => {
    const cluster = await clusterWith(FEW);
    const [a, b, c] = [await cluster.serve('pod-a'), await cluster.serve('pod-b'), await cluster.serve('pod-c')];
    await calm(cluster);
    expect(cluster.ownedBy('pod-a').length).toBeGreaterThan(0);
    a.freeze();
    await cluster.clock.advance(LIMITS.leaseTtlMs - LIMITS.heartbeatIntervalMs - 1);
    expect(cluster.ownedBy('pod-a').length).toBeGreaterThan(0);
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs + NOTICED_MS);
    expect(cluster.owners()).toEqual(wanted(FEW, 'pod-b', 'pod-c'));
    expect(served(b, c)).toEqual(FEW);
  });

  it('gives everything up by itself when it runs again', async () => {
    const cluster = await clusterWith(FEW);
    const [a, b] = [await cluster.serve('pod-a'), await cluster.serve('pod-b')];
    await calm(cluster);
    a.freeze();
    await cluster.clock.advance(4 * LIMITS.leaseTtlMs);
    expect(b.served).toEqual(FEW);
    a.thaw();
    await settled();
    expect(a.fenced).toHaveLength(1);
    expect(a.served).toEqual([]);
    expect(cluster.ownedBy('pod-b')).toEqual(FEW);
  });
});
