/** What any Pod answers about the cluster: who is there, and symbols that come, go and move when it says so. */
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../protocol/errors.ts';
import { contentId } from '../../../protocol/ids.ts';
import type { ClusterCommand } from '../../../protocol/subjects.ts';
import { ClusterService } from '../../../supervisors/cluster/cluster-service.ts';
import { PodStats } from '../../../supervisors/pod-stats.ts';
import { door } from '../../support/door.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

/** Longer than anything waits here. */
const LONG_MS = 10_000;

async function answering(cluster: FakeCluster, name: string) {
  const pod = await cluster.serve(name);
  const drained: string[] = [];
  const { symbols } = pod;
  if (symbols === undefined) throw new Error('it serves');
  const service = new ClusterService({
    ...pod.parts,
    symbols,
    stats: new PodStats(),
    onDrain: (reason) => drained.push(reason),
  });
  return { pod, service, drained };
}

async function request(cluster: FakeCluster, subject: string, body: object): Promise<Reply> {
  const data = await cluster.server.connect().request(subject, JSON.stringify(body), LONG_MS);
  return JSON.parse(new TextDecoder().decode(data)) as Reply;
}

const command = (cluster: FakeCluster, name: ClusterCommand, body: object = {}) =>
  request(cluster, cluster.subjects.cluster(name), { id: contentId('command'), reason: 'test', ...body });

/** The same for one whose answer takes its time. */
async function patiently(cluster: FakeCluster, name: ClusterCommand, body: object): Promise<Reply> {
  let over = false;
  const reply = command(cluster, name, body).finally(() => {
    over = true;
  });
  while (!over) await cluster.clock.advance(10);
  return reply;
}

const get = (pod: FakePod, cluster: FakeCluster, symbol: string) =>
  request(cluster, pod.subjects.symbol(symbol, 'get'), {});

describe('adding symbols', () => {
  it('is answered when they are served, so that what is sent next finds somebody', async () => {
    const cluster = new FakeCluster();
    const { pod } = await answering(cluster, 'pod-a');
    expect(await patiently(cluster, 'add', { symbols: ['KRW-ONE', 'KRW-TWO'] })).toMatchObject({
      ok: true,
      symbols: [
        { symbol: 'KRW-ONE', owner: 'pod-a' },
        { symbol: 'KRW-TWO', owner: 'pod-a' },
      ],
    });
    for (const symbol of ['KRW-ONE', 'KRW-TWO']) expect(await get(pod, cluster, symbol)).toMatchObject({ ok: true });
  });

  it('is not answered when they are only claimed: an actor takes a moment to start', async () => {
    const cluster = new FakeCluster();
    const { pod } = await answering(cluster, 'pod-a');
    const slow = door();
    pod.after = (method) => (method === 'claim' ? slow.opened : undefined);
    let answered = false;
    const answer = command(cluster, 'add', { symbols: ['KRW-ONE'] }).then((reply) => {
      answered = true;
      return reply;
    });
    await cluster.clock.advance(500);
    expect(cluster.owners()).toEqual({ 'KRW-ONE': 'pod-a' });
    expect(answered).toBe(false);
    slow.open();
    await cluster.clock.advance(500);
    expect(await answer).toMatchObject({ ok: true });
    expect(await get(pod, cluster, 'KRW-ONE')).toMatchObject({ ok: true });
  });

  it('waits for the Pod whose they are, wherever the command came to', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await answering(cluster, 'pod-a'), await answering(cluster, 'pod-b')];
    const symbols = ['KRW-A', 'KRW-B', 'KRW-C', 'KRW-D', 'KRW-E', 'KRW-F'];
    expect(await patiently(cluster, 'add', { symbols })).toMatchObject({ ok: true });
    expect([a, b].flatMap(({ pod }) => pod.served).sort()).toEqual(symbols);
    expect(b.pod.served.length).toBeGreaterThan(0);
  });

  it('is answered at once for what is served already', async () => {
    const cluster = new FakeCluster();
    await answering(cluster, 'pod-a');
    await patiently(cluster, 'add', { symbols: ['KRW-ONE'] });
    const before = cluster.clock.monotonic();
    expect(await command(cluster, 'add', { symbols: ['KRW-ONE'] })).toMatchObject({ ok: true });
    expect(cluster.clock.monotonic()).toBe(before);
  });

  it('is answered after a while although nobody serves them', async () => {
    const cluster = new FakeCluster();
    const { pod } = await answering(cluster, 'pod-a');
    pod.before = (method) => (method === 'claim' ? new Promise(() => undefined) : undefined);
    const answer = command(cluster, 'add', { symbols: ['KRW-ONE'] });
    await cluster.clock.advance(LONG_MS / 2);
    expect(await answer).toMatchObject({ ok: true, symbols: [{ symbol: 'KRW-ONE', owner: null }] });
  });

  it.each([
    ['no name', {}],
    ['a bad name', { symbols: ['KRW-ONE', 'krw one'] }],
  ])('is INVALID with %s, and adds nothing', async (_, body) => {
    const cluster = new FakeCluster();
    await answering(cluster, 'pod-a');
    expect(await command(cluster, 'add', body)).toMatchObject({ ok: false, error: { code: 'INVALID' } });
    expect(cluster.owners()).toEqual({});
  });
});

describe('removing symbols', () => {
  it('ends them where they are served, wherever the command came to', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await answering(cluster, 'pod-a'), await answering(cluster, 'pod-b')];
    const symbols = ['KRW-A', 'KRW-B', 'KRW-C', 'KRW-D', 'KRW-E', 'KRW-F'];
    await patiently(cluster, 'add', { symbols });
    const gone = [a.pod.served[0] ?? '', b.pod.served[0] ?? ''];
    expect(await command(cluster, 'remove', { symbols: gone })).toMatchObject({ ok: true });
    await settled();
    expect([...a.pod.served, ...b.pod.served].sort()).toEqual(symbols.filter((name) => !gone.includes(name)));
  });

  it('says which is unknown, and what was removed before it', async () => {
    const cluster = new FakeCluster();
    await answering(cluster, 'pod-a');
    await patiently(cluster, 'add', { symbols: ['KRW-ONE'] });
    expect(await command(cluster, 'remove', { symbols: ['KRW-ONE', 'KRW-NO'] })).toMatchObject({
      ok: false,
      error: { code: 'NOT_FOUND', details: { symbol: 'KRW-NO', removed: ['KRW-ONE'] } },
    });
  });
});

describe('draining', () => {
  it('is passed on to the Pod that is meant', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await answering(cluster, 'pod-a'), await answering(cluster, 'pod-b')];
    expect(await command(cluster, 'drain', { pod: 'pod-b', reason: 'new version' })).toMatchObject({
      ok: true,
      pod: 'pod-b',
      draining: true,
    });
    expect([a.drained, b.drained]).toEqual([[], ['new version']]);
    expect(await command(cluster, 'drain', { pod: 'pod-a' })).toMatchObject({ ok: true });
    expect(a.drained).toHaveLength(1);
  });

  it('names the Pods there are when the one that is meant is not', async () => {
    const cluster = new FakeCluster();
    await answering(cluster, 'pod-a');
    const reply = await command(cluster, 'drain', { pod: 'pod-z' });
    expect(reply).toMatchObject({ ok: false, error: { code: 'NOT_FOUND', details: { pod: 'pod-z' } } });
    expect(JSON.stringify(reply)).toMatch('pod-a');
  });

  it('says so when that Pod does not answer', async () => {
    const cluster = new FakeCluster();
    await answering(cluster, 'pod-a');
    const { pod, service } = await answering(cluster, 'pod-b');
    service.stop();
    expect(await command(cluster, 'drain', { pod: pod.owner.pod })).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', retryable: true },
    });
  });
});

describe('looking', () => {
  it('tells Pods with what they own and symbols with their owners', async () => {
    const cluster = new FakeCluster();
    await cluster.ledger.ownership.addSymbols(['KRW-ONE', 'KRW-TWO']);
    await answering(cluster, 'pod-a');
    await cluster.join('pod-b');
    for (const name of ['get', 'symbols'] as const) {
      expect(await command(cluster, name)).toMatchObject({
        ok: true,
        pods: [
          { pod: 'pod-a', symbols: 2, draining: false, state: 'serving', live: true, heartbeatAgeMs: 0 },
          { pod: 'pod-b', symbols: 0, draining: false, state: 'joining', live: true },
        ],
        symbols: [
          { symbol: 'KRW-ONE', owner: 'pod-a', epoch: 1 },
          { symbol: 'KRW-TWO', owner: 'pod-a', epoch: 1 },
        ],
      });
    }
  });

  it('says UNAVAILABLE while the ledger is away', async () => {
    const cluster = new FakeCluster();
    const { pod } = await answering(cluster, 'pod-a');
    pod.before = () => Promise.reject(new Error('the ledger is away'));
    expect(await command(cluster, 'get')).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  });
});
