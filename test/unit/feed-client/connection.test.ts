/** How the feed connects, notices that nobody is there, waits, and goes on where it was. */
import { describe, expect, it } from 'vitest';
import { FeedClient } from '../../../gateway/client/index.ts';
import { BTC, event, HEARTBEAT_MS, live, recorder, scene, snapshot } from './scripted-gateway.ts';

const heartbeat = { type: 'heartbeat', at: '' } as const;

describe('the connection', () => {
  it('is told as it changes, with the moment from which nothing is current', async () => {
    const { feed, states, clock, socket, connect } = scene();
    expect(feed.connection).toEqual({ state: 'connecting' });
    await connect();
    const lostAt = clock.now();
    socket().end({ code: 1001, reason: 'the gateway ends' });
    await clock.advance(500);
    socket().end({ code: 1006 });
    await clock.advance(1_000);
    await connect();
    expect(states).toEqual([
      { state: 'live' },
      { state: 'lost', since: lostAt, cause: 'network', detail: 'closed with 1001: the gateway ends' },
      { state: 'lost', since: lostAt, cause: 'network', detail: 'closed with 1006' },
      { state: 'live' },
    ]);
  });

  it('that never came to be is lost as well', () => {
    const { states, socket } = scene();
    socket().end();
    expect(states).toMatchObject([{ state: 'lost', cause: 'network' }]);
  });

  it('is tried for ever, with pauses that double up to ten seconds', async () => {
    const { sockets, socket, clock } = scene();
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const before = clock.monotonic();
      const count = sockets.length;
      socket().end();
      while (sockets.length === count) await clock.advance(250);
      pauses.push(clock.monotonic() - before);
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  it('is tried at once again only after one that worked, not after one that was merely opened', async () => {
    const { sockets, socket, clock, connect } = scene();
    socket().end();
    await clock.advance(500);
    (await connect()).end();
    await clock.advance(999);
    expect(sockets).toHaveLength(2);
    await clock.advance(1);
    (await connect()).say(heartbeat);
    socket().end();
    await clock.advance(500);
    expect(sockets).toHaveLength(4);
  });

  it('shortens pauses by up to a half at random, so that clients do not come back together', async () => {
    const { sockets, socket, clock } = scene({ random: { next: () => 0 } });
    socket().end();
    await clock.advance(250);
    expect(sockets).toHaveLength(2);
  });

  it.each([
    [{ code: 1006, status: 401 }, 'unauthorized', 60_000],
    [{ code: 1006, status: 403 }, 'unauthorized', 60_000],
    [{ code: 1008, reason: 'too many messages' }, 'refused', 30_000],
    [{ code: 1009 }, 'refused', 30_000],
    [{ code: 1013 }, 'full', 30_000],
    [{ code: 1006, status: 502 }, 'network', 500],
  ] as const)('closed by %j is %s, and left alone for %d ms', async (closing, cause, pauseMs) => {
    const { sockets, states, socket, clock } = scene();
    socket().end(closing);
    expect(states).toMatchObject([{ state: 'lost', cause }]);
    await clock.advance(pauseMs - 1);
    expect(sockets).toHaveLength(1);
    await clock.advance(1);
    expect(sockets).toHaveLength(2);
  });

  it('is tried at once with another token', async () => {
    const { feed, sockets, socket, clock, states, connect } = scene({ token: 'wrong' });
    socket().end({ status: 401 });
    feed.reconnect('right');
    expect(sockets.map(({ address }) => address)).toEqual([
      { url: 'ws://127.0.0.1:8080/feed', token: 'wrong' },
      { url: 'ws://127.0.0.1:8080/feed', token: 'right' },
    ]);
    await connect();
    expect(states.at(-1)).toEqual({ state: 'live' });
    await clock.advance(5_000);
    expect(sockets).toHaveLength(2);
  });

  it('without a hello is given up', async () => {
    const { sockets, socket, clock, states } = scene();
    await clock.advance(10_000);
    expect(socket().closedByClient).toBe(true);
    expect(states).toMatchObject([{ state: 'lost', cause: 'network' }]);
    await clock.advance(500);
    expect(sockets).toHaveLength(2);
  });

  it('that misses two heartbeats is given up and made anew; whatever comes counts as one', async () => {
    const { sockets, clock, states, connect } = scene();
    const socket = await connect();
    for (let beat = 0; beat < 5; beat += 1) {
      socket.say(beat % 2 === 0 ? heartbeat : { type: 'pong' });
      await clock.advance(HEARTBEAT_MS);
    }
    await clock.advance(HEARTBEAT_MS);
    expect(states).toEqual([{ state: 'live' }]);
    await clock.advance(HEARTBEAT_MS);
    expect(states.at(-1)).toMatchObject({ state: 'lost', cause: 'silent' });
    expect(socket.closedByClient).toBe(true);
    await clock.advance(500);
    expect(sockets).toHaveLength(2);
    socket.say(snapshot(1));
    socket.end();
    expect(sockets).toHaveLength(2);
  });

  it('that can not even be made is tried again', async () => {
    const denied = new Error('denied by the page');
    const { states, errors, clock } = scene({
      webSocket: () => {
        throw denied;
      },
    });
    expect(states).toMatchObject([{ state: 'lost', cause: 'network' }]);
    await clock.advance(500);
    expect(errors).toEqual([denied, denied]);
    expect(clock.pending).toBe(1);
  });

  it('passes over messages of a later version, and reports those that make no sense', async () => {
    const { feed, errors, connect } = scene();
    const { heard, handlers } = recorder();
    feed.subscribe(BTC, handlers);
    const socket = await connect();
    socket.sayText('{"type":"novelty","channel":"account"}');
    expect(errors).toEqual([]);
    for (const text of ['{', '[]', '{"seq":1}', '{"type":"event","channel":"symbol:KRW-BTC","seq":"2"}', 'null']) {
      socket.sayText(text);
    }
    socket.say({ type: 'error', code: 'INVALID', message: 'op: is missing' });
    expect(errors).toHaveLength(6);
    socket.say(snapshot(1), live(1));
    expect(heard).toEqual(['snapshot 1', 'live 1']);
  });

  it('refuses an address that is none, or that holds a password', () => {
    for (const url of ['nonsense', 'ftp://host', 'ws://user:secret@host']) {
      expect(() => new FeedClient({ url })).toThrow(TypeError);
    }
  });
});

describe('after a lost connection', () => {
  it('every channel goes on after the last event it had', async () => {
    const { feed, clock, connect } = scene();
    const [btc, account] = [recorder(), recorder()];
    feed.subscribe(BTC, btc.handlers);
    feed.subscribe('account', account.handlers);
    const first = await connect();
    first.say(snapshot(41), live(41), event(42), snapshot(7, 'account'), live(7, 'account'));
    first.end();
    await clock.advance(500);
    const second = await connect();
    expect(second.requests).toEqual([
      { op: 'subscribe', channels: [BTC, 'account'], since: { [BTC]: 42, account: 7 } },
    ]);
    second.say(event(43), live(43), live(7, 'account'));
    expect(btc.heard).toEqual(['snapshot 41', 'live 41', 'event 42', 'event 43', 'live 43']);
    expect(account.heard).toEqual(['snapshot 7', 'live 7', 'live 7']);
  });

  it('in the middle of a replay, the rest of it comes and nothing twice', async () => {
    const { feed, clock, connect } = scene();
    const { heard, handlers } = recorder();
    feed.subscribe(BTC, handlers);
    (await connect()).say(snapshot(1), live(1));
    for (const rows of [
      [2, 3],
      [4, 5],
    ]) {
      const socket = await reconnected();
      socket.say(...rows.map((seq) => event(seq)));
    }
    const last = await reconnected();
    expect(last.requests).toEqual([{ op: 'subscribe', channels: [BTC], since: { [BTC]: 5 } }]);
    last.say(event(6), live(6));
    expect(heard).toEqual(['snapshot 1', 'live 1', 'event 2', 'event 3', 'event 4', 'event 5', 'event 6', 'live 6']);

    async function reconnected() {
      feed.reconnect();
      await clock.advance(0);
      return connect();
    }
  });

  it('who subscribed meanwhile gets a snapshot, and who left is not asked for', async () => {
    const { feed, clock, connect, socket } = scene();
    const [early, late] = [recorder(), recorder()];
    feed.subscribe(BTC, early.handlers);
    const gone = feed.subscribe('cluster', {});
    (await connect()).say(snapshot(1), live(1));
    socket().end();
    gone.unsubscribe();
    feed.subscribe(BTC, late.handlers);
    await clock.advance(500);
    const second = await connect();
    expect(second.requests).toEqual([{ op: 'subscribe', channels: [BTC] }]);
    second.say(snapshot(2), live(2));
    await clock.advance(0);
    second.say(event(2), live(2), event(3));
    expect(early.heard).toEqual(['snapshot 1', 'live 1', 'event 2', 'live 2', 'event 3']);
    expect(late.heard).toEqual(['snapshot 2', 'live 2', 'event 3']);
  });

  it('an old price or state is not given to who comes late', async () => {
    const { feed, clock, connect, socket } = scene();
    const late = recorder();
    feed.subscribe(BTC, {});
    (await connect()).say(snapshot(1), live(1), { type: 'tick', channel: BTC, price: '100', at: '' });
    socket().end();
    feed.subscribe(BTC, late.handlers);
    await clock.advance(500);
    (await connect()).say(snapshot(1), live(1));
    expect(late.heard).toEqual(['snapshot 1', 'live 1']);
  });
});

describe('a closed feed', () => {
  it('hears, sends and waits for nothing any more', async () => {
    const { feed, clock, connect, states, sockets } = scene();
    const { heard, handlers } = recorder();
    feed.subscribe(BTC, handlers);
    const socket = await connect();
    socket.say({ type: 'error', code: 'UNAVAILABLE', message: '', channel: BTC });
    feed.close();
    feed.close();
    feed.reconnect();
    socket.say(snapshot(1));
    socket.end();
    expect(socket.closedByClient).toBe(true);
    expect(heard).toEqual(['error UNAVAILABLE']);
    expect(states).toEqual([{ state: 'live' }]);
    expect(clock.pending).toBe(0);
    expect(sockets).toHaveLength(1);
    expect(() => feed.subscribe(BTC, {})).toThrow('closed');
  });

  it('may be closed by the one who is told that it is lost', async () => {
    const { feed, clock, socket, sockets } = scene({ onConnection: () => feed.close() });
    socket().end();
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    expect(sockets).toHaveLength(1);
  });
});
