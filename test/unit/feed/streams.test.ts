/** Events of a stream reach each client once, in order, without a gap. */
import { describe, expect, it } from 'vitest';
import { eventJson } from '../../../protocol/event.ts';
import { BTC, ETH, FeedWorld, heard, outline } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;

async function watching(world: FeedWorld, channel = CHANNEL) {
  const socket = world.connect();
  socket.say({ op: 'subscribe', channels: [channel] });
  await world.clock.advance(10);
  return socket;
}

describe('a stream of the feed', () => {
  it('begins with a snapshot, is live, and goes on with what happens', async () => {
    const world = new FeedWorld();
    world.happen(BTC);
    const socket = await watching(world);
    world.happen(BTC);
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL)).toEqual(['snapshot 1', 'live 1', 'event 2']);
  });

  it('carries a row with the same bytes whether the bus or the journal brought it', async () => {
    const world = new FeedWorld();
    await watching(world);
    const rows = [world.ledger.commit(BTC, 'fill'), world.ledger.commit(BTC, 'mode')];
    await world.clock.advance(600);
    rows.push(world.happen(BTC), world.happen(BTC, 'mode'));
    await world.clock.advance(0);
    const texts = world.server.published.filter(({ topic }) => topic === CHANNEL).map(({ text }) => text);
    expect(world.hub.stats.gapRows).toBe(2);
    expect(texts).toEqual(rows.map((row) => `{"type":"event","channel":"${CHANNEL}",${eventJson(row).slice(1)}`));
  });

  it('keeps the type of an order apart from the type of the message', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.happen(BTC, 'order', { type: 'limit' });
    await world.clock.advance(0);
    expect(heard(socket, CHANNEL).at(-1)).toMatchObject({ type: 'event', kind: 'order', orderType: 'limit', seq: 1 });
  });

  it('reads from the journal what the bus lost, before what came after it', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.ledger.commit(BTC, 'fill');
    world.happen(BTC);
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1', 'event 2']);
    // The second was held until the first had been read.
    expect(world.hub.stats.gapRows).toBe(1);
  });

  it('finds the last event by the heads when the bus lost it and nothing follows', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.ledger.commit(BTC, 'fill');
    await world.clock.advance(600);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1']);
  });

  it('tells an event once that the bus brings twice or late', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    const first = world.ledger.commit(BTC, 'fill');
    const second = world.ledger.commit(BTC, 'fill');
    for (const row of [second, first, second, first]) world.tell(row);
    await world.clock.advance(600);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1', 'event 2']);
  });

  it('waits out a ledger that is away, tells of it once, and misses nothing', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.ledger.isAway = true;
    world.ledger.commit(BTC, 'fill');
    world.happen(BTC);
    await world.clock.advance(5_000);
    expect(outline(socket, CHANNEL).slice(2)).toEqual([]);
    expect(world.hub.stats).toMatchObject({ rowsBehind: 2, lagMs: 5_000 });
    world.ledger.isAway = false;
    await world.clock.advance(1_000);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1', 'event 2']);
    expect(world.log.at('warn')).toHaveLength(1);
    expect(world.hub.stats).toMatchObject({ rowsBehind: 0, lagMs: 0 });
  });

  it('starts anew with a snapshot when the journal no longer has the rows', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.ledger.commit(BTC, 'fill');
    world.ledger.commit(BTC, 'fill');
    world.ledger.prune(BTC, 1);
    await world.clock.advance(10_000);
    world.happen(BTC);
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['snapshot 2', 'live 2', 'event 3']);
  });

  it('believes the ledger, not a bus that tells of rows that are not there', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    world.tell({ ...world.ledger.commit(ETH, 'fill'), symbol: BTC, seq: 77 });
    await world.clock.advance(10_000);
    expect(world.hub.stats.rowsBehind).toBe(0);
    world.happen(BTC);
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1']);
  });

  it('counts what is no event and goes on', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    for (const garbage of ['', 'null', '{"stream":"KRW-ETH","seq":1,"kind":"fill"}', '{"seq":']) {
      world.engine.publish(`cp.event.${BTC}.fill`, garbage);
    }
    world.happen(BTC);
    await world.clock.advance(0);
    expect(world.hub.stats.badMessages).toBe(4);
    expect(outline(socket, CHANNEL).slice(2)).toEqual(['event 1']);
  });

  it('is forgotten some time after the last client left', async () => {
    const world = new FeedWorld();
    const socket = await watching(world);
    socket.disconnect();
    await world.clock.advance(20_000);
    expect(world.hub.stats.streams).toBe(1);
    await world.clock.advance(11_000);
    expect(world.hub.stats).toMatchObject({ streams: 0, clients: 0, subscriptions: 0 });
    const { heads } = world.ledger.reads;
    await world.clock.advance(5_000);
    expect(world.ledger.reads.heads).toBe(heads);
  });
});

describe('the channel of decisions', () => {
  it('holds the newest of all symbols, and then each later one', async () => {
    const world = new FeedWorld();
    world.happen(BTC, 'decision');
    world.happen(BTC);
    world.happen(ETH, 'signal');
    const socket = await watching(world, 'decisions');
    world.happen(ETH, 'decision');
    world.happen(ETH);
    world.ledger.commit(BTC, 'signal');
    await world.clock.advance(600);
    const [snapshot, live, ...events] = heard(socket, 'decisions');
    expect(snapshot).toMatchObject({
      seq: 0,
      data: {
        recent: [
          { stream: BTC, seq: 1 },
          { stream: ETH, seq: 1 },
        ],
      },
    });
    expect(live).toMatchObject({ type: 'live', seq: 0 });
    expect(events).toMatchObject([
      { stream: ETH, seq: 2, kind: 'decision' },
      { stream: BTC, seq: 3, kind: 'signal' },
    ]);
  });

  it('hears a symbol that is added while somebody watches, from its first row', async () => {
    const world = new FeedWorld();
    const socket = await watching(world, 'decisions');
    world.ledger.commit('KRW-XRP', 'decision');
    await world.clock.advance(600);
    expect(heard(socket, 'decisions').at(-1)).toMatchObject({ type: 'event', stream: 'KRW-XRP', seq: 1 });
  });
});
