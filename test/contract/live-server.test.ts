/** The WebSocket side of a live server: order, topics, what is refused, and how it ends. On every implementation. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LiveHandlers, LiveServerOptions } from '../../gateway/live-server.ts';
import { LiveClient } from '../support/live-client.ts';
import { closeCode, frame, LiveWire, OPCODES, serverText } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, LiveWorld, turn } from '../support/live-world.ts';

const CROWD = 300;

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`a live server on ${implementation.name}`, () => {
    const worlds: LiveWorld[] = [];
    const wires: LiveWire[] = [];

    afterEach(async () => {
      for (const wire of wires.splice(0)) wire.socket.destroy();
      await Promise.all(worlds.splice(0).map((world) => world.close()));
    });

    async function open(
      options: Partial<Omit<LiveServerOptions<string>, 'handlers'>> = {},
      handlers: Partial<LiveHandlers<string>> = {},
    ): Promise<LiveWorld> {
      const world = await LiveWorld.open(implementation, options, handlers);
      worlds.push(world);
      return world;
    }

    async function wired(world: LiveWorld, name: string): Promise<LiveWire> {
      const wire = await LiveWire.upgraded(world.server.port, name);
      wires.push(wire);
      await world.socket(name);
      return wire;
    }

    it('says what it is and takes a free port for 0', async () => {
      const { server } = await open();
      expect(server.kind).toBe(implementation.kind);
      expect(server.port).toBeGreaterThan(0);
      expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
      expect(server.stats).toEqual({ sockets: 0, delivered: 0, bytes: 0, dropped: 0 });
    });

    it('opens a socket with the data of its admission and brings its messages', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      client.ws.send('가 and 🙂');
      await eventually(() => world.count('message a 가 and 🙂') === 1);
      client.ws.close(1000);
      await eventually(() => world.count('closed a') === 1);
      expect(world.events).toEqual(['opened a', 'message a 가 and 🙂', 'closed a']);
      expect(world.server.stats.sockets).toBe(0);
    });

    it('confirms a subprotocol that was offered, and none that was not', async () => {
      const upgrade: LiveHandlers<string>['upgrade'] = (request, protocols) => ({
        admitted: true,
        data: request.query.get('name') ?? '',
        protocol: protocols.length === 0 ? 'never-offered' : (protocols.at(-1) as string),
      });
      const world = await open({}, { upgrade });
      expect((await LiveClient.open(world, 'a', ['first', 'second'])).ws.protocol).toBe('second');
      expect((await LiveClient.open(world, 'b')).ws.protocol).toBe('');
    });

    it('keeps the order of sends and publications, in a tick and over ticks', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      socket.subscribe('t');
      const expected: string[] = [];
      for (let tick = 0; tick < 20; tick += 1) {
        for (let index = 0; index < 50; index += 1) {
          // Long ones take other ways through a server than short ones.
          const text = `${tick}/${index} ${'x'.repeat(index === 25 ? 40_000 : index)}`;
          expected.push(text);
          if ((index + tick) % 3 === 0) socket.send(text);
          else world.server.publish('t', text);
        }
        await turn(1);
      }
      expect([...(await client.received(expected.length))]).toEqual(expected);
    });

    it('brings a publication to the sockets of its topic at that moment, and to no other', async () => {
      const world = await open();
      const [a, b] = [await LiveClient.open(world, 'a'), await LiveClient.open(world, 'b')];
      const [first, second] = [await world.socket('a'), await world.socket('b')];
      first.subscribe('t');
      first.subscribe('t');
      world.server.publish('t', '1');
      second.subscribe('t');
      world.server.publish('t', '2');
      first.unsubscribe('t');
      first.unsubscribe('t');
      world.server.publish('t', '3');
      second.unsubscribe('t');
      world.server.publish('t', '4');
      world.server.publish('nobody', '5');
      first.send('end');
      second.send('end');
      expect(await a.received(3)).toEqual(['1', '2', 'end']);
      expect(await b.received(3)).toEqual(['2', '3', 'end']);
      expect(world.server.stats.delivered).toBe(6);
    });

    it('delivers what was published before the last topic was left', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      socket.subscribe('t');
      await turn();
      world.server.publish('t', 'last');
      socket.unsubscribe('t');
      expect(await client.received(1)).toEqual(['last']);
    });

    it('sends what is published in one tick in one write, and what is corked too', async () => {
      const world = await open();
      const wire = await wired(world, 'a');
      const socket = await world.socket('a');
      socket.subscribe('t');
      for (const text of ['1', '2', '3']) world.server.publish('t', text);
      await wire.until((received) => received.length >= 9);
      expect(wire.pieces.map(String)).toEqual([serverText('1') + serverText('2') + serverText('3')].map(bytesAsText));
      wire.pieces = [];
      socket.cork(() => {
        socket.send('4');
        socket.send('5');
      });
      await wire.until((received) => received.length >= 6);
      expect(wire.pieces).toHaveLength(1);
    });

    it(`brings every publication to ${CROWD} sockets in order`, async () => {
      const world = await open();
      const clients = await Promise.all(
        Array.from({ length: CROWD }, (_, index) => LiveClient.open(world, `c${index}`)),
      );
      for (const socket of world.sockets.values()) socket.subscribe('all');
      const texts = Array.from({ length: 40 }, (_, index) => `message ${index} é`);
      for (const text of texts) {
        world.server.publish('all', text);
        if (texts.indexOf(text) % 7 === 0) await turn(1);
      }
      for (const client of clients) expect(await client.received(texts.length)).toEqual(texts);
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      expect(world.server.stats).toEqual({
        sockets: CROWD,
        delivered: CROWD * texts.length,
        bytes: CROWD * bytes,
        dropped: 0,
      });
      for (const { ws } of clients) ws.terminate();
      await eventually(() => world.server.stats.sockets === 0);
      world.server.publish('all', 'nobody is left');
      expect(world.server.stats.delivered).toBe(CROWD * texts.length);
    });

    it('joins the fragments of a message, with a ping between them answered', async () => {
      const world = await open();
      const wire = await wired(world, 'a');
      wire.write(frame(OPCODES.text, 'frag', { fin: false }));
      wire.write(frame(OPCODES.ping, 'still there?'));
      await wire.until((received) => received.includes('still there?'));
      expect(wire.pieces[0]?.[0]).toBe(0x80 | OPCODES.pong);
      for (const byte of frame(OPCODES.continuation, 'ment')) wire.write(Buffer.from([byte]));
      await eventually(() => world.count('message a fragment') === 1);
    });

    it('closes with 1003 for a binary message', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      client.ws.send(Buffer.from([1, 2, 3]));
      expect((await client.whenClosed()).code).toBe(1003);
      await eventually(() => world.count('closed a') === 1);
      expect(world.events).toEqual(['opened a', 'closed a']);
    });

    it('takes a message of the largest size and closes with 1009 for one byte more, in one frame or many', async () => {
      const world = await open({ messageBytesMax: 1_000 });
      const client = await LiveClient.open(world, 'a');
      client.ws.send('x'.repeat(1_000));
      await eventually(() => world.count(`message a ${'x'.repeat(1_000)}`) === 1);
      client.ws.send('x'.repeat(1_001));
      expect((await client.whenClosed()).code).toBe(1009);
      const wire = await wired(world, 'b');
      wire.write(frame(OPCODES.text, 'x'.repeat(600), { fin: false }));
      wire.write(frame(OPCODES.continuation, 'x'.repeat(600)));
      expect(closeCode(await wire.whenClosed())).toBe(1009);
      await eventually(() => world.server.stats.sockets === 0);
    });

    it('ends a connection that claims gigabytes without keeping them', async () => {
      const world = await open();
      const wire = await wired(world, 'a');
      wire.write(Buffer.from([0x81, 0xff, 0, 0, 0, 8, 0, 0, 0, 0, 1, 2, 3, 4]));
      // uWebSockets.js cuts it, `ws` says why.
      expect([1009, undefined]).toContain(closeCode(await wire.whenClosed()));
      await eventually(() => world.count('closed a') === 1);
    });

    it.each([
      ['text that is not UTF-8', frame(OPCODES.text, Buffer.from([0xc3, 0x28])), 1007],
      ['a reserved operation', frame(3, 'x'), 1002],
      ['a fragment of nothing', frame(OPCODES.continuation, 'x'), 1002],
      ['a ping in fragments', frame(OPCODES.ping, 'x', { fin: false }), 1002],
    ])('ends a connection that sends %s', async (_, bytes, code) => {
      const world = await open();
      const wire = await wired(world, 'a');
      wire.write(bytes);
      const answered = closeCode(await wire.whenClosed());
      // uWebSockets.js cuts a connection that breaks the protocol, without a word.
      expect([code, undefined]).toContain(answered);
      await eventually(() => world.count('closed a') === 1);
      expect(world.events).toEqual(['opened a', 'closed a']);
    });

    it('closes with 1013 what is more than its sockets, and has room again when one leaves', async () => {
      const world = await open({ socketsMax: 2 });
      const first = await LiveClient.open(world, 'a');
      await LiveClient.open(world, 'b');
      const third = new LiveClient(`${world.server.url}/feed?name=c`);
      expect((await third.whenClosed()).code).toBe(1013);
      expect(world.events).toEqual(['opened a', 'opened b']);
      first.ws.terminate();
      await eventually(() => world.server.stats.sockets === 1);
      await LiveClient.open(world, 'd');
    });

    it('closes in order with code and reason, and brings no news of the socket but that it closed', async () => {
      const world = await open();
      const client = await LiveClient.open(world, 'a');
      const socket = await world.socket('a');
      socket.subscribe('t');
      world.server.publish('t', 'published');
      socket.send('sent');
      socket.end(4_000, `because ${'é'.repeat(100)}`);
      expect(world.events).toEqual(['opened a']);
      expect(socket.send('too late')).toBe(false);
      expect(socket.buffered).toBe(0);
      socket.subscribe('t');
      socket.unsubscribe('t');
      socket.cork(() => {});
      socket.end(4_001, 'again');
      world.server.publish('t', 'too late');
      client.ws.send('too late');
      const closed = await client.whenClosed();
      expect(closed.code).toBe(4_000);
      expect(closed.reason).toMatch(/^because é{50,58}$/);
      expect(client.messages).toEqual(['published', 'sent']);
      await turn();
      expect(world.events).toEqual(['opened a', 'closed a']);
      expect(world.server.stats).toMatchObject({ sockets: 0, delivered: 2, dropped: 0 });
    });

    it('may be ended in any of its handlers, and within a cork', async () => {
      const world = await open(
        {},
        {
          opened: (socket) => socket.data === 'a' && socket.end(4_001, 'in opened'),
          message: (socket) =>
            socket.cork(() => {
              socket.send('bye');
              socket.end(4_002, 'in a cork');
              socket.send('too late');
            }),
        },
      );
      const first = new LiveClient(`${world.server.url}/feed?name=a`);
      expect((await first.whenClosed()).code).toBe(4_001);
      const second = await LiveClient.open(world, 'b');
      second.ws.send('x');
      second.ws.send('y');
      expect((await second.whenClosed()).code).toBe(4_002);
      expect(second.messages).toEqual(['bye']);
      await eventually(() => world.count('closed b') === 1);
      expect(world.events).toEqual(['opened a', 'closed a', 'opened b', 'message b x', 'closed b']);
    });

    it.each(['opened', 'message', 'closed'] as const)('outlives a handler of %s that throws', async (event) => {
      const fail = (socket: { readonly data: string }): void => {
        if (socket.data === 'a') throw new Error('broken handler');
      };
      const world = await open({}, { [event]: fail });
      const other = await LiveClient.open(world, 'b');
      const client = new LiveClient(`${world.server.url}/feed?name=a`);
      client.ws.on('open', () => client.ws.send('x'));
      if (event === 'closed') {
        await world.socket('a');
        client.ws.close();
        await eventually(() => world.count('closed a') === 1);
      } else expect((await client.whenClosed()).code).toBe(1011);
      expect(world.log.at('error')).toEqual(['a handler of the live feed failed']);
      (await world.socket('b')).send('still here');
      expect(await other.received(1)).toEqual(['still here']);
    });

    it('closes all with 1001, tells of each, and takes no more', async () => {
      const world = await open();
      const clients = await Promise.all(['a', 'b', 'c'].map((name) => LiveClient.open(world, name)));
      for (const socket of world.sockets.values()) socket.subscribe('t');
      world.server.publish('t', 'last');
      const closing = world.close(10_000);
      world.server.publish('t', 'too late');
      for (const client of clients) {
        expect((await client.whenClosed()).code).toBe(1001);
        expect(client.messages).toEqual(['last']);
      }
      await closing;
      await world.close(0);
      expect(world.events.filter((event) => event.startsWith('closed')).sort()).toEqual([
        'closed a',
        'closed b',
        'closed c',
      ]);
      expect(world.server.stats.sockets).toBe(0);
      await expect(fetch(world.server.url)).rejects.toThrow();
    });
  });
}

/** Frames are one character a byte; the pieces of a wire are compared as the text they hold. */
function bytesAsText(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
