/** A role of the cluster: one Pod has it at a time, it begins once under each epoch, and ends before it is given back. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { place } from '../../../supervisors/cluster/placement.ts';
import { Singleton } from '../../../supervisors/cluster/singleton.ts';
import { door } from '../../support/door.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

const ROLE = 'reporter';

/** A role that writes down what it is told. */
function role(pod: FakePod, begins: (epoch: number) => Promise<unknown> = async () => undefined) {
  const events: string[] = [];
  const singleton = new Singleton({
    ...pod.parts,
    name: ROLE,
    begin: async (epoch) => {
      events.push(`begin ${epoch}`);
      await begins(epoch);
    },
    end: () => events.push('end'),
  });
  return { singleton, events };
}

const claims = (pod: FakePod) => pod.calls.filter((call) => call === 'claimSingleton').length;
const serve = async (pod: FakePod) => pod.watch.tell(await pod.ownership.setState(pod.owner, 'serving'));

async function holder(cluster: FakeCluster): Promise<string | null | undefined> {
  const { singletons } = await cluster.ledger.ownership.view();
  return singletons.find(({ name }) => name === ROLE)?.owner;
}

describe('a role', () => {
  it('begins when the start is over, under its first epoch', async () => {
    const pod = await new FakeCluster().join('pod-a');
    const { singleton, events } = role(pod);
    await singleton.start();
    expect(events).toEqual(['begin 1']);
  });

  it('is claimed once though it is woken again and again while it begins', async () => {
    const cluster = new FakeCluster();
    const pod = await cluster.join('pod-a');
    const slow = door();
    const { singleton, events } = role(pod, () => slow.opened);
    const starting = singleton.start();
    await pod.watch.refresh();
    await cluster.join('pod-b');
    await cluster.join('pod-c');
    await settled();
    slow.open();
    await starting;
    await cluster.clock.advance(3 * LIMITS.heartbeatIntervalMs);
    expect([claims(pod), events]).toEqual([1, ['begin 1']]);
  });

  it('belongs to one of two Pods that come at once', async () => {
    const cluster = new FakeCluster();
    const pods = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    const roles = pods.map((pod) => role(pod));
    await Promise.all(roles.map(({ singleton }) => singleton.start()));
    await cluster.clock.advance(LIMITS.leaseTtlMs);
    expect(roles.flatMap(({ events }) => events)).toEqual(['begin 1']);
  });

  it('rejects its start when the ledger can not be asked', async () => {
    const pod = await new FakeCluster().join('pod-a');
    pod.before = (method) => (method === 'view' ? Promise.reject(new Error('the ledger is away')) : undefined);
    await expect(role(pod).singleton.start()).rejects.toThrow('the ledger is away');
  });

  it('is begun again under the next epoch when its beginning failed', async () => {
    const cluster = new FakeCluster();
    const pod = await cluster.join('pod-a');
    const { singleton, events } = role(pod, async (epoch) => {
      if (epoch === 1) throw new Error('the ledger went away');
    });
    await singleton.start();
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(events.filter((event) => event !== 'end')).toEqual(['begin 1', 'begin 2']);
  });

  it('is not claimed by a Pod whose lease may be over', async () => {
    const pod = await new FakeCluster().join('pod-a');
    pod.membership.stop();
    const { singleton, events } = role(pod);
    await singleton.start();
    expect([claims(pod), events]).toEqual([0, []]);
  });
});

describe('giving a role back', () => {
  it('ends it first; then another Pod begins under the next epoch', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    const first = role(a);
    await first.singleton.start();
    const second = role(b);
    await second.singleton.start();
    a.before = (method) => {
      if (method === 'releaseSingleton') expect(first.events).toEqual(['begin 1', 'end']);
      return undefined;
    };
    await first.singleton.release();
    await settled();
    expect(first.events).toEqual(['begin 1', 'end']);
    expect(second.events).toEqual(['begin 2']);
    expect(await holder(cluster)).toBe('pod-b');
  });

  it('is for good: it is not claimed again here', async () => {
    const cluster = new FakeCluster();
    const pod = await cluster.join('pod-a');
    const { singleton, events } = role(pod);
    await singleton.start();
    await singleton.release();
    await cluster.clock.advance(2 * LIMITS.leaseTtlMs);
    expect([claims(pod), events.at(-1), await holder(cluster)]).toEqual([1, 'end', null]);
  });

  it('waits for a beginning that is under way, then ends it and gives it back', async () => {
    const cluster = new FakeCluster();
    const pod = await cluster.join('pod-a');
    const slow = door();
    const { singleton, events } = role(pod, () => slow.opened);
    const starting = singleton.start();
    await settled();
    const releasing = singleton.release();
    await settled();
    slow.open();
    await Promise.all([starting, releasing]);
    expect(events).toEqual(['begin 1', 'end']);
    expect(await holder(cluster)).toBeNull();
  });

  it('asks the ledger for nothing when another Pod has it', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    await role(a).singleton.start();
    const second = role(b);
    await second.singleton.start();
    await second.singleton.release();
    expect(b.calls).not.toContain('releaseSingleton');
    expect(await holder(cluster)).toBe('pod-a');
  });
});

describe('a role that was lost', () => {
  it('ends here, and begins anew only when it can be had', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    const first = role(a);
    await first.singleton.start();
    const second = role(b);
    await second.singleton.start();
    // As after a lease that ended unnoticed: the row says B.
    await cluster.ledger.ownership.releaseSingleton(a.owner, ROLE);
    await cluster.ledger.ownership.claimSingleton(b.owner, ROLE);
    first.singleton.lost();
    await cluster.clock.advance(2 * LIMITS.heartbeatIntervalMs);
    expect(first.events).toEqual(['begin 1', 'end']);
    b.watch.tell(await cluster.ledger.ownership.releaseSingleton(b.owner, ROLE));
    await settled();
    const begun = [...first.events, ...second.events].filter((event) => event === 'begin 3');
    expect(begun).toHaveLength(1);
  });

  it('is noticed by a view, without being told', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    const { singleton, events } = role(a);
    await singleton.start();
    await cluster.ledger.ownership.releaseSingleton(a.owner, ROLE);
    await cluster.ledger.ownership.claimSingleton(b.owner, ROLE);
    await cluster.clock.advance(LIMITS.heartbeatIntervalMs);
    expect(events).toEqual(['begin 1', 'end']);
  });

  it('is not taken for lost because of a view from before it was claimed', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    await role(b).singleton.start();
    const { singleton, events } = role(a);
    await singleton.start();
    await cluster.ledger.lapse(b.owner);
    const [slow, never] = [door(), door()];
    const answers = [slow.opened, undefined];
    a.after = (method) => (method === 'view' ? (answers.length > 0 ? answers.shift() : never.opened) : undefined);
    // Both show B's lease over and B's role; the second makes this Pod claim it.
    const older = a.watch.refresh();
    await a.watch.refresh();
    await settled();
    expect(events).toEqual(['begin 2']);
    slow.open();
    await older;
    await settled();
    expect(events).toEqual(['begin 2']);
    never.open();
    await singleton.release();
  });

  it('means nothing to a Pod that does not have it', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    await role(a).singleton.start();
    const second = role(b);
    await second.singleton.start();
    second.singleton.lost();
    await settled();
    expect(second.events).toEqual([]);
  });
});

describe('whose turn it is', () => {
  it('follows from placement once Pods serve, and the role stays while its Pod does', async () => {
    const cluster = new FakeCluster();
    const pods = new Map<string, FakePod>();
    const roles = new Map<string, ReturnType<typeof role>>();
    for (const name of ['pod-a', 'pod-b', 'pod-c']) {
      const pod = await cluster.join(name);
      await serve(pod);
      pods.set(name, pod);
    }
    await settled();
    for (const [name, pod] of pods) {
      const made = role(pod);
      roles.set(name, made);
      await made.singleton.start();
    }
    const first = place([ROLE], [...pods.keys()]).get(ROLE) ?? '';
    expect(await holder(cluster)).toBe(first);
    const rest = [...pods.keys()].filter((name) => name !== first);
    for (const name of rest) expect(claims(pods.get(name) as FakePod)).toBe(0);

    // Its Pod dies: the next in turn has it when the lease is over.
    await pods.get(first)?.kill();
    await cluster.clock.advance(LIMITS.leaseTtlMs + 100);
    const second = place([ROLE], rest).get(ROLE) ?? '';
    expect(await holder(cluster)).toBe(second);
    expect(roles.get(second)?.events).toEqual(['begin 2']);

    // One that would rank before it comes back: nothing moves.
    const again = await cluster.join(first);
    await serve(again);
    await role(again).singleton.start();
    await cluster.clock.advance(LIMITS.leaseTtlMs);
    expect(await holder(cluster)).toBe(second);
  });

  it('is nobody who drains', async () => {
    const cluster = new FakeCluster();
    const [a, b] = [await cluster.join('pod-a'), await cluster.join('pod-b')];
    for (const pod of [a, b]) await serve(pod);
    await settled();
    const inTurn = place([ROLE], ['pod-a', 'pod-b']).get(ROLE) === 'pod-a' ? a : b;
    const other = inTurn === a ? b : a;
    inTurn.watch.tell(await inTurn.ownership.setState(inTurn.owner, 'draining'));
    await settled();
    await role(inTurn).singleton.start();
    await role(other).singleton.start();
    expect(await holder(cluster)).toBe(other.owner.pod);
  });
});
