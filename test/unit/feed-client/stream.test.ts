/** What a subscriber hears when messages are lost, doubled, reordered or replaced by a snapshot. */
import { describe, expect, it } from 'vitest';
import { BTC, event, HEARTBEAT_MS, live, recorder, scene, snapshot } from './scripted-gateway.ts';

async function subscribed() {
  const set = scene();
  const { heard, handlers } = recorder();
  const subscription = set.feed.subscribe(BTC, handlers);
  const socket = await set.connect();
  socket.say(snapshot(41), live(41));
  return { ...set, heard, subscription, now: socket };
}

describe('a subscriber', () => {
  it('gets the snapshot, then what follows it, each once and in order', async () => {
    const { heard, now } = await subscribed();
    now.say(event(42), event(43));
    expect(now.requests).toEqual([{ op: 'subscribe', channels: [BTC] }]);
    expect(heard).toEqual(['snapshot 41', 'live 41', 'event 42', 'event 43']);
  });

  it('does not hear an event twice', async () => {
    const { heard, now, feed } = await subscribed();
    now.say(event(42), event(42), event(41), event(43));
    expect(heard.slice(2)).toEqual(['event 42', 'event 43']);
    expect(feed.stats.duplicates).toBe(2);
  });

  it('gets what was lost from the journal before what came after it', async () => {
    const { heard, now, feed, clock } = await subscribed();
    now.say(event(42), event(44));
    await clock.advance(0);
    expect(now.requests.slice(1)).toEqual([{ op: 'subscribe', channels: [BTC], since: { [BTC]: 42 } }]);
    now.say(event(43), event(44), live(44), event(45));
    expect(heard.slice(2)).toEqual(['event 42', 'event 43', 'event 44', 'live 44', 'event 45']);
    expect(feed.stats).toMatchObject({ gaps: 1, duplicates: 0 });
  });

  it('is not confused by events in another order, and asks once however many are ahead', async () => {
    const { heard, now, clock } = await subscribed();
    now.say(event(44), event(43), event(42));
    await clock.advance(0);
    expect(now.requests).toHaveLength(2);
    now.say(event(42), event(43), event(44), live(44));
    await clock.advance(0);
    expect(heard.slice(2)).toEqual(['event 42', 'event 43', 'event 44', 'live 44']);
    expect(now.requests).toHaveLength(2);
  });

  it('asks again when the answer itself had a hole', async () => {
    const { heard, now, clock } = await subscribed();
    now.say(event(45));
    await clock.advance(0);
    now.say(event(42), event(44), event(45), live(45));
    await clock.advance(0);
    expect(now.requests.at(-1)).toEqual({ op: 'subscribe', channels: [BTC], since: { [BTC]: 42 } });
    now.say(event(43), event(44), event(45), live(45));
    expect(heard.slice(2)).toEqual(['event 42', 'event 43', 'event 44', 'event 45', 'live 45']);
  });

  it('notices by `live` that the last event was lost', async () => {
    const { now, clock } = await subscribed();
    now.say(live(42));
    await clock.advance(0);
    expect(now.requests.at(-1)).toMatchObject({ since: { [BTC]: 41 } });
  });

  it('takes a snapshot at any time for all it knew, even one of an earlier row', async () => {
    const { heard, now } = await subscribed();
    now.say(event(42), snapshot(60), live(60), event(61), snapshot(3), live(3), event(4), event(61));
    expect(heard.slice(2)).toEqual([
      'event 42',
      'snapshot 60',
      'live 60',
      'event 61',
      'snapshot 3',
      'live 3',
      'event 4',
    ]);
  });

  it('takes the snapshot that answers a `since` too far back', async () => {
    const { heard, now, clock } = await subscribed();
    now.say(event(2_000));
    await clock.advance(0);
    now.say(snapshot(2_000), live(2_000), event(2_001));
    expect(heard.slice(2)).toEqual(['snapshot 2000', 'live 2000', 'event 2001']);
  });

  it('takes a snapshot in the end when the gateway never sends the rows it speaks of, and does not storm it', async () => {
    const { heard, now, clock } = await subscribed();
    now.onRequest(({ op }) => {
      if (op === 'subscribe') now.say(live(50));
    });
    now.say(event(50));
    await clock.advance(0);
    const since = { [BTC]: 41 };
    expect(now.requests.slice(1)).toEqual([
      { op: 'subscribe', channels: [BTC], since },
      { op: 'subscribe', channels: [BTC], since },
      { op: 'subscribe', channels: [BTC], since },
      { op: 'unsubscribe', channels: [BTC] },
      { op: 'subscribe', channels: [BTC] },
    ]);
    now.onRequest(({ op }) => {
      if (op === 'subscribe') now.say(snapshot(50), live(51));
    });
    now.say(snapshot(50), live(51));
    const before = now.requests.length;
    await clock.advance(HEARTBEAT_MS);
    expect(now.requests.length - before).toBeLessThan(10);
    expect(heard).toContain('snapshot 50');
  });

  it('is asked for again when an answer never ends', async () => {
    const { now, clock } = await subscribed();
    now.say(event(43));
    await clock.advance(0);
    for (let beat = 0; beat < 3; beat += 1) {
      now.say({ type: 'heartbeat', at: '' });
      await clock.advance(HEARTBEAT_MS);
    }
    expect(now.requests.slice(1)).toEqual([
      { op: 'subscribe', channels: [BTC], since: { [BTC]: 41 } },
      { op: 'subscribe', channels: [BTC], since: { [BTC]: 41 } },
    ]);
  });

  it('hears prices, candles and states without a number', async () => {
    const { heard, now } = await subscribed();
    const candle = { openTime: '', open: 1, high: 1, low: 1, close: 7, volume: 1 };
    now.say({ type: 'tick', channel: BTC, price: '100', at: '' }, { type: 'candle', channel: BTC, candle });
    now.say({ type: 'state', channel: BTC, at: 'now', data: {} });
    expect(heard.slice(2)).toEqual(['tick 100', 'candle 7', 'state now']);
  });

  it('is asked for again after UNAVAILABLE, with a pause that grows', async () => {
    const { heard, now, clock } = await subscribed();
    const refusal = { type: 'error', code: 'UNAVAILABLE', message: 'the ledger is away', channel: BTC } as const;
    now.onRequest(() => now.say(refusal));
    now.say(refusal);
    await clock.advance(499);
    expect(now.requests).toHaveLength(1);
    await clock.advance(1);
    expect(now.requests).toHaveLength(2);
    await clock.advance(999);
    expect(now.requests).toHaveLength(2);
    now.onRequest(() => now.say(event(42), live(42)));
    await clock.advance(1);
    expect(heard.slice(2)).toEqual(['error UNAVAILABLE', 'error UNAVAILABLE', 'event 42', 'live 42']);
  });

  it('of a channel that does not exist hears so once, and again only after a new connection', async () => {
    const set = scene();
    const { heard, handlers } = recorder();
    set.feed.subscribe('symbol:KRW-NO', handlers);
    const first = await set.connect();
    first.say({ type: 'error', code: 'NOT_FOUND', message: 'no such symbol', channel: 'symbol:KRW-NO' });
    await set.clock.advance(HEARTBEAT_MS);
    expect(heard).toEqual(['error NOT_FOUND']);
    expect(first.requests).toHaveLength(1);
    first.end();
    await set.clock.advance(500);
    expect((await set.connect()).requests).toHaveLength(1);
  });

  it('whose handlers throw harms nobody, and misses nothing', async () => {
    const set = scene();
    const { heard, handlers } = recorder();
    const thrown = new Error('of the handler');
    const late = new Error('of its promise');
    set.feed.subscribe(BTC, {
      snapshot: () => {
        throw thrown;
      },
      event: (() => Promise.reject(late)) as () => void,
    });
    set.feed.subscribe(BTC, handlers);
    (await set.connect()).say(snapshot(1), live(1), event(2));
    await set.clock.advance(0);
    expect(heard).toEqual(['snapshot 1', 'live 1', 'event 2']);
    expect(set.errors).toEqual([thrown, late]);
  });
});
