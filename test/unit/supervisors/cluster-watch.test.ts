/** What a Pod knows of the cluster: views that only get newer, read when there is a reason to, and never for nothing. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import type { ClusterView } from '../../../protocol/ports/ownership.ts';
import { isFree, servingPods } from '../../../supervisors/cluster/cluster-watch.ts';
import { door } from '../../support/door.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

async function watching(): Promise<{ cluster: FakeCluster; pod: FakePod; reads: () => number }> {
  const cluster = new FakeCluster();
  await cluster.ledger.ownership.addSymbols(['ONE', 'TWO']);
  const pod = await cluster.join('pod-a');
  await settled();
  const before = pod.calls.length;
  return { cluster, pod, reads: () => pod.calls.slice(before).filter((call) => call === 'view').length };
}

const podsOf = ({ watch }: FakePod) => watch.view.pods.map(({ pod }) => pod);

describe('a view', () => {
  it('is there once this Pod has told that it joined', async () => {
    const { pod } = await watching();
    expect(podsOf(pod)).toEqual(['pod-a']);
    expect(pod.watch.view.symbols.map(({ symbol }) => symbol)).toEqual(['ONE', 'TWO']);
  });

  it('is not replaced by an older one whose answer was longer on its way', async () => {
    const { cluster, pod } = await watching();
    const slow = door();
    let asked = 0;
    pod.after = (method) => {
      if (method !== 'view') return undefined;
      asked += 1;
      return asked === 1 ? slow.opened : undefined;
    };
    const older = pod.watch.refresh();
    await settled();
    await cluster.ledger.ownership.addSymbols(['THREE']);
    const newer = await pod.watch.refresh();
    slow.open();
    expect(await older).toBe(newer);
    expect(pod.watch.view).toBe(newer);
    expect(newer.symbols.map(({ symbol }) => symbol)).toContain('THREE');
  });

  it('does not let an older heartbeat put the Pods of its time back', async () => {
    const { cluster, pod } = await watching();
    const beat = await cluster.ledger.ownership.heartbeat(pod.owner, LIMITS.leaseTtlMs, []);
    await cluster.ledger.ownership.register({ pod: 'pod-b', incarnation: 'b' }, LIMITS.leaseTtlMs);
    await pod.watch.refresh();
    if (beat === undefined) throw new Error('the lease runs');
    pod.watch.observe(beat);
    await settled();
    expect(podsOf(pod)).toEqual(['pod-a', 'pod-b']);
  });

  it('takes the Pods of a heartbeat of its own version without being read again', async () => {
    const { cluster, pod, reads } = await watching();
    const symbols = pod.watch.view.symbols;
    await cluster.clock.advance(3 * LIMITS.heartbeatIntervalMs);
    expect(reads()).toBe(0);
    expect(pod.watch.view.symbols).toBe(symbols);
    expect(pod.watch.view.pods[0]?.leaseLeftMs).toBe(LIMITS.leaseTtlMs);
  });

  it('is read again when a heartbeat tells a newer version: an event that was lost is made up for', async () => {
    const { cluster, pod, reads } = await watching();
    // Nobody publishes it.
    await cluster.ledger.ownership.addSymbols(['THREE']);
    await settled();
    expect(reads()).toBe(0);
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(reads()).toBe(1);
    expect(pod.watch.view.version).toBe(await cluster.ledger.reader.head('cluster'));
  });

  it('is read again when another Pod tells a change', async () => {
    const { cluster, pod } = await watching();
    await cluster.join('pod-b');
    await settled();
    expect(podsOf(pod)).toEqual(['pod-a', 'pod-b']);
  });

  it('follows claims and releases without being read', async () => {
    const { cluster, pod, reads } = await watching();
    const other = await cluster.join('pod-b');
    await settled();
    const before = reads();
    other.watch.tell((await other.ownership.claim(other.owner, ['ONE'])).event);
    pod.watch.tell((await pod.ownership.claim(pod.owner, ['TWO'])).event);
    await settled();
    expect(pod.watch.view.symbols.map(({ owner }) => owner)).toEqual(['pod-b', 'pod-a']);
    other.watch.tell(await other.ownership.release(other.owner, ['ONE']));
    await settled();
    expect(pod.watch.view).toEqual(await cluster.ledger.ownership.view());
    expect(reads()).toBe(before);
  });

  it('is read when an event before this one was lost', async () => {
    const { cluster, pod, reads } = await watching();
    await cluster.ledger.ownership.claim(pod.owner, ['ONE']);
    pod.watch.tell((await pod.ownership.claim(pod.owner, ['TWO'])).event);
    await settled();
    expect(reads()).toBeGreaterThan(0);
    expect(pod.watch.view.symbols.map(({ owner }) => owner)).toEqual(['pod-a', 'pod-a']);
  });

  it('is not changed by an event that it is newer than', async () => {
    const { cluster, pod } = await watching();
    const { event } = await cluster.ledger.ownership.claim(pod.owner, ['ONE']);
    await cluster.ledger.ownership.release(pod.owner, ['ONE']);
    const view = await pod.watch.refresh();
    pod.watch.tell(event);
    await settled();
    expect(pod.watch.view).toBe(view);
  });

  it('is read once for events that came while it was read, and again for one that is newer', async () => {
    const { cluster, pod, reads } = await watching();
    const slow = door();
    pod.before = (method) => (method === 'view' ? slow.opened : undefined);
    for (const symbol of ['THREE', 'FOUR', 'FIVE']) pod.watch.tell(await cluster.ledger.ownership.addSymbols([symbol]));
    await settled();
    expect(reads()).toBe(1);
    slow.open();
    await settled();
    expect(pod.watch.view.symbols).toHaveLength(5);
    expect(reads()).toBeLessThanOrEqual(2);
  });

  it('is tried again when it could not be read', async () => {
    const { cluster, pod } = await watching();
    pod.before = (method) => (method === 'view' ? Promise.reject(new Error('the ledger is away')) : undefined);
    pod.watch.tell(await cluster.ledger.ownership.addSymbols(['THREE']));
    await settled();
    expect(pod.watch.view.symbols).toHaveLength(2);
    pod.before = () => undefined;
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs - 1);
    expect(pod.watch.view.symbols).toHaveLength(3);
  });

  it('rejects a refresh when the ledger is away, and keeps what it has', async () => {
    const { pod } = await watching();
    const { view } = pod.watch;
    pod.before = () => Promise.reject(new Error('the ledger is away'));
    await expect(pod.watch.refresh()).rejects.toThrow('the ledger is away');
    expect(pod.watch.view).toBe(view);
  });
});

describe('the end of a lease', () => {
  it('is noticed when it comes, not a heartbeat later', async () => {
    const { cluster, pod } = await watching();
    await cluster.clock.advance(300);
    const other = await cluster.join('pod-b');
    await cluster.clock.advance(0);
    other.freeze();
    await cluster.clock.advance(LIMITS.leaseTtlMs - 1);
    expect(pod.watch.view.pods.map(({ live }) => live)).toEqual([true, true]);
    // By the database's clock; asked a little later, so that no rounding makes it too early.
    await cluster.clock.advance(50);
    expect(pod.watch.view.pods.map(({ live }) => live)).toEqual([true, false]);
  });
});

describe('listeners', () => {
  it('hear of every new view until they are taken off', async () => {
    const { cluster, pod } = await watching();
    const heard: number[] = [];
    const off = pod.watch.onView(() => heard.push(pod.watch.view.version));
    const { version } = pod.watch.view;
    await cluster.join('pod-b');
    await settled();
    off();
    await cluster.join('pod-c');
    await settled();
    expect(heard).toEqual([version + 1]);
  });
});

describe('waiting for others to serve symbols', () => {
  it('ends when all of them were claimed, in however many claims', async () => {
    const { cluster, pod } = await watching();
    const other = await cluster.join('pod-b');
    let over = false;
    const waiting = pod.watch.claimed(['ONE', 'TWO'], 60_000).then(() => {
      over = true;
    });
    other.watch.tell((await other.ownership.claim(other.owner, ['ONE'])).event);
    await settled();
    expect(over).toBe(false);
    other.watch.tell((await other.ownership.claim(other.owner, ['TWO'])).event);
    await waiting;
  });

  it('ends when the time is over', async () => {
    const { cluster, pod } = await watching();
    const waiting = pod.watch.claimed(['ONE'], 1_000);
    await cluster.clock.advance(1_000);
    await waiting;
  });

  it('ends when the watch stops, and leaves no timer', async () => {
    const { cluster, pod } = await watching();
    pod.membership.stop();
    const waiting = pod.watch.claimed(['ONE'], 60_000);
    pod.watch.stop();
    await waiting;
    expect(cluster.clock.pending).toBe(0);
  });
});

describe('a watch that is stopped', () => {
  it('reads nothing more, tells nothing more, and keeps its last view', async () => {
    const { cluster, pod, reads } = await watching();
    const { view } = pod.watch;
    pod.watch.stop();
    const published = cluster.server.published.length;
    pod.watch.tell(await cluster.ledger.ownership.addSymbols(['THREE']));
    await cluster.clock.advance(10 * LIMITS.leaseTtlMs);
    expect(cluster.server.published).toHaveLength(published);
    expect(reads()).toBe(0);
    expect(pod.watch.view).toBe(view);
  });

  it('lets a read that is on its way come to nothing', async () => {
    const { cluster, pod } = await watching();
    const slow = door();
    pod.after = (method) => (method === 'view' ? slow.opened : undefined);
    pod.watch.tell(await cluster.ledger.ownership.addSymbols(['THREE']));
    await settled();
    const { view } = pod.watch;
    pod.watch.stop();
    slow.open();
    await settled();
    expect(pod.watch.view).toBe(view);
  });
});

describe('reading a view', () => {
  const row = { heartbeatAgeMs: 0, leaseLeftMs: 1, incarnation: 'i', live: true };
  const view: ClusterView = {
    version: 1,
    symbols: [],
    singletons: [],
    pods: [
      { ...row, pod: 'a', incarnation: 'a', state: 'serving' },
      { ...row, pod: 'b', incarnation: 'b', state: 'serving', live: false },
      { ...row, pod: 'c', incarnation: 'c', state: 'joining' },
      { ...row, pod: 'd', incarnation: 'd', state: 'draining' },
    ],
  };

  it('gives symbols to live Pods that serve, to no other', () => {
    expect(servingPods(view)).toEqual(['a']);
  });

  it.each([
    ['nobody', null, true],
    ['me', 'me', true],
    ['a live Pod', 'a', false],
    ['a Pod that joins', 'c', false],
    ['a Pod that drains', 'd', false],
    ['a Pod whose lease is over', 'b', true],
    ['a life that is not there any more', 'z', true],
  ])('says whether a row of %s is free', (_, incarnation, free) => {
    expect(isFree(view, incarnation, { pod: 'me', incarnation: 'me' })).toBe(free);
  });
});
