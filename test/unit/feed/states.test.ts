/** What is not in the journal is asked of the engine: only while watched, only after something happened, told when it changed. */
import { describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../../protocol/feed.ts';
import { BTC, FeedWorld, type TestSocket } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;

function engine(world: FeedWorld) {
  const state = { mode: 'flat', explains: true };
  const get = world.answer(world.subjects.symbol(BTC, 'get'), () => ({
    ok: true,
    position: {},
    mode: state.mode,
    owner: 'pod-a',
    epoch: 3,
    openOrders: [],
    exits: null,
    pausedReason: null,
  }));
  world.answer(world.subjects.symbol(BTC, 'explain'), () =>
    state.explains ? { ok: true, reason: 'RSI14' } : { ok: false, error: { code: 'UNAVAILABLE' } },
  );
  return { state, get };
}

function watch(world: FeedWorld, channel = CHANNEL): TestSocket {
  const socket = world.connect();
  socket.say({ op: 'subscribe', channels: [channel] });
  return socket;
}

function states(socket: TestSocket): FeedMessage[] {
  return socket.read.filter(({ type }) => type === 'state');
}

describe('the state of a symbol', () => {
  it('is told when it changed after something happened', async () => {
    const world = new FeedWorld();
    const { state } = engine(world);
    const socket = watch(world);
    await world.clock.advance(1_000);
    world.happen(BTC);
    await world.clock.advance(1_000);
    state.mode = 'holding';
    world.happen(BTC);
    await world.clock.advance(1_000);
    const rest = { owner: 'pod-a', epoch: 3, openOrders: [], exits: null, pausedReason: null, haltedReason: null };
    const explain = { ok: true, reason: 'RSI14' };
    expect(states(socket)).toMatchObject([
      { channel: CHANNEL, data: { mode: 'flat', explain, ...rest } },
      { channel: CHANNEL, data: { mode: 'holding', explain, ...rest } },
    ]);
  });

  it('is told again after a while though nothing changed, so that its age says whether the engine still answers', async () => {
    const world = new FeedWorld();
    engine(world);
    const socket = watch(world);
    await world.clock.advance(21_000);
    expect(states(socket).length).toBeGreaterThanOrEqual(4);
    expect(states(socket).length).toBeLessThanOrEqual(6);
  });

  it('is asked for twice a second at most, once a second when only prices move, and rarely when nothing does', async () => {
    const world = new FeedWorld();
    const { get } = engine(world);
    watch(world);
    await world.clock.advance(1_000);
    get.asked = 0;
    for (let tenth = 0; tenth < 100; tenth += 1) {
      world.happen(BTC);
      await world.clock.advance(100);
    }
    expect(get.asked).toBe(20);
    get.asked = 0;
    for (let tenth = 0; tenth < 100; tenth += 1) {
      world.trade(BTC, '1');
      await world.clock.advance(100);
    }
    expect(get.asked).toBe(10);
    get.asked = 0;
    await world.clock.advance(20_000);
    expect(get.asked).toBe(4);
  });

  it('is not asked for when nobody watches', async () => {
    const world = new FeedWorld();
    const { get } = engine(world);
    const socket = watch(world);
    await world.clock.advance(1_000);
    socket.say({ op: 'unsubscribe', channels: [CHANNEL] });
    get.asked = 0;
    world.happen(BTC);
    await world.clock.advance(10_000);
    expect(get.asked).toBe(0);
  });

  it('stays as it was while the engine is away, and is told to who comes next', async () => {
    const world = new FeedWorld();
    engine(world);
    watch(world);
    await world.clock.advance(1_000);
    world.engine.disconnect();
    await world.clock.advance(8_000);
    const socket = watch(world);
    await world.clock.advance(10);
    expect(socket.read.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'live', 'state']);
    expect(states(socket)).toMatchObject([{ data: { mode: 'flat' } }]);
    expect(world.hub.stats.stateFailures).toBeGreaterThan(0);
  });

  it('is not told to who comes long after the engine died, as if it still held', async () => {
    const world = new FeedWorld();
    engine(world);
    watch(world);
    await world.clock.advance(1_000);
    world.engine.disconnect();
    await world.clock.advance(35_000);
    const socket = watch(world);
    await world.clock.advance(10);
    expect(socket.read.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'live']);
  });

  it('is told without the checks when the engine can not explain yet', async () => {
    const world = new FeedWorld();
    const { state } = engine(world);
    state.explains = false;
    const socket = watch(world);
    await world.clock.advance(200);
    expect(states(socket)).toMatchObject([{ data: { mode: 'flat', explain: null } }]);
  });
});

describe('the states of many', () => {
  it('are asked for a few at a time, and all in the end, when nobody answers', async () => {
    const world = new FeedWorld();
    const symbols = Array.from({ length: 100 }, (_, index) => `KRW-S${index}`);
    for (const symbol of symbols) world.ledger.commit(symbol, 'fill');
    const silent = world.busServer.connect();
    silent.frozen = true;
    for (const command of ['get', 'explain'] as const) {
      silent.subscribe(world.subjects.symbol('*', command), () => undefined);
    }
    const socket = world.connect();
    for (const part of [symbols.slice(0, 50), symbols.slice(50)]) {
      socket.say({ op: 'subscribe', channels: part.map((symbol) => `symbol:${symbol}`) });
    }
    await world.clock.advance(150);
    expect(world.busServer.requested).toHaveLength(32);
    await world.clock.advance(20_000);
    expect(new Set(world.busServer.requested).size).toBe(200);
  });

  it('are those of the account and of the cluster as the engine tells them', async () => {
    const world = new FeedWorld();
    world.answer(world.subjects.account('get'), () => ({ ok: true, account: { equity: '10' } }));
    world.answer(world.subjects.cluster('get'), () => ({ ok: true, pods: [], symbols: [] }));
    const [account, cluster] = [watch(world, 'account'), watch(world, 'cluster')];
    await world.clock.advance(200);
    expect(states(account)).toMatchObject([{ channel: 'account', data: { equity: '10' } }]);
    expect(states(cluster)).toMatchObject([{ channel: 'cluster', data: { ok: true, pods: [] } }]);
  });
});
