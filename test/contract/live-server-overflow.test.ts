/** A client that stops reading: what waits for it stays bounded, nobody else notices, and it is told when it lost something. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveHandlers, LiveServerOptions } from '../../gateway/live-server.ts';
import { LiveClient } from '../support/live-client.ts';
import { frame, LiveWire, OPCODES } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, LiveWorld, turn } from '../support/live-world.ts';

const LIMIT = 65_536;
const TEXT_BYTES = 2_000;
/** What the system itself takes of a connection that nobody reads is less. */
const SYSTEM_BYTES_MAX = 64 * 1_048_576;
/** Above the limit: the last message, what is published between two looks, and what one tick holds back. */
const OVERSHOOT_BYTES_MAX = 262_144;

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`a client that stops reading, on ${implementation.name}`, () => {
    const worlds: LiveWorld[] = [];

    afterEach(async () => {
      await Promise.all(worlds.splice(0).map((world) => world.close()));
    });

    async function open(
      options: Partial<Omit<LiveServerOptions<string>, 'handlers'>> = {},
      handlers: Partial<LiveHandlers<string>> = {},
    ): Promise<LiveWorld> {
      const world = await LiveWorld.open(implementation, { bufferedBytesMax: LIMIT, ...options }, handlers);
      worlds.push(world);
      return world;
    }

    const text = (index: number): string => `${index} `.padEnd(TEXT_BYTES, '.');
    const numbers = (client: LiveClient): number[] => client.messages.map((message) => Number.parseInt(message, 10));
    const countTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

    /** Publishes until the socket overflows; the count of what was published. */
    async function publishUntilOverflow(world: LiveWorld, name: string): Promise<number> {
      let count = 0;
      for (; world.count(`overflowed ${name}`) === 0; count += 1) {
        if (count * TEXT_BYTES > SYSTEM_BYTES_MAX) throw new Error('it never overflowed');
        world.server.publish('t', text(count));
        if (count % 20 === 19) await turn(1);
      }
      return count;
    }

    it('costs others nothing, is told once, loses what did not fit, and hears the rest when it has read', async () => {
      const world = await open();
      const [slow, quick] = [await LiveClient.open(world, 'slow'), await LiveClient.open(world, 'quick')];
      const socket = await world.socket('slow');
      for (const each of world.sockets.values()) each.subscribe('t');
      slow.ws.pause();
      const published = await publishUntilOverflow(world, 'slow');
      expect(socket.buffered).toBeGreaterThan(LIMIT);
      expect(socket.buffered).toBeLessThan(LIMIT + OVERSHOOT_BYTES_MAX);

      const before = { ...world.server.stats };
      for (let index = published; index < published + 500; index += 1) {
        world.server.publish('t', text(index));
        if (index % 20 === 0) await turn(1);
      }
      expect(socket.send('no room')).toBe(false);
      expect(world.count('overflowed slow')).toBe(1);
      expect(world.server.stats).toMatchObject({
        delivered: before.delivered + 500,
        dropped: before.dropped + 501,
      });
      expect(socket.buffered).toBeLessThan(LIMIT + OVERSHOOT_BYTES_MAX);
      await quick.received(published + 500);
      expect(numbers(quick)).toEqual(countTo(published + 500));
      expect(world.count('drained slow')).toBe(0);

      slow.ws.resume();
      await eventually(() => world.count('drained slow') === 1);
      expect(socket.buffered).toBe(0);
      world.server.publish('t', text(-1));
      socket.send(text(-2));
      await eventually(() => numbers(slow).at(-1) === -2);
      // A gapless beginning, and nothing more until it was told.
      const received = numbers(slow);
      expect(received).toEqual([...countTo(received.length - 2), -1, -2]);
      expect(received.length).toBeLessThan(published + 2);
      expect(world.events.filter((event) => event.endsWith('slow'))).toEqual([
        'opened slow',
        'overflowed slow',
        'drained slow',
      ]);
    });

    it('overflows by what is sent to it alone, and can do so again', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      let accepted = 0;
      for (let round = 1; round <= 2; round += 1) {
        client.ws.pause();
        while (socket.send(text(accepted))) {
          accepted += 1;
          if (accepted * TEXT_BYTES > 2 * SYSTEM_BYTES_MAX) throw new Error('it never overflowed');
        }
        expect(world.count('overflowed a')).toBe(round);
        expect(socket.send('again')).toBe(false);
        client.ws.resume();
        await eventually(() => world.count('drained a') === round);
      }
      await client.received(accepted);
      expect(numbers(client)).toEqual(countTo(accepted));
      expect(world.server.stats).toMatchObject({ delivered: accepted, dropped: 4 });
    });

    it('takes a single message above the limit when nothing waits', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      const large = 'x'.repeat(20 * LIMIT);
      expect(socket.send(large)).toBe(true);
      expect(await client.received(1)).toEqual([large]);
      socket.subscribe('t');
      await eventually(() => socket.buffered === 0);
      world.server.publish('t', large);
      expect(await client.received(2)).toEqual([large, large]);
      expect(world.events).toEqual(['opened a']);
    });

    it('may change its topics while it overflows; they hold when it has read', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      for (const topic of ['t', 'left']) socket.subscribe(topic);
      client.ws.pause();
      await publishUntilOverflow(world, 'a');
      socket.unsubscribe('left');
      socket.subscribe('joined');
      const { dropped } = world.server.stats;
      for (const topic of ['t', 'left', 'joined']) world.server.publish(topic, `lost ${topic}`);
      expect(world.server.stats.dropped).toBe(dropped + 2);
      client.ws.resume();
      await eventually(() => world.count('drained a') === 1);
      for (const topic of ['left', 't', 'joined']) world.server.publish(topic, `after ${topic}`);
      await eventually(() => client.messages.at(-1) === 'after joined');
      expect(client.messages.filter((message) => /lost|after/.test(message))).toEqual(['after t', 'after joined']);
    });

    it('may be answered in `drained` with what it missed', async () => {
      const world = await open({}, { drained: (socket) => socket.send('snapshot') });
      const client = await LiveClient.open(world, 'a');
      (await world.socket('a')).subscribe('t');
      client.ws.pause();
      await publishUntilOverflow(world, 'a');
      client.ws.resume();
      await eventually(() => client.messages.at(-1) === 'snapshot');
    });

    it('is counted no longer when it goes away or is ended', async () => {
      const world = await open();
      const clients = [await LiveClient.open(world, 'gone'), await LiveClient.open(world, 'ended')];
      for (const socket of world.sockets.values()) socket.subscribe('t');
      for (const { ws } of clients) ws.pause();
      await publishUntilOverflow(world, 'gone');
      await publishUntilOverflow(world, 'ended');
      world.sockets.get('ended')?.end(1008, 'too slow');
      clients[0]?.ws.terminate();
      await eventually(() => world.server.stats.sockets === 0);
      const { dropped } = world.server.stats;
      world.server.publish('t', 'nobody listens');
      expect(world.server.stats.dropped).toBe(dropped);
      clients[1]?.ws.resume();
      // All that was accepted comes first.
      expect((await clients[1]?.whenClosed())?.code).toBe(1008);
      expect(world.events.filter((event) => event.startsWith('closed')).sort()).toEqual([
        'closed ended',
        'closed gone',
      ]);
    });

    it('does not make its own pings grow memory', async () => {
      const world = await open();
      const wire = await LiveWire.upgraded(world.server.port, 'a');
      const socket = await world.socket('a');
      wire.socket.pause();
      while (socket.send(text(0)));
      const waiting = socket.buffered;
      const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(OPCODES.ping, 'x'.repeat(125))));
      for (let round = 0; round < 100; round += 1) wire.write(pings);
      wire.write(frame(OPCODES.text, 'after the pings'));
      await eventually(() => world.count('message a after the pings') === 1);
      expect(socket.buffered).toBeLessThan(waiting + 2 * 1_048_576);
      wire.socket.destroy();
      await eventually(() => world.server.stats.sockets === 0);
    });

    it('is cut after the grace when the server closes', async () => {
      const world = await open();
      const [slow, quick] = [await LiveClient.open(world, 'slow'), await LiveClient.open(world, 'quick')];
      (await world.socket('slow')).subscribe('t');
      slow.ws.pause();
      await publishUntilOverflow(world, 'slow');
      await world.close(200);
      expect((await quick.whenClosed()).code).toBe(1001);
      expect(world.count('closed slow')).toBe(1);
      expect(world.server.stats.sockets).toBe(0);
      slow.ws.resume();
      expect((await slow.whenClosed()).code).toBe(1006);
    });

    it('gets all that waits, then 1001, when it reads within the grace', async () => {
      const world = await open();
      const slow = await LiveClient.open(world, 'slow');
      (await world.socket('slow')).subscribe('t');
      slow.ws.pause();
      await publishUntilOverflow(world, 'slow');
      const { delivered } = world.server.stats;
      const closing = world.close(20_000);
      slow.ws.resume();
      expect((await slow.whenClosed()).code).toBe(1001);
      await closing;
      expect(numbers(slow)).toEqual(countTo(delivered));
    });
  });
}
