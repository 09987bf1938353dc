/** Prices ten times a second at most, candles once. */
import { describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../../protocol/feed.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { BTC, ETH, FeedWorld, type TestSocket } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;

async function watching(world: FeedWorld, channels: readonly string[] = [CHANNEL]): Promise<TestSocket> {
  const socket = world.connect();
  socket.say({ op: 'subscribe', channels });
  await world.clock.advance(10);
  return socket;
}

function of(socket: TestSocket, type: FeedMessage['type']): FeedMessage[] {
  return socket.read.filter((message) => message.type === type);
}

describe('ticks', () => {
  it('tell the newest price of each tenth of a second, as a decimal', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    for (const price of ['100', '101.5', '99.10']) world.trade(BTC, price);
    await world.clock.advance(LIMITS.feedTickIntervalMs);
    world.trade(BTC, 1e-7);
    await world.clock.advance(LIMITS.feedTickIntervalMs * 3);
    expect(of(socket, 'tick')).toMatchObject([{ price: '99.1' }, { price: '0.0000001' }]);
  });

  it('of all symbols are published in one turn of the loop', async () => {
    const world = new FeedWorld();
    await watching(world, [CHANNEL, `symbol:${ETH}`]);
    world.trade(BTC, '1');
    world.trade(ETH, '2');
    let turns = 0;
    const publish = world.server.publish.bind(world.server);
    let pending = false;
    world.server.publish = (topic, text) => {
      if (text.includes('"tick"') && !pending) {
        pending = true;
        turns += 1;
        setImmediate(() => {
          pending = false;
        });
      }
      publish(topic, text);
    };
    await world.clock.advance(LIMITS.feedTickIntervalMs * 2);
    expect(world.server.published.filter(({ text }) => text.includes('"tick"'))).toHaveLength(2);
    expect(turns).toBe(1);
  });

  it('leave out a price that came late, and what is no trade', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.trade(BTC, '5', '2026-01-31T09:00:02Z');
    await world.clock.advance(200);
    world.trade(BTC, '4', '2026-01-31T09:00:01.500Z');
    await world.clock.advance(200);
    for (const garbage of ['', '7', '{"price":"x","at":"2026-01-31T09:00:09Z"}', '{"price":"1"}']) {
      world.engine.publish(`cp.market.${BTC}.trade`, garbage);
      await world.clock.advance(200);
    }
    expect(of(socket, 'tick')).toMatchObject([{ price: '5', at: '2026-01-31T09:00:02.000Z' }]);
    expect(world.hub.stats.badMessages).toBe(4);
  });

  it('begin with the last price, even if nobody had watched it', async () => {
    const world = new FeedWorld();
    world.trade(BTC, '1');
    world.trade(BTC, '2');
    await world.clock.advance(1_000);
    const socket = await watching(world);
    expect(socket.read.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'live', 'tick']);
    expect(of(socket, 'tick')).toMatchObject([{ price: '2' }]);
    expect(world.server.published).toEqual([]);
  });

  it('do not begin with a price that nobody has heard for a minute', async () => {
    const world = new FeedWorld();
    world.trade(BTC, '1');
    await world.clock.advance(59_000);
    expect(of(await watching(world), 'tick')).toHaveLength(1);
    await world.clock.advance(2_000);
    expect(of(await watching(world), 'tick')).toEqual([]);
  });

  it('leave out a price from the far future while the market goes on', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    for (const [price, at] of [
      ['5', undefined],
      ['9', '2099-01-01T00:00:00Z'],
      ['6', undefined],
    ] as const) {
      world.trade(BTC, price, at);
      await world.clock.advance(200);
    }
    expect(of(socket, 'tick')).toMatchObject([{ price: '5' }, { price: '6' }]);
  });

  it('go on soon after one from the future was believed, or the clock of the market was set back', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.trade(BTC, '5', '2026-01-31T20:00:00Z');
    for (let second = 0; second < 12; second += 1) {
      await world.clock.advance(1_000);
      world.trade(BTC, '6');
    }
    await world.clock.advance(1_000);
    expect(of(socket, 'tick').at(-1)).toMatchObject({ price: '6' });
  });

  it('follow a market that leaps over days after a silence', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.trade(BTC, '5');
    await world.clock.advance(11_000);
    world.trade(BTC, '7', '2026-02-03T00:00:00Z');
    await world.clock.advance(200);
    expect(of(socket, 'tick')).toMatchObject([{ price: '5' }, { price: '7' }]);
  });

  it('never go back to the close of a candle of long ago that was corrected', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.trade(BTC, '5');
    await world.clock.advance(11_000);
    world.candle(BTC, '2026-01-31T08:30:00.000Z', { corrected: true });
    await world.clock.advance(200);
    expect(of(socket, 'tick')).toMatchObject([{ price: '5' }]);
  });
});

describe('candles', () => {
  it('are told once, however often the bus brings them', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    for (const minute of ['00', '01', '01', '00', '02']) world.candle(BTC, `2026-01-31T09:${minute}:00.000Z`);
    await world.clock.advance(0);
    expect(of(socket, 'candle')).toMatchObject(
      ['00', '01', '02'].map((minute) => ({ candle: { openTime: `2026-01-31T09:${minute}:00.000Z`, high: 3 } })),
    );
  });

  it('are told again when they were corrected, and that once', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    const at = '2026-01-31T09:00:00.000Z';
    world.candle(BTC, at);
    for (let time = 0; time < 2; time += 1) world.candle(BTC, at, { high: '4', corrected: true });
    await world.clock.advance(0);
    expect(of(socket, 'candle')).toMatchObject([{ candle: { high: 3 } }, { candle: { high: 4 } }]);
  });

  it('give a price where there are no trades', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.candle(BTC, '2026-01-31T09:00:00.000Z');
    await world.clock.advance(200);
    expect(of(socket, 'tick')).toMatchObject([{ price: '2', at: '2026-01-31T09:01:00.000Z' }]);
  });

  it('that are none are counted', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.candle(BTC, 'yesterday');
    world.candle(BTC, '2026-01-31T09:00:30.000Z');
    world.candle(BTC, '2026-01-31T09:00:00.000Z', { close: null });
    await world.clock.advance(0);
    expect(of(socket, 'candle')).toEqual([]);
    expect(world.hub.stats.badMessages).toBe(3);
  });
});
