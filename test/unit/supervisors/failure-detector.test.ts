/** A dead Pod is noticed in less than its lease, and nobody is taken for dead by a mistake of the one who looks. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeCluster, type FakePod } from '../../support/fake-pod.ts';

/** Until three pings in a row have missed, wherever in the interval the death falls. */
const NOTICED_MS = LIMITS.peerPingIntervalMs + LIMITS.peerMissesMax * LIMITS.peerMissIntervalMs;

/** Pods that know each other, so long connected that they may judge; the first one looks. */
async function watched(...names: readonly string[]) {
  const cluster = new FakeCluster();
  const pods: FakePod[] = [];
  for (const name of names) pods.push(await cluster.join(name));
  await cluster.clock.advance(LIMITS.suspectAfterConnectedMs);
  const [me, ...others] = pods;
  if (me === undefined) throw new Error('somebody looks');
  me.detect();
  return { cluster, me, others };
}

const expired = async (cluster: FakeCluster) =>
  (await cluster.changes()).filter(({ change }) => change === 'expired').map(({ pod }) => pod);

/** A Pod that says what it is told to about others. */
function says(pod: FakePod | undefined, reached: boolean): void {
  pod?.bus.subscribe(pod.subjects.pod(pod.owner.pod, 'probe'), (message) =>
    message.respond(JSON.stringify({ ok: true, reached })),
  );
}

describe('a Pod that died', () => {
  it('is expired at once when a third Pod does not reach it either, long before its lease is over', async () => {
    const { cluster, others } = await watched('pod-a', 'pod-b', 'pod-c');
    const [dead, third] = others;
    third?.detect();
    await dead?.kill();
    await cluster.clock.advance(NOTICED_MS);
    expect(await expired(cluster)).toEqual(['pod-b']);
    const { pods } = await cluster.ledger.ownership.view();
    expect(pods.map(({ live }) => live)).toEqual([true, false, true]);
  });

  it('is known to be gone by those who hear of it', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    others[1]?.detect();
    await others[0]?.kill();
    await cluster.clock.advance(NOTICED_MS);
    for (const { watch } of [me, others[1] as FakePod])
      expect(watch.view.pods.map(({ live }) => live)).toEqual([true, false, true]);
  });

  it('is expired once, though two neighbours find it dead at the same time', async () => {
    const { cluster, others } = await watched('pod-a', 'pod-b', 'pod-c');
    const [third, dead] = others;
    third?.detect();
    await dead?.kill();
    await cluster.clock.advance(2 * NOTICED_MS);
    expect(await expired(cluster)).toEqual(['pod-c']);
  });

  it('is still found when the first Pod asked about it died with it', async () => {
    const { cluster, others } = await watched('pod-a', 'pod-b', 'pod-c', 'pod-d');
    others[2]?.detect();
    await Promise.all([others[0]?.kill(), others[1]?.kill()]);
    await cluster.clock.advance(2 * NOTICED_MS);
    expect((await expired(cluster)).toSorted()).toEqual(['pod-b', 'pod-c']);
  });

  it('without a third Pod to ask is expired when its heartbeat has failed to come as well', async () => {
    const { cluster, others } = await watched('pod-a', 'pod-b');
    await others[0]?.kill();
    const age = async () => {
      const { pods } = await cluster.ledger.ownership.view();
      return pods.find(({ pod }) => pod === 'pod-b')?.heartbeatAgeMs ?? 0;
    };
    while ((await age()) < LIMITS.suspectHeartbeatAgeMs) {
      expect(await expired(cluster)).toEqual([]);
      await cluster.clock.advance(10);
    }
    await cluster.clock.advance(NOTICED_MS);
    expect(await expired(cluster)).toEqual(['pod-b']);
  });
});

describe('nobody is expired', () => {
  it('for two missed pings: the third reached it', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], false);
    const [peer] = others;
    const pings = () =>
      cluster.server.requested.filter((subject) => subject === me.subjects.pod('pod-b', 'ping')).length;
    const before = pings();
    peer?.bus.disconnect();
    while (pings() < before + LIMITS.peerMissesMax - 1) await cluster.clock.advance(10);
    peer?.bus.reconnect();
    await cluster.clock.advance(2 * NOTICED_MS);
    expect(me.calls).not.toContain('expire');
  });

  it('because it does not answer in time: a frozen Pod keeps what is its own until its lease is over', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], false);
    others[0]?.freeze();
    await cluster.clock.advance(2 * LIMITS.leaseTtlMs);
    expect(me.calls).not.toContain('expire');
    expect(me.watch.view.pods.map(({ live }) => live)).toEqual([true, false, true]);
  });

  it('when a third Pod reaches it: what is broken is our side', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], true);
    await others[0]?.kill();
    await cluster.clock.advance(2 * LIMITS.suspectHeartbeatAgeMs);
    expect(me.calls).not.toContain('expire');
  });

  it('without a third Pod while its heartbeats come', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b');
    const [peer] = others as [FakePod];
    // Its connection to the bus is gone for us; the ledger hears from it.
    await peer.bus.close();
    for (let beats = 0; beats < 20; beats += 1) {
      await cluster.ledger.ownership.heartbeat(peer.owner, LIMITS.leaseTtlMs, []);
      await cluster.clock.advance(LIMITS.heartbeatIntervalMs / 2);
    }
    expect(me.calls).toContain('expire');
    expect(await expired(cluster)).toEqual([]);
  });

  it('soon after a reconnect: the others may not be back yet', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], false);
    me.bus.disconnect();
    await cluster.clock.advance(100);
    me.bus.reconnect();
    await others[0]?.kill();
    await cluster.clock.advance(LIMITS.suspectAfterConnectedMs - 200);
    expect(me.calls).not.toContain('expire');
  });

  it('while our own connection is down', async () => {
    const { cluster, me } = await watched('pod-a', 'pod-b', 'pod-c');
    me.bus.disconnect();
    await cluster.clock.advance(2 * NOTICED_MS);
    expect(me.calls).not.toContain('expire');
  });

  it('by a Pod whose own lease may be over', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], false);
    me.membership.stop();
    await others[0]?.kill();
    await cluster.clock.advance(2 * NOTICED_MS);
    expect(me.calls).not.toContain('expire');
  });

  it('who left in order: it is not looked for any more', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    const [gone] = others as [FakePod];
    await gone.leave();
    await gone.bus.close();
    await settled();
    const before = cluster.server.requested.length;
    await cluster.clock.advance(2 * NOTICED_MS);
    const asked = cluster.server.requested.slice(before);
    expect(asked).not.toContain(me.subjects.pod('pod-b', 'ping'));
    expect(asked).toContain(me.subjects.pod('pod-c', 'ping'));
    expect(me.calls).not.toContain('expire');
  });
});

describe('looking', () => {
  it('is tried again when the ledger was away', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    says(others[1], false);
    me.before = (method) => (method === 'expire' ? Promise.reject(new Error('the ledger is away')) : undefined);
    await others[0]?.kill();
    await cluster.clock.advance(NOTICED_MS);
    expect(me.log.at('warn')).toContain('a Pod could not be expired');
    expect(await expired(cluster)).toEqual([]);
    me.before = () => undefined;
    await cluster.clock.advance(NOTICED_MS);
    expect(await expired(cluster)).toEqual(['pod-b']);
  });

  it.each([
    ['pod-a', ['pod-b', 'pod-c', 'pod-d']],
    ['pod-d', ['pod-e', 'pod-f', 'pod-a']],
    ['pod-f', ['pod-a', 'pod-b', 'pod-c']],
  ])('goes round the ring: %s watches the next few', async (name, next) => {
    const ring = ['pod-a', 'pod-b', 'pod-c', 'pod-d', 'pod-e', 'pod-f'];
    const { cluster, me } = await watched(name, ...ring.filter((pod) => pod !== name));
    const before = cluster.server.requested.length;
    await cluster.clock.advance(LIMITS.peerPingIntervalMs);
    const asked = cluster.server.requested.slice(before).filter((subject) => subject !== me.subjects.pod(name, 'ping'));
    const pings = ring.filter((pod) => asked.includes(me.subjects.pod(pod, 'ping')));
    expect(pings.toSorted()).toEqual(next.toSorted());
  });

  it('does not ask a Pod again that has not answered yet', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b');
    others[0]?.freeze();
    const ping = me.subjects.pod('pod-b', 'ping');
    const pings = () => cluster.server.requested.filter((subject) => subject === ping).length;
    const before = pings();
    await cluster.clock.advance(4 * LIMITS.peerPingIntervalMs);
    expect(pings()).toBe(before + 1);
  });

  it('forgets a Pod whose lease is over', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    others[1]?.detect();
    await others[0]?.kill();
    await cluster.clock.advance(NOTICED_MS);
    const before = cluster.server.requested.length;
    await cluster.clock.advance(LIMITS.leaseTtlMs);
    expect(cluster.server.requested.slice(before)).not.toContain(me.subjects.pod('pod-b', 'ping'));
  });

  it('answers others whether it reaches a Pod', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    const ask = async (pod: string) => {
      const probe = me.subjects.pod('pod-a', 'probe');
      const data = await others[1]?.bus.request(probe, JSON.stringify({ pod }), 2_000);
      return JSON.parse(new TextDecoder().decode(data)) as unknown;
    };
    expect(await ask('pod-b')).toEqual({ ok: true, reached: true });
    await others[0]?.kill();
    expect(await ask('pod-b')).toEqual({ ok: true, reached: false });
    expect(await ask('never-heard-of')).toEqual({ ok: true, reached: false });
    expect(cluster.server.requested).toContain(me.subjects.pod('never-heard-of', 'ping'));
  });

  it('ends with a stop: no ping, no probe, no timer', async () => {
    const { cluster, me, others } = await watched('pod-a', 'pod-b', 'pod-c');
    await others[0]?.kill();
    await cluster.clock.advance(LIMITS.peerPingIntervalMs);
    me.detector?.stop();
    await cluster.clock.advance(2 * NOTICED_MS);
    expect(me.calls).not.toContain('expire');
    const before = cluster.server.requested.length;
    await cluster.clock.advance(2 * LIMITS.peerPingIntervalMs);
    const asked = cluster.server.requested.slice(before);
    expect(asked.filter((subject) => subject === me.subjects.pod('pod-c', 'ping')).length).toBeLessThanOrEqual(1);
    await expect(others[1]?.bus.request(me.subjects.pod('pod-a', 'probe'), '{}', 100)).rejects.toThrow(
      'nobody listens',
    );
  });
});
