/** What clients may say, and what becomes of those who say something else. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { BTC, FeedWorld } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;

describe('a connection to the feed', () => {
  it('is greeted, answers to a ping, and hears a heartbeat without asking', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say({ op: 'ping' });
    await world.clock.advance(LIMITS.feedHeartbeatIntervalMs);
    expect(socket.read).toEqual([
      { type: 'hello', heartbeatMs: LIMITS.feedHeartbeatIntervalMs },
      { type: 'pong' },
      { type: 'heartbeat', at: new Date(world.clock.now()).toISOString() },
    ]);
  });

  it.each(['', 'hello', '{"op":"ping"', '\u0000'])('is closed for %j, which is no message', (text) => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say(text);
    expect(socket.closedWith).toBe(1008);
    expect(world.hub.stats).toMatchObject({ clients: 0, closedForRules: 1 });
  });

  it.each([
    [null],
    [[]],
    [{}],
    [{ op: 'trade' }],
    [{ op: 'subscribe' }],
    [{ op: 'subscribe', channels: [] }],
    [{ op: 'subscribe', channels: 'account' }],
    [{ op: 'subscribe', channels: [7] }],
    [{ op: 'subscribe', channels: ['x'.repeat(81)] }],
    [{ op: 'subscribe', channels: ['account'], since: { account: -1 } }],
    [{ op: 'subscribe', channels: ['account'], since: { account: 1.5 } }],
    [{ op: 'subscribe', channels: ['account'], since: 4 }],
    [{ op: 'subscribe', channels: ['orders'] }],
    [{ op: 'subscribe', channels: ['symbol:'] }],
    [{ op: 'subscribe', channels: ['symbol:account'] }],
    [{ op: 'subscribe', channels: ['symbol:KRW-BTC.>'] }],
    [{ op: 'subscribe', channels: ['heartbeat'] }],
  ])('stays, and is told that %j is invalid', (message) => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say(message);
    expect(socket.read.slice(1)).toMatchObject([{ type: 'error', code: 'INVALID' }]);
    expect(world.hub.stats).toMatchObject({ clients: 1, subscriptions: 0, refused: 1 });
  });

  it('is told which symbol does not exist, and watches the others', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say({ op: 'subscribe', channels: ['symbol:KRW-NONE', CHANNEL] });
    await world.clock.advance(200);
    expect(socket.read.slice(1)).toMatchObject([
      { type: 'error', code: 'NOT_FOUND', channel: 'symbol:KRW-NONE' },
      { type: 'snapshot', channel: CHANNEL },
      { type: 'live', channel: CHANNEL },
    ]);
    expect(world.hub.stats).toMatchObject({ subscriptions: 1, streams: 1 });
  });

  it('finds a symbol that was added after it had been told that there is none', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say({ op: 'subscribe', channels: ['symbol:KRW-XRP'] });
    await world.clock.advance(200);
    world.ledger.commit('KRW-XRP', 'ownership');
    socket.say({ op: 'subscribe', channels: ['symbol:KRW-XRP'] });
    await world.clock.advance(200);
    expect(socket.read.at(-1)).toMatchObject({ type: 'live', channel: 'symbol:KRW-XRP', seq: 1 });
  });

  it('names at most so many channels in a message, and has at most so many', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    const names = Array.from({ length: LIMITS.feedChannelsPerClientMax + 1 }, (_, index) => `symbol:KRW-S${index}`);
    for (const name of names) world.ledger.commit(name.slice(7), 'fill');
    socket.say({ op: 'subscribe', channels: names.slice(0, LIMITS.feedChannelsPerMessageMax + 1) });
    expect(socket.read.at(-1)).toMatchObject({ type: 'error', code: 'LIMIT' });
    for (let from = 0; from < names.length; from += LIMITS.feedChannelsPerMessageMax) {
      socket.say({ op: 'subscribe', channels: names.slice(from, from + LIMITS.feedChannelsPerMessageMax) });
    }
    expect(socket.read.at(-1)).toMatchObject({ type: 'error', code: 'LIMIT', channel: names.at(-1) });
    expect(world.hub.stats.subscriptions).toBe(LIMITS.feedChannelsPerClientMax);
    await world.clock.advance(100);
    expect(world.hub.stats.streams).toBe(LIMITS.feedChannelsPerClientMax);
  });

  it('may send a burst of messages and then some a second; for more it is closed', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    for (let count = 0; count < LIMITS.feedMessagesBurstMax; count += 1) socket.say({ op: 'ping' });
    await world.clock.advance(1_000);
    for (let count = 0; count < LIMITS.feedMessagesPerSecondMax; count += 1) socket.say({ op: 'ping' });
    expect(socket.closedWith).toBeUndefined();
    socket.say({ op: 'ping' });
    expect(socket.closedWith).toBe(1008);
  });

  it('is not harmed by a since whose names are those of every object', async () => {
    const world = new FeedWorld();
    const socket = world.connect();
    socket.say('{"op":"subscribe","channels":["account"],"since":{"__proto__":3,"constructor":4}}');
    await world.clock.advance(10);
    expect(socket.read.slice(1)).toMatchObject([{ type: 'snapshot' }, { type: 'live' }]);
  });
});
