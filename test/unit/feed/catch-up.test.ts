/** From where a client is to the present, by memory, journal or snapshot; once, in order, whatever happens meanwhile. */
import { describe, expect, it } from 'vitest';
import { BTC, FeedWorld, heard, outline } from '../../support/feed-world.ts';

const CHANNEL = `symbol:${BTC}`;

function subscribe(since?: number) {
  return { op: 'subscribe', channels: [CHANNEL], ...(since === undefined ? {} : { since: { [CHANNEL]: since } }) };
}

/** A world whose stream is open and has published rows up to `rows`. */
async function open(rows: number, bufferedBytesMax?: number): Promise<FeedWorld> {
  const world = new FeedWorld(bufferedBytesMax);
  world.connect().say(subscribe());
  await world.clock.advance(10);
  for (let row = 0; row < rows; row += 1) world.happen(BTC);
  await world.clock.advance(600);
  return world;
}

describe('a client that resumes', () => {
  it('gets what it missed from memory, without a read', async () => {
    const world = await open(5);
    const { journal, snapshot } = world.ledger.reads;
    const socket = world.connect();
    socket.say(subscribe(3));
    expect(outline(socket, CHANNEL)).toEqual(['event 4', 'event 5', 'live 5']);
    expect(world.ledger.reads).toMatchObject({ journal, snapshot });
  });

  it('gets what memory does not hold from the journal', async () => {
    const world = await open(400);
    const socket = world.connect();
    socket.say(subscribe(2));
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL)).toEqual([
      ...Array.from({ length: 398 }, (_, index) => `event ${index + 3}`),
      'live 400',
    ]);
  });

  it('gets it after a restart of the gateway, and all who come at once share the reads', async () => {
    const world = await open(40);
    await world.stop();
    world.start();
    const { journal } = world.ledger.reads;
    world.ledger.delays = () => [5, 5];
    const sockets = Array.from({ length: 1_000 }, () => world.connect());
    for (const [index, socket] of sockets.entries()) socket.say(subscribe(20 + (index % 20)));
    await world.clock.advance(100);
    sockets.forEach((socket, index) => {
      expect(outline(socket, CHANNEL)[0]).toBe(`event ${21 + (index % 20)}`);
      expect(outline(socket, CHANNEL).at(-1)).toBe('live 40');
    });
    expect(world.ledger.reads.journal - journal).toBe(1);
  });

  it('hears nothing twice and nothing out of turn of what happens while it is read', async () => {
    const world = await open(300);
    world.ledger.delays = () => [20, 20];
    const socket = world.connect();
    socket.say(subscribe(10));
    await world.clock.advance(10);
    world.happen(BTC);
    await world.clock.advance(20);
    world.happen(BTC);
    world.ledger.commit(BTC, 'fill');
    await world.clock.advance(700);
    const seqs = outline(socket, CHANNEL).filter((line) => line.startsWith('event'));
    expect(seqs).toEqual(Array.from({ length: 293 }, (_, index) => `event ${index + 11}`));
  });

  it.each([
    ['too far back', 1_200, 100, 'snapshot 1200'],
    ['ahead of the stream', 5, 6, 'snapshot 5'],
  ])('gets a snapshot when it is %s', async (_, rows, since, first) => {
    const world = await open(rows);
    const socket = world.connect();
    socket.say(subscribe(since));
    await world.clock.advance(10);
    expect(outline(socket, CHANNEL)).toEqual([first, `live ${rows}`]);
  });

  it('gets a snapshot when the journal has forgotten the rows', async () => {
    const world = await open(400);
    world.ledger.prune(BTC, 100);
    const socket = world.connect();
    socket.say(subscribe(50));
    await world.clock.advance(200);
    expect(outline(socket, CHANNEL)).toEqual(['snapshot 400', 'live 400']);
  });
});

describe('a client that begins', () => {
  it('does not hear what a snapshot newer than the stream contains', async () => {
    const world = await open(1);
    const other = world.connect();
    other.say(subscribe(1));
    world.ledger.commit(BTC, 'fill');
    world.ledger.commit(BTC, 'fill');
    const socket = world.connect();
    socket.say(subscribe());
    await world.clock.advance(50);
    expect(outline(socket, CHANNEL)).toEqual(['snapshot 3', 'live 3']);
    expect(outline(other, CHANNEL)).toEqual(['live 1', 'event 2', 'event 3']);
  });

  it('shares its snapshot with a thousand others', async () => {
    const world = new FeedWorld();
    world.happen(BTC);
    world.ledger.delays = () => [5, 5];
    const sockets = Array.from({ length: 1_000 }, () => world.connect());
    for (const [index, socket] of sockets.entries()) {
      socket.say(subscribe());
      if (index % 100 === 0) await world.clock.advance(3);
    }
    await world.clock.advance(100);
    for (const socket of sockets) expect(outline(socket, CHANNEL)).toEqual(['snapshot 1', 'live 1']);
    expect(world.ledger.reads.snapshot).toBe(1);
  });

  it('gets a kept snapshot with the events since', async () => {
    const world = new FeedWorld();
    world.connect().say(subscribe());
    await world.clock.advance(10);
    world.happen(BTC);
    await world.clock.advance(10);
    const socket = world.connect();
    socket.say(subscribe());
    expect(outline(socket, CHANNEL)).toEqual(['snapshot 0', 'event 1', 'live 1']);
    await world.clock.advance(1_000);
    const later = world.connect();
    later.say(subscribe());
    await world.clock.advance(10);
    expect(outline(later, CHANNEL)).toEqual(['snapshot 1', 'live 1']);
  });

  it('is told to wait, once, while the ledger is away', async () => {
    const world = new FeedWorld();
    world.ledger.isAway = true;
    const socket = world.connect();
    socket.say(subscribe());
    await world.clock.advance(5_000);
    expect(heard(socket, CHANNEL)).toMatchObject([{ type: 'error', code: 'UNAVAILABLE' }]);
    world.ledger.isAway = false;
    await world.clock.advance(1_000);
    expect(outline(socket, CHANNEL).slice(1)).toEqual(['snapshot 0', 'live 0']);
  });

  it('waits for a read that is never answered no longer than its deadline', async () => {
    const world = new FeedWorld();
    world.ledger.delays = () => [1e9, 0];
    const socket = world.connect();
    socket.say(subscribe());
    await world.clock.advance(100);
    world.ledger.delays = () => [0, 0];
    await world.clock.advance(6_000);
    expect(outline(socket, CHANNEL).slice(-2)).toEqual(['snapshot 0', 'live 0']);
  });
});

describe('a client that changes its mind', () => {
  it('hears nothing when it has left while its snapshot was read', async () => {
    const world = new FeedWorld();
    world.ledger.delays = () => [5, 5];
    const [gone, left] = [world.connect(), world.connect()];
    for (const socket of [gone, left]) socket.say(subscribe());
    await world.clock.advance(8);
    gone.disconnect();
    left.say({ op: 'unsubscribe', channels: [CHANNEL] });
    await world.clock.advance(100);
    world.happen(BTC);
    await world.clock.advance(10);
    for (const socket of [gone, left]) expect(heard(socket, CHANNEL)).toEqual([]);
    expect(world.hub.stats).toMatchObject({ clients: 1, subscriptions: 0 });
  });

  it('is told that it is live when it subscribes again, and nothing else', async () => {
    const world = await open(2);
    const socket = world.connect();
    socket.say(subscribe(2));
    socket.say(subscribe());
    socket.say({ op: 'subscribe', channels: [CHANNEL, CHANNEL] });
    world.happen(BTC);
    await world.clock.advance(0);
    expect(outline(socket, CHANNEL)).toEqual(['live 2', 'live 2', 'live 2', 'event 3']);
    expect(world.hub.stats.subscriptions).toBe(2);
  });

  it('gets again what it asks for again, in order with what happens meanwhile', async () => {
    const world = await open(400);
    const socket = world.connect();
    socket.say(subscribe(400));
    world.ledger.delays = () => [5, 5];
    socket.say(subscribe(100));
    world.happen(BTC);
    await world.clock.advance(100);
    const lines = outline(socket, CHANNEL).slice(1);
    expect(lines).toEqual([...Array.from({ length: 301 }, (_, index) => `event ${index + 101}`), 'live 401']);
  });
});

describe('a client that reads too slowly', () => {
  it('costs no memory, and gets a snapshot when it has read what waited', async () => {
    const world = await open(0, 2_000);
    const socket = world.connect();
    socket.say({ op: 'subscribe', channels: [CHANNEL, 'account'] });
    await world.clock.advance(10);
    socket.stopReading();
    for (let row = 0; row < 50; row += 1) world.happen(BTC);
    await world.clock.advance(1_000);
    expect(socket.isOverflowing).toBe(true);
    expect(socket.buffered).toBeLessThanOrEqual(2_000);
    socket.startReading();
    await world.clock.advance(10);
    world.happen(BTC);
    await world.clock.advance(10);
    expect(outline(socket, CHANNEL).slice(-3)).toEqual(['snapshot 50', 'live 50', 'event 51']);
    expect(outline(socket, 'account').slice(-2)).toEqual(['snapshot 0', 'live 0']);
    expect(world.hub.stats.resyncs).toBe(2);
  });

  it('is served in full when it subscribes while it reads too slowly', async () => {
    const world = await open(50, 1_000);
    const socket = world.connect();
    socket.stopReading();
    socket.say(subscribe(0));
    expect(socket.isOverflowing).toBe(true);
    socket.say({ op: 'subscribe', channels: ['account'] });
    await world.clock.advance(1_000);
    socket.startReading();
    await world.clock.advance(10);
    expect(outline(socket, CHANNEL).slice(-2)).toEqual(['snapshot 50', 'live 50']);
    expect(outline(socket, 'account')).toEqual(['snapshot 0', 'live 0']);
  });
});
