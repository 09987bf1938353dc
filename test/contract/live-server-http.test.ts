/** The HTTP side of a live server: what reaches the handlers, what comes back, and what can't end the process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpResponse, LiveHandlers, LiveServerOptions } from '../../gateway/live-server.ts';
import { listenOn } from '../../supervisors/roles/listen.ts';
import { LiveClient } from '../support/live-client.ts';
import { handshake, LiveWire } from '../support/live-wire.ts';
import { eventually, LIVE_SERVERS, LiveWorld } from '../support/live-world.ts';

const TEXT = { 'content-type': 'text/plain' };
const HOST = 'host: localhost\r\n';

for (const implementation of LIVE_SERVERS) {
  describe.skipIf(implementation.isMissing)(`HTTP of a live server on ${implementation.name}`, () => {
    const worlds: LiveWorld[] = [];
    const wires: LiveWire[] = [];

    afterEach(async () => {
      for (const wire of wires.splice(0)) wire.socket.destroy();
      await Promise.all(worlds.splice(0).map((world) => world.close()));
    });

    async function open(
      handlers: Partial<LiveHandlers<string>> = {},
      options: Partial<Omit<LiveServerOptions<string>, 'handlers'>> = {},
    ): Promise<LiveWorld> {
      const world = await LiveWorld.open(implementation, options, handlers);
      worlds.push(world);
      return world;
    }

    function wired(world: LiveWorld): LiveWire {
      const wire = new LiveWire(world.server.port);
      wires.push(wire);
      return wire;
    }

    const answering = (response: HttpResponse | (() => HttpResponse | Promise<HttpResponse>)) => ({
      http: () => (typeof response === 'function' ? response() : response),
    });

    it('brings a request as it was sent and its answer as it was given', async () => {
      const world = await open(
        answering({
          status: 418,
          headers: { 'content-type': 'text/plain', 'x-own': 'value', 'cache-control': 'no-store' },
          body: 'short and stout: 🫖',
        }),
      );
      const answer = await fetch(`${world.server.url}/a%2Fb/%zz//?x=%20y&x=2&bad=%zz`, {
        headers: { 'X-Mixed': 'Case', Constructor: '1' },
      });
      expect(answer.status).toBe(418);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'x-own': 'value',
        'cache-control': 'no-store',
        'content-length': '21',
      });
      expect(await answer.text()).toBe('short and stout: 🫖');
      const [request] = world.requests;
      expect(request).toMatchObject({ method: 'GET', path: '/a%2Fb/%zz//', remoteAddress: '127.0.0.1' });
      expect([...(request?.query.getAll('x') ?? [])]).toEqual([' y', '2']);
      expect(request?.headers).toMatchObject({ 'x-mixed': 'Case', constructor: '1' });
      expect(request?.headers.toString).toBeUndefined();
      expect(request?.body).toHaveLength(0);
    });

    it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('brings %s, without its body', async (method) => {
      const world = await open();
      const body = method === 'OPTIONS' ? null : 'ignored';
      expect((await fetch(world.server.url, { method, body })).status).toBe(200);
      expect(world.requests[0]).toMatchObject({ method, path: '/' });
      expect(world.requests[0]?.body).toHaveLength(0);
    });

    it('answers HEAD as GET without the body, and goes on with the connection', async () => {
      const world = await open(answering({ status: 200, headers: TEXT, body: 'four' }));
      const wire = wired(world);
      wire.write(`HEAD /x HTTP/1.1\r\n${HOST}\r\n`);
      const head = await wire.until((received) => received.includes('\r\n\r\n'));
      expect(head.toLowerCase()).toMatch(/^http\/1\.1 200 ok\r\n(.*\r\n)*content-length: 4\r\n/);
      expect(head.endsWith('\r\n\r\n')).toBe(true);
      wire.pieces = [];
      wire.write(`GET /y HTTP/1.1\r\n${HOST}\r\n`);
      await wire.until((received) => received.endsWith('\r\n\r\nfour'));
      expect(world.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
    });

    it('answers bytes, and statuses that have no body', async () => {
      const bytes = new Uint8Array([0, 255, 13, 10, 128]);
      const world = await open({
        http: ({ path }) =>
          path === '/bytes'
            ? { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes }
            : { status: Number(path.slice(1)), headers: { etag: '"1"' }, body: '' },
      });
      expect(new Uint8Array(await (await fetch(`${world.server.url}/bytes`)).arrayBuffer())).toEqual(bytes);
      for (const status of [304, 204]) {
        const answer = await fetch(`${world.server.url}/${status}`);
        expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([status, '"1"', '']);
      }
    });

    it('names no server software', async () => {
      const world = await open();
      const names = [...(await fetch(world.server.url)).headers.keys()];
      expect(names.filter((name) => /server|powered|websocket/i.test(name))).toEqual([]);
    });

    it('collects the body of a POST, whole, in pieces and chunked, up to the limit', async () => {
      const world = await open(
        { http: ({ body }) => ({ status: 200, headers: TEXT, body: String(body.length) }) },
        { bodyBytesMax: 1_000 },
      );
      const post = async (body: string): Promise<string> =>
        (await fetch(world.server.url, { method: 'POST', body })).text();
      expect(await post('')).toBe('0');
      expect(await post('é'.repeat(500))).toBe('1000');
      const wire = wired(world);
      wire.write(`POST / HTTP/1.1\r\n${HOST}content-length: 6\r\n\r\n`);
      for (const letter of 'abcdef') wire.write(letter);
      await wire.until((received) => received.endsWith('\r\n\r\n6'));
      wire.pieces = [];
      wire.write(`POST / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`);
      await wire.until((received) => received.endsWith('\r\n\r\n4'));
      expect(Buffer.from(world.requests.at(-2)?.body ?? []).toString()).toBe('abcdef');
      expect(Buffer.from(world.requests.at(-1)?.body ?? []).toString()).toBe('abcd');
    });

    it('answers 413 for a body above the limit, does not ask anybody, and lives on', async () => {
      const world = await open({}, { bodyBytesMax: 1_000 });
      for (const bytes of [1_001, 200_000]) {
        const answer = await fetch(world.server.url, { method: 'POST', body: 'x'.repeat(bytes) });
        expect(answer.status).toBe(413);
        expect(await answer.json()).toMatchObject({ error: { code: 'INVALID' } });
      }
      const wire = wired(world);
      wire.write(`POST / HTTP/1.1\r\n${HOST}content-length: 999999999999\r\n\r\n`);
      // It goes on for as long as it is listened to.
      const piece = 'x'.repeat(65_536);
      await eventually(() => {
        if (!wire.closed && wire.socket.writableLength < 1_048_576) wire.write(piece);
        return wire.closed;
      });
      expect(world.requests).toEqual([]);
      expect((await fetch(world.server.url)).status).toBe(200);
    });

    it('answers when the handler is ready, to many at once', async () => {
      const waiting: (() => void)[] = [];
      const world = await open({
        http: ({ path }) =>
          new Promise((resolve) => {
            waiting.push(() => resolve({ status: 200, headers: TEXT, body: path }));
          }),
      });
      const asked = Array.from({ length: 20 }, (_, index) => fetch(`${world.server.url}/${index}`));
      await eventually(() => waiting.length === 20);
      for (const answer of waiting.reverse()) answer();
      const bodies = await Promise.all(asked.map(async (answer) => (await answer).text()));
      expect(bodies).toEqual(asked.map((_, index) => `/${index}`));
    });

    it('lets a client go away before its answer, and while it still sends', async () => {
      let answer: (() => void) | undefined;
      const world = await open({
        http: ({ path }) =>
          path === '/slow'
            ? new Promise((resolve) => {
                answer = () => resolve({ status: 200, headers: TEXT, body: 'too late' });
              })
            : { status: 200, headers: TEXT, body: 'fine' },
      });
      const wire = wired(world);
      wire.write(`GET /slow HTTP/1.1\r\n${HOST}\r\n`);
      await eventually(() => answer !== undefined);
      wire.socket.destroy();
      const half = wired(world);
      half.write(`POST /half HTTP/1.1\r\n${HOST}content-length: 100\r\n\r\nhalf`);
      await new Promise<void>((sent) => half.socket.end(() => sent()));
      await half.whenClosed();
      answer?.();
      expect(await (await fetch(world.server.url)).text()).toBe('fine');
      expect(world.requests.map(({ path }) => path)).toEqual(['/slow', '/']);
      expect(world.log.at('error')).toEqual([]);
    });

    it.each<[string, () => HttpResponse | Promise<HttpResponse>]>([
      ['throws', () => raise()],
      ['rejects', () => Promise.resolve().then(raise)],
      ['splits the response', () => ({ status: 200, headers: { 'x-bad': 'a\r\nset-cookie: b' }, body: '' })],
      ['names a header of two words', () => ({ status: 200, headers: { 'x bad': 'a' }, body: '' })],
      ['has no status', () => Promise.resolve({ status: Number.NaN, headers: {}, body: '' })],
    ])('answers 500, logs and lives on when a handler %s', async (_, http) => {
      const world = await open(answering(http));
      const answer = await fetch(`${world.server.url}/broken?token=secret`);
      expect(answer.status).toBe(500);
      expect(answer.headers.get('x-bad')).toBeNull();
      expect(await answer.json()).toMatchObject({ error: { code: 'INTERNAL' } });
      expect(world.log.lines).toHaveLength(1);
      expect(world.log.lines[0]).toMatchObject({ level: 'error', fields: { method: 'GET', path: '/broken' } });
      expect(JSON.stringify(world.log.lines)).not.toContain('secret');
    });

    it.each(['*', 'http://localhost/x', 'x', '//x//..//%00', '/../../etc/passwd', '/%2e%2e/%c0%af', '/?%', '/#x'])(
      'takes the target %s for nothing but a path',
      async (target) => {
        const world = await open();
        const wire = wired(world);
        wire.write(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
        if (target.startsWith('/')) {
          await wire.until((received) => received.startsWith('HTTP/1.1 200'));
          expect(world.requests[0]?.path).toBe(target.split('?')[0]);
        } else {
          // uWebSockets.js hears no request in it and waits for one.
          if (implementation.kind === 'ws') await wire.until((received) => received.startsWith('HTTP/1.1 400'));
          expect((await fetch(world.server.url)).status).toBe(200);
          expect(world.requests.map(({ path }) => path)).toEqual(['/']);
        }
      },
    );

    it('joins headers that come twice, so that none of them can be taken alone', async () => {
      const world = await open();
      const wire = wired(world);
      wire.write(`GET / HTTP/1.1\r\n${HOST}authorization: Bearer a\r\nAuthorization: Bearer b\r\norigin: c\r\n\r\n`);
      await wire.until((received) => received.startsWith('HTTP/1.1 200'));
      expect(world.requests[0]?.headers).toMatchObject({ authorization: 'Bearer a, Bearer b', origin: 'c' });
    });

    it.each(['/', '/feed/', '/feedback', '//feed', '/FEED', '/%66eed'])('opens no WebSocket at %s', async (path) => {
      const world = await open();
      const client = new LiveClient(`${world.server.url}${path}`);
      await eventually(() => client.refused !== undefined);
      expect(client.refused).toBe(404);
      expect(world.events).toEqual([]);
      expect(world.requests).toEqual([]);
    });

    it('answers what asks for /feed without an upgrade like any other path', async () => {
      const world = await open();
      expect(await (await fetch(`${world.server.url}/feed`)).text()).toBe('fine');
      expect((await fetch(`${world.server.url}/feed`, { method: 'POST', body: 'x' })).status).toBe(200);
      expect(world.requests.map(({ path }) => path)).toEqual(['/feed', '/feed']);
    });

    it('says to what a client has to upgrade, without doing it', async () => {
      const headers = { upgrade: 'websocket', connection: 'upgrade' };
      const world = await open(answering({ status: 426, headers, body: 'a WebSocket' }));
      const wire = wired(world);
      wire.write(`GET /feed HTTP/1.1\r\n${HOST}\r\n`);
      await wire.until((received) => received.endsWith('a WebSocket'));
      expect(wire.received).toMatch(/^HTTP\/1\.1 426 /);
      expect(wire.received.toLowerCase()).toContain('\r\nupgrade: websocket\r\n');
      const answer = await fetch(`${world.server.url}/feed`);
      expect([answer.status, await answer.text()]).toEqual([426, 'a WebSocket']);
    });

    it.each([
      ['version', { 'sec-websocket-version': '8' }],
      ['key', { 'sec-websocket-key': '*'.repeat(24) }],
    ])('refuses a handshake with a wrong %s before anybody is asked', async (_, headers) => {
      let asked = 0;
      const upgrade: LiveHandlers<string>['upgrade'] = () => {
        asked += 1;
        return { admitted: true, data: 'x' };
      };
      const world = await open({ upgrade });
      const wire = wired(world);
      wire.write(handshake('/feed', headers));
      await wire.until((received) => received.startsWith('HTTP/1.1 400'));
      expect(asked).toBe(0);
    });

    it('answers a refused upgrade with the response of the handler, and 500 when it throws', async () => {
      const world = await open({
        upgrade: ({ query, path, headers, remoteAddress }) => {
          expect([path, headers.host, remoteAddress]).toEqual(['/feed', 'localhost', '127.0.0.1']);
          if (query.has('throw')) raise();
          return { admitted: false, response: { status: 401, headers: { 'x-why': 'no token' }, body: '{"no":1}' } };
        },
      });
      const wire = wired(world);
      wire.write(handshake('/feed?x=1'));
      const received = await wire.until((text) => text.endsWith('{"no":1}'));
      expect(received).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
      expect(received).toContain('x-why: no token\r\n');
      const second = wired(world);
      second.write(handshake('/feed?throw=1'));
      await second.until((text) => text.startsWith('HTTP/1.1 500'));
      expect(world.log.at('error')).toEqual(['a request could not be answered']);
      expect(world.events).toEqual([]);
    });

    it('says that a port is taken, by its own kind or another, in the words that supervisors know', async () => {
      const first = await open();
      await expect(open({}, { port: first.server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      const node = createServer().listen(0, '127.0.0.1');
      await eventually(() => node.listening);
      const { port } = node.address() as AddressInfo;
      await expect(open({}, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      const second = await listenOn({ port, strict: false }, undefined, (tried) => open({}, { port: tried }));
      expect(second.server.port).toBeGreaterThan(port);
      node.close();
    });

    it('says why it can not listen elsewhere', async () => {
      await expect(open({}, { host: '203.0.113.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
    });

    it('answers what was asked before it closes, and cuts idle connections', async () => {
      let answer: (() => void) | undefined;
      const world = await open({
        http: ({ path }) =>
          path === '/slow'
            ? new Promise((resolve) => {
                answer = () => resolve({ status: 200, headers: TEXT, body: 'in time' });
              })
            : { status: 200, headers: TEXT, body: 'fine' },
      });
      const idle = wired(world);
      idle.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
      await idle.until((received) => received.endsWith('fine'));
      const busy = wired(world);
      busy.write(`GET /slow HTTP/1.1\r\n${HOST}\r\n`);
      await eventually(() => answer !== undefined);
      const closing = world.close(20_000);
      answer?.();
      await closing;
      expect(await busy.whenClosed()).toMatch(/in time$/);
      await idle.whenClosed();
    });
  });
}

function raise(): never {
  throw new Error('broken handler');
}
