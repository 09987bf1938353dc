/** Several subscribers of a channel, those who come late, those who leave, and how the gateway is asked for many. */
import { describe, expect, it } from 'vitest';
import type { DecisionsSnapshot } from '../../../gateway/client/index.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { BTC, event, live, recorder, scene, snapshot } from './scripted-gateway.ts';

describe('subscribers of one channel', () => {
  it('share one subscription', async () => {
    const set = scene();
    const [one, other] = [recorder(), recorder()];
    set.feed.subscribe(BTC, one.handlers);
    set.feed.subscribe(BTC, other.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1), event(2));
    expect(socket.requests).toEqual([{ op: 'subscribe', channels: [BTC] }]);
    expect(one.heard).toEqual(['snapshot 1', 'live 1', 'event 2']);
    expect(other.heard).toEqual(one.heard);
  });

  it('who come late get a snapshot of their own, and the others go on undisturbed', async () => {
    const set = scene();
    const [early, late] = [recorder(), recorder()];
    set.feed.subscribe(BTC, early.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1), event(2), { type: 'tick', channel: BTC, price: '100', at: '' });
    set.feed.subscribe(BTC, late.handlers);
    await set.clock.advance(0);
    socket.say(event(3), snapshot(3), live(3), event(4));
    // A subscription that stands already would not be answered by a snapshot.
    expect(socket.requests.slice(1)).toEqual([
      { op: 'unsubscribe', channels: [BTC] },
      { op: 'subscribe', channels: [BTC] },
    ]);
    expect(late.heard).toEqual(['snapshot 3', 'tick 100', 'live 3', 'event 4']);
    expect(early.heard).toEqual(['snapshot 1', 'live 1', 'event 2', 'tick 100', 'event 3', 'event 4']);
  });

  it('miss no event that is in the snapshot for a late one only', async () => {
    const set = scene();
    const [early, late] = [recorder(), recorder()];
    set.feed.subscribe(BTC, early.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1));
    set.feed.subscribe(BTC, late.handlers);
    await set.clock.advance(0);
    socket.say(snapshot(3), live(3));
    await set.clock.advance(0);
    expect(socket.requests.at(-1)).toEqual({ op: 'subscribe', channels: [BTC], since: { [BTC]: 1 } });
    socket.say(event(2), event(3), live(3), event(4));
    expect(early.heard).toEqual(['snapshot 1', 'live 1', 'event 2', 'event 3', 'event 4']);
    expect(late.heard).toEqual(['snapshot 3', 'live 3', 'event 4']);
    expect(set.feed.stats.duplicates).toBe(0);
  });

  it('who come late into a replay wait for its end, and get their snapshot then', async () => {
    const set = scene();
    const [early, late] = [recorder(), recorder()];
    set.feed.subscribe(BTC, early.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1), event(3));
    await set.clock.advance(0);
    socket.say(event(2));
    set.feed.subscribe(BTC, late.handlers);
    socket.say(event(3), live(3));
    await set.clock.advance(0);
    expect(socket.requests.at(-1)).toEqual({ op: 'subscribe', channels: [BTC] });
    socket.say(snapshot(3), live(3));
    expect(late.heard).toEqual(['snapshot 3', 'live 3']);
    expect(early.heard).toEqual(['snapshot 1', 'live 1', 'event 2', 'event 3', 'live 3']);
  });

  it('hear nothing after they left, and the last one to leave ends the subscription', async () => {
    const set = scene();
    const [one, other] = [recorder(), recorder()];
    const first = set.feed.subscribe(BTC, one.handlers);
    const second = set.feed.subscribe(BTC, other.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1));
    first.unsubscribe();
    first.unsubscribe();
    await set.clock.advance(0);
    socket.say(event(2));
    expect(socket.requests).toHaveLength(1);
    second.unsubscribe();
    await set.clock.advance(0);
    socket.say(event(3));
    expect(socket.requests.at(-1)).toEqual({ op: 'unsubscribe', channels: [BTC] });
    expect(one.heard).toEqual(['snapshot 1', 'live 1']);
    expect(other.heard).toEqual(['snapshot 1', 'live 1', 'event 2']);
  });

  it('who leave and come back are not given what was on its way for before', async () => {
    const set = scene();
    const [before, after] = [recorder(), recorder()];
    const subscription = set.feed.subscribe(BTC, before.handlers);
    const socket = await set.connect();
    socket.say(snapshot(1), live(1));
    subscription.unsubscribe();
    await set.clock.advance(0);
    set.feed.subscribe(BTC, after.handlers);
    await set.clock.advance(0);
    socket.say(event(2), live(2), snapshot(5), live(5), event(6));
    expect(after.heard).toEqual(['snapshot 5', 'live 5', 'event 6']);
  });

  it('who leave and come back at once get a snapshot', async () => {
    const set = scene();
    const again = recorder();
    const subscription = set.feed.subscribe(BTC, {});
    const socket = await set.connect();
    socket.say(snapshot(1), live(1));
    subscription.unsubscribe();
    set.feed.subscribe(BTC, again.handlers);
    await set.clock.advance(0);
    expect(socket.requests.slice(1)).toEqual([
      { op: 'unsubscribe', channels: [BTC] },
      { op: 'subscribe', channels: [BTC] },
    ]);
    socket.say(snapshot(1), live(1));
    expect(again.heard).toEqual(['snapshot 1', 'live 1']);
  });

  it('may subscribe and leave from within a handler', async () => {
    const set = scene();
    const inner = recorder();
    const subscription = set.feed.subscribe(BTC, {
      snapshot: () => {
        subscription.unsubscribe();
        set.feed.subscribe(BTC, inner.handlers);
      },
    });
    const socket = await set.connect();
    socket.say(snapshot(1), live(1));
    await set.clock.advance(0);
    socket.say(snapshot(1), live(1), event(2));
    expect(inner.heard).toEqual(['snapshot 1', 'live 1', 'event 2']);
  });
});

describe('decisions', () => {
  const decision = (stream: string, seq: number) => event(seq, 'decisions', stream);
  const recent = (...rows: (readonly [string, number])[]) =>
    ({
      type: 'snapshot',
      channel: 'decisions',
      seq: 0,
      data: { recent: rows.map(([stream, seq]) => ({ stream, seq, kind: 'decision', at: '', id: '' })) },
    }) as const;

  it('mix streams: no hole is a gap, and none of them is heard twice', async () => {
    const set = scene();
    const { heard, handlers } = recorder();
    set.feed.subscribe('decisions', handlers);
    const socket = await set.connect();
    socket.say(recent(['A', 7]), live(0, 'decisions'), decision('A', 7), decision('A', 9), decision('B', 2));
    socket.say(decision('A', 9), decision('B', 3));
    expect(heard).toEqual(['snapshot 0', 'live 0', 'event 9', 'event 2', 'event 3']);
    expect(socket.requests).toHaveLength(1);
  });

  it('are asked for as a whole after a loss', async () => {
    const set = scene();
    const { heard, handlers } = recorder();
    set.feed.subscribe('decisions', handlers);
    (await set.connect()).say(recent(), live(0, 'decisions'));
    set.socket().end();
    await set.clock.advance(500);
    const socket = await set.connect();
    expect(socket.requests).toEqual([{ op: 'subscribe', channels: ['decisions'] }]);
    socket.say(recent(['A', 7]), live(0, 'decisions'));
    expect(heard).toEqual(['snapshot 0', 'live 0', 'snapshot 0', 'live 0']);
  });

  it('that are only in the snapshot for a late subscriber reach the early one as events', async () => {
    const set = scene();
    const [early, late] = [recorder(), [] as DecisionsSnapshot[]];
    set.feed.subscribe('decisions', early.handlers);
    const socket = await set.connect();
    socket.say(recent(['A', 1]), live(0, 'decisions'), decision('A', 2));
    set.feed.subscribe('decisions', { snapshot: ({ data }) => late.push(data) });
    await set.clock.advance(0);
    socket.say(recent(['A', 1], ['A', 2], ['B', 1]), live(0, 'decisions'));
    expect(early.heard).toEqual(['snapshot 0', 'live 0', 'event 2', 'event 1']);
    expect(late.map((data) => data.recent.length)).toEqual([3]);
  });
});

describe('many channels', () => {
  const CHANNELS = Array.from({ length: 200 }, (_, index) => `symbol:KRW-${index}`);

  it('are asked for in messages of what the gateway takes, of one kind each', async () => {
    const set = scene();
    const subscriptions = CHANNELS.map((channel) => set.feed.subscribe(channel, {}));
    const socket = await set.connect();
    expect(socket.requests.map((request) => ('channels' in request ? request.channels.length : 0))).toEqual([
      64, 64, 64, 8,
    ]);
    for (const subscription of subscriptions) subscription.unsubscribe();
    set.feed.subscribe('account', {});
    await set.clock.advance(0);
    expect(socket.requests.slice(4).map(({ op }) => op)).toEqual([...Array(4).fill('unsubscribe'), 'subscribe']);
    expect(new Set(socket.requests.slice(0, 4).flatMap((r) => ('channels' in r ? r.channels : [])))).toEqual(
      new Set(CHANNELS),
    );
  });

  it('are asked for below the rate at which the gateway ends the connection, however often', async () => {
    const set = scene();
    const socket = await set.connect();
    const sentAt: number[] = [];
    socket.onRequest(() => sentAt.push(set.clock.monotonic()));
    for (const channel of CHANNELS) {
      set.feed.subscribe(channel, {});
      await Promise.resolve();
    }
    await set.clock.advance(60_000);
    const asked = socket.requests.flatMap((request) => ('channels' in request ? request.channels : []));
    expect(asked).toHaveLength(CHANNELS.length);
    let allowed: number = LIMITS.feedMessagesBurstMax;
    let before = 0;
    for (const at of sentAt) {
      const gained = ((at - before) * LIMITS.feedMessagesPerSecondMax) / 1_000;
      allowed = Math.min(LIMITS.feedMessagesBurstMax, allowed + gained) - 1;
      before = at;
      expect(allowed).toBeGreaterThanOrEqual(0);
    }
    expect(sentAt.length).toBeGreaterThan(LIMITS.feedMessagesBurstMax / 2);
  });
});
