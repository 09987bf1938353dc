/** Prices for many clients: told in turn, a cohort at a time, to nobody more often or later than to a few. */
import { describe, expect, it } from 'vitest';
import { COHORT_CLIENTS_MIN, COHORTS } from '../../../gateway/feed/bounds.ts';
import { Cohorts } from '../../../gateway/feed/cohorts.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { BTC, ETH, FeedWorld, type TestSocket } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;
const OTHER = `symbol:${ETH}`;
const ROUND_MS = LIMITS.feedTickIntervalMs;

interface Heard {
  readonly channel: string;
  readonly price: string;
  /** By the world's clock. */
  readonly at: number;
}

interface Listener {
  readonly socket: TestSocket;
  readonly heard: Heard[];
}

function listen(world: FeedWorld, channels: readonly string[] = [CHANNEL]): Listener {
  const heard: Heard[] = [];
  const socket = world.connect((message) => {
    if (message.type !== 'tick') return;
    heard.push({ channel: message.channel, price: message.price, at: world.clock.monotonic() });
  });
  socket.say({ op: 'subscribe', channels });
  return { socket, heard };
}

async function crowd(world: FeedWorld, count: number, channels?: readonly string[]): Promise<readonly Listener[]> {
  const listeners = Array.from({ length: count }, () => listen(world, channels));
  await world.clock.advance(ROUND_MS);
  return listeners;
}

const TRADE_INTERVAL_MS = 10;

/** A trade of each symbol every ten milliseconds, never when it is somebody's turn; its price is when it was made. */
async function market(world: FeedWorld, lastsMs: number): Promise<void> {
  for (let elapsed = 0; elapsed < lastsMs; elapsed += TRADE_INTERVAL_MS) {
    await world.clock.advance(3);
    for (const symbol of [BTC, ETH]) world.trade(symbol, world.clock.monotonic());
    await world.clock.advance(TRADE_INTERVAL_MS - 3);
  }
}

function ticksPublished(world: FeedWorld): number {
  return world.server.published.filter(({ text }) => text.includes('"tick"')).length;
}

describe('prices for many clients', () => {
  it('are told to each ten times a second, all its symbols at one moment, the newest of that moment', async () => {
    const world = new FeedWorld();
    const listeners = await crowd(world, COHORT_CLIENTS_MIN * 2 + 50, [CHANNEL, OTHER]);
    await market(world, 1_000);
    for (const { heard } of listeners) {
      const prices = heard.filter(({ channel }) => channel === CHANNEL);
      expect(prices).toHaveLength(10);
      for (const [index, { price, at }] of prices.entries()) {
        expect(at - Number(price)).toBeLessThan(TRADE_INTERVAL_MS);
        expect(at).toBe((prices[0] as Heard).at + index * ROUND_MS);
      }
      expect(heard.filter(({ channel }) => channel === OTHER)).toEqual(
        prices.map((tick) => ({ ...tick, channel: OTHER })),
      );
    }
    const moments = new Set(listeners.map(({ heard }) => heard[0]?.at));
    expect(moments.size).toBe(3);
  });

  it('reach everybody once though nothing follows them', async () => {
    const world = new FeedWorld();
    const listeners = await crowd(world, COHORT_CLIENTS_MIN * COHORTS + 1);
    for (const price of ['1', '2', '3']) world.trade(BTC, price);
    await world.clock.advance(ROUND_MS * 5);
    for (const { heard } of listeners) expect(heard.map(({ price }) => price)).toEqual(['3']);
    expect(ticksPublished(world)).toBe(COHORTS);
  });

  it('are published once for as few as one cohort holds, also when there were more', async () => {
    const world = new FeedWorld();
    for (const { socket } of await crowd(world, COHORT_CLIENTS_MIN * 2)) socket.disconnect();
    await crowd(world, COHORT_CLIENTS_MIN);
    world.trade(BTC, '1');
    await world.clock.advance(ROUND_MS * 2);
    expect(ticksPublished(world)).toBe(1);
  });

  it('are not kept for a cohort that nobody is in', async () => {
    const world = new FeedWorld();
    const listeners = await crowd(world, COHORT_CLIENTS_MIN + 1);
    await market(world, 100);
    const last = listeners.at(-1) as Listener;
    world.trade(BTC, '7');
    while (listeners[0]?.heard.at(-1)?.price !== '7') await world.clock.advance(1);
    last.socket.disconnect();
    await world.clock.advance(600_000);
    const late = listen(world);
    await world.clock.advance(ROUND_MS * 5);
    expect(late.socket.data.cohort).toBe(last.socket.data.cohort);
    expect(late.heard).toEqual([]);
  });
});

describe('a client among many', () => {
  async function lastOf(world: FeedWorld, channels: readonly string[]): Promise<Listener> {
    const listeners = await crowd(world, COHORT_CLIENTS_MIN + 1, channels);
    return listeners.at(-1) as Listener;
  }

  it('hears no more prices of a channel that it leaves, and those of the others', async () => {
    const world = new FeedWorld();
    const { socket, heard } = await lastOf(world, [CHANNEL, OTHER]);
    socket.say({ op: 'unsubscribe', channels: [CHANNEL] });
    await market(world, 300);
    expect(heard.map(({ channel }) => channel)).toEqual([OTHER, OTHER, OTHER]);
    expect([...socket.topics].filter((topic) => topic.includes(BTC))).toEqual([]);
  });

  it('hears each price once, however often it subscribes', async () => {
    const world = new FeedWorld();
    const { socket, heard } = await lastOf(world, [CHANNEL]);
    for (const since of [{}, { since: { [CHANNEL]: 0 } }, {}])
      socket.say({ op: 'subscribe', channels: [CHANNEL], ...since });
    await market(world, 300);
    expect(heard).toHaveLength(3);
    socket.say({ op: 'unsubscribe', channels: [CHANNEL] });
    await market(world, 300);
    expect(heard).toHaveLength(3);
  });

  it('hears no price before what it asked for has been read', async () => {
    const world = new FeedWorld();
    await crowd(world, COHORT_CLIENTS_MIN, [CHANNEL]);
    for (let row = 0; row < LIMITS.feedRecentEventsMax + 1; row += 1) world.happen(BTC);
    const { socket } = listen(world);
    await world.clock.advance(ROUND_MS);
    world.ledger.delays = () => [150, 150];
    const before = socket.read.length;
    socket.say({ op: 'subscribe', channels: [CHANNEL], since: { [CHANNEL]: 0 } });
    await market(world, 1_000);
    const types = socket.read.slice(before).map(({ type }) => type);
    expect(types.indexOf('tick')).toBeGreaterThan(types.indexOf('live'));
  });

  it('that reads too slowly costs the others nothing, and goes on with them when it has read', async () => {
    const world = new FeedWorld(500);
    const listeners = await crowd(world, COHORT_CLIENTS_MIN + 2);
    const [quick, slow] = listeners.slice(-2) as [Listener, Listener];
    slow.socket.stopReading();
    await market(world, 2_000);
    expect(slow.socket.isOverflowing).toBe(true);
    expect(quick.heard).toHaveLength(20);
    slow.socket.startReading();
    await world.clock.advance(ROUND_MS);
    const before = slow.heard.length;
    await market(world, 500);
    expect(slow.heard.slice(before)).toEqual(quick.heard.slice(-5));
    expect(slow.heard.slice(before)).toHaveLength(5);
  });
});

describe('cohorts', () => {
  it('are filled one after another, then evenly, and have room again when clients leave', () => {
    const cohorts = new Cohorts();
    const joined = Array.from({ length: COHORTS * COHORT_CLIENTS_MIN }, () => cohorts.join());
    expect(joined[COHORT_CLIENTS_MIN - 1]).toBe(0);
    expect(joined[COHORT_CLIENTS_MIN]).toBe(1);
    const more = Array.from({ length: COHORTS }, () => cohorts.join());
    expect(new Set(more).size).toBe(COHORTS);
    cohorts.leave(4);
    expect([cohorts.join(), cohorts.isEmpty(4)]).toEqual([4, false]);
    for (let client = 0; client <= COHORT_CLIENTS_MIN; client += 1) cohorts.leave(4);
    expect(cohorts.isEmpty(4)).toBe(true);
  });
});
