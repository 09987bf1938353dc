/**
 * Strangers at the port of a gateway process: without a token nothing of the account is told on any path, and floods,
 * oversized messages, binary ones and garbage end nothing but their own connection.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/engine-process.ts';
import { RawFollower } from '../support/gateway-followers.ts';
import { READ_TOKEN, TestGateway, TOKENS } from '../support/gateway-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { frame, handshake, LiveWire, OPCODES } from '../support/live-wire.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

const SYMBOLS = 600;
/** As docs/FEED.md says. */
const CHANNELS_MAX = 512;
const CHANNELS_PER_MESSAGE_MAX = 64;
const BURST = 40;
const MESSAGE_BYTES_MAX = 16_384;
const RULES = 1008;
const TOO_LARGE = 1009;
const TEXT_ONLY = 1003;

const WAIT_MS_MAX = 20_000;
const CROWD = 150;
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];
const AUTHORIZED = { authorization: `Bearer ${READ_TOKEN}` };
/** What only somebody with a token may see: names of metrics, symbols, fields of the account and the process. */
const DATA =
  /process_cpu|coinpilot_feed|coinpilot_http|KRW-T|"cash"|"positions"|"gateway":|"type":"(?:hello|snapshot)"|root:/;
const HEALTH = /"(?:live|ready)":/;

let database: TestDatabase;
let broker: RunningNats;
let gateway: TestGateway;
let clientsBefore: number;

beforeAll(async () => {
  database = await createDatabase('gateway hostile');
  broker = await NATS_IMPLEMENTATIONS[0]!.start();
  await sql(
    database.url,
    `insert into positions (symbol) select 'KRW-T' || lpad(n::text, 3, '0') from generate_series(1, $1) n`,
    [SYMBOLS],
  );
  gateway = await TestGateway.start({ databaseUrl: database.url, natsUrl: broker.url, environment: TOKENS });
});

afterAll(async () => {
  await gateway?.remove();
  await broker?.stop();
  await database?.drop();
});

const clients = () => gateway.metric('coinpilot_feed_clients', READ_TOKEN);

beforeEach(async () => {
  clientsBefore = await clients();
});

/** It serves, and nothing of the strangers is left. */
async function isAsBefore(): Promise<void> {
  await until(
    async () => (await clients()) === clientsBefore,
    WAIT_MS_MAX,
    () => `it keeps connections: ${gateway.process.log.slice(-2_000)}`,
  );
  const follower = new RawFollower('afterwards', {
    url: gateway.url,
    channels: ['symbol:KRW-T001', 'account', 'cluster'],
    token: READ_TOKEN,
  });
  await until(
    () => follower.isLive,
    WAIT_MS_MAX,
    () => gateway.process.log.slice(-2_000),
  );
  expect([follower.problems, follower.connections]).toEqual([[], 1]);
  follower.close();
  expect(gateway.process.isAlive).toBe(true);
}

async function connected(): Promise<{
  socket: WebSocket;
  messages: Record<string, unknown>[];
  closed: Promise<number>;
}> {
  const socket = new WebSocket(gateway.feed, { headers: AUTHORIZED });
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (text: Buffer) => messages.push(JSON.parse(String(text)) as Record<string, unknown>));
  socket.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('close', reject);
  });
  return { socket, messages, closed };
}

/** The answer to one request, whose connection is closed after it; a server may also just hang up. */
async function exchange(bytes: string): Promise<string> {
  const wire = new LiveWire(gateway.port);
  wire.write(bytes);
  await Promise.race([wire.whenClosed(), wire.until(isWhole)]);
  wire.socket.destroy();
  return wire.received;

  function isWhole(text: string): boolean {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const length = bytes.startsWith('HEAD') ? '0' : /content-length: (\d+)/i.exec(text)?.[1];
    return text.length >= end + 4 + Number(length ?? 0);
  }
}

function request(method: string, target: string, headers = ''): string {
  const [length, body] = method === 'POST' ? ['content-length: 2\r\n', '{}'] : ['', ''];
  const host = `host: 127.0.0.1:${gateway.port}\r\n`;
  return `${method} ${target} HTTP/1.1\r\n${host}${headers}${length}connection: close\r\n\r\n${body}`;
}

describe('a gateway with tokens', () => {
  const targets = [
    '/metrics',
    '/metrics/',
    '/metrics?token=x',
    '//metrics',
    '/./metrics',
    '/%6detrics',
    '/METRICS',
    '/metrics%00',
    '/metrics;x',
    '/metrics#x',
    '/healthz/../metrics',
    '/healthz/%2e%2e/metrics',
    '/healthz/live/../../metrics',
    '/assets/../metrics',
    '/assets/..%2f..%2f..%2f..%2fgateway.ts',
    '/..%2f..%2f..%2fpackage.json',
    '/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/api',
    '/api/',
    '/api/status',
    '/api/positions',
    '//api/positions',
    '/api//positions',
    '/API/positions',
    '/%61pi/positions',
    '/api/trades?limit=500',
    '/api/candles?symbol=KRW-T001',
    '/api/fills?symbol=KRW-T001',
    '/api/equity',
    '/api/control',
    '/feed',
    '/feed/',
  ];
  const strangers: readonly [string, string][] = [
    ['no token', ''],
    ['a wrong token', 'authorization: Bearer wrong-token-of-the-tests\r\n'],
    ['an empty token', 'authorization: Bearer \r\n'],
    ['half the token', `authorization: Bearer ${READ_TOKEN.slice(0, -1)}\r\n`],
    ['the token as a password', `authorization: Basic ${Buffer.from(`x:${READ_TOKEN}`).toString('base64')}\r\n`],
    ['two tokens', `authorization: Bearer x\r\nauthorization: Bearer ${READ_TOKEN}\r\n`],
    ['the token in a cookie', `cookie: token=${READ_TOKEN}\r\n`],
    ['an address that a proxy might have written', 'x-forwarded-for: 127.0.0.1\r\nforwarded: for=127.0.0.1\r\n'],
  ];

  it.each(strangers)('tells nothing on any path for %s', async (_, headers) => {
    const requests = targets.flatMap((target) => METHODS.map((method) => ({ target, method })));
    const answers = requests.map(async ({ target, method }) => {
      const answer = await exchange(request(method, target, headers));
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
      const mayBeNoPage = /^\/(?:metrics|api)(?:[?]|$)|^\/api\//.test(target);
      const isTold = DATA.test(answer) || (mayBeNoPage && status !== '401');
      return isTold ? `${method} ${target}: ${answer.slice(0, 500)}` : undefined;
    });
    expect((await Promise.all(answers)).filter((told) => told !== undefined)).toEqual([]);
    const upgrade = handshake('/feed', {}).replace(/\r\n\r\n$/, `\r\n${headers}\r\n`);
    expect(await exchange(upgrade)).toMatch(/^HTTP\/1\.1 401/);
    expect(
      await exchange(handshake('/feed?token=x', { 'sec-websocket-protocol': 'coinpilot.feed, coinpilot.token.eA' })),
    ).toMatch(/^HTTP\/1\.1 401/);
    // Whoever starts and stops processes has no token.
    expect(await (await gateway.get('/healthz/live')).text()).toMatch(HEALTH);
    await isAsBefore();
  });

  it('says nothing to a request whose target is no path', async () => {
    const targets = ['http://127.0.0.1/metrics', 'http://127.0.0.1/api/positions', 'metrics', '*', ':80'];
    const answers = targets.flatMap((target) => METHODS.map((method) => exchange(request(method, target))));
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^(?:HTTP\/1\.1 40\d|$)/);
    await isAsBefore();
  });

  it('is not upgraded for a page of somebody else, whatever its token', async () => {
    const answer = await exchange(handshake('/feed', { ...AUTHORIZED, origin: 'https://evil.example' }));
    expect(answer).toMatch(/^HTTP\/1\.1 403/);
    await isAsBefore();
  });

  it('closes who floods it', async () => {
    const { socket, closed } = await connected();
    for (let count = 0; count < 2 * BURST; count += 1) socket.send('{"op":"ping"}');
    expect(await closed).toBe(RULES);
    await isAsBefore();
  });

  it('closes for a message that is too large, binary or none', async () => {
    const tooLarge = ['x'.repeat(MESSAGE_BYTES_MAX + 1), 'x'.repeat(8 * MESSAGE_BYTES_MAX), 'x'.repeat(4_000_000)];
    for (const text of tooLarge) {
      const { socket, closed } = await connected();
      socket.send(text);
      // A message far too large may cut the connection before a code is read.
      expect([TOO_LARGE, 1006]).toContain(await closed);
    }
    const codes: readonly [string | Buffer, number][] = [
      [tooLarge[0]!, TOO_LARGE],
      [randomBytes(100), TEXT_ONLY],
      ['not a message', RULES],
      ['', RULES],
      ['{"op":', RULES],
    ];
    for (const [message, code] of codes) {
      const { socket, closed } = await connected();
      socket.send(message);
      expect(await closed, String(message).slice(0, 40)).toBe(code);
    }
    await isAsBefore();
  });

  it('answers what is a message and makes no sense, and goes on', async () => {
    const { socket, messages } = await connected();
    const senseless = [
      'null',
      '[]',
      '7',
      '{"op":"destroy"}',
      '{"op":"subscribe"}',
      '{"op":"subscribe","channels":[]}',
      '{"op":"subscribe","channels":["constructor"]}',
      '{"op":"subscribe","channels":["symbol:__proto__"]}',
      '{"op":"subscribe","channels":["symbol:../account"]}',
      '{"op":"subscribe","channels":["symbol:>"]}',
      '{"op":"subscribe","channels":["symbol:KRW-NONE"]}',
      '{"op":"subscribe","channels":["account"],"since":{"account":-1}}',
      '{"op":"subscribe","channels":["account"],"since":{"account":1e400}}',
      '{"op":"unsubscribe","channels":["account","account"]}',
      `{"op":"subscribe","channels":${JSON.stringify(Array(CHANNELS_PER_MESSAGE_MAX + 1).fill('account'))}}`,
      '{"op":"subscribe","channels":["cluster"],"since":{"__proto__":1,"cluster":9007199254740991}}',
    ];
    for (const text of senseless) socket.send(text);
    socket.send('{"op":"ping"}');
    const count = (type: string) => messages.filter((message) => message.type === type).length;
    await until(
      () => count('pong') === 1 && count('error') >= senseless.length - 2 && count('snapshot') === 1,
      WAIT_MS_MAX,
      () => JSON.stringify(messages).slice(0, 3_000),
    );
    const codes = messages.filter(({ type }) => type === 'error').map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['INVALID', 'LIMIT', 'NOT_FOUND']));
    socket.terminate();
    await isAsBefore();
  });

  it('lets a client watch 512 channels and no more', async () => {
    const { socket, messages } = await connected();
    const channels = Array.from({ length: SYMBOLS }, (_, index) => `symbol:KRW-T${String(index + 1).padStart(3, '0')}`);
    for (let start = 0; start < SYMBOLS; start += CHANNELS_PER_MESSAGE_MAX) {
      const part = channels.slice(start, start + CHANNELS_PER_MESSAGE_MAX);
      socket.send(JSON.stringify({ op: 'subscribe', channels: part }));
    }
    const of = (type: string) => messages.filter((message) => message.type === type);
    await until(
      () => of('live').length === CHANNELS_MAX && of('error').length === SYMBOLS - CHANNELS_MAX,
      WAIT_MS_MAX,
      () => `${of('snapshot').length} snapshots, ${of('live').length} live, ${of('error').length} errors`,
    );
    expect(of('snapshot').length).toBe(CHANNELS_MAX);
    expect(new Set(of('error').map(({ code }) => code))).toEqual(new Set(['LIMIT']));
    socket.terminate();
    await isAsBefore();
  });

  it('survives frames that no client would send', async () => {
    const { text, binary, continuation, close, ping } = OPCODES;
    const subscribe = '{"op":"subscribe","channels":["account"]}';
    const garbage: readonly Buffer[] = [
      randomBytes(5_000),
      frame(3, 'reserved'),
      frame(continuation, 'of nothing'),
      frame(text, subscribe, { masked: false }),
      frame(text, Buffer.from([0xff, 0xfe, 0xc0])),
      frame(ping, 'x'.repeat(126)),
      frame(close, Buffer.from([0])),
      frame(close, Buffer.from([0x03, 0xed])),
      Buffer.concat([frame(text, '{"op"', { fin: false }), frame(text, ':"ping"}')]),
      Buffer.concat([frame(binary, 'x', { fin: false }), frame(continuation, 'y', { fin: false })]),
      Buffer.concat(Array.from({ length: 500 }, () => frame(text, 'x', { fin: false }))),
      Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      frame(text, subscribe).subarray(0, 9),
    ];
    const wires = await Promise.all(
      garbage.map(async (bytes) => {
        const wire = new LiveWire(gateway.port);
        wire.write(handshake('/feed', AUTHORIZED));
        await wire.until((received) => received.includes('"hello"'));
        wire.write(bytes);
        return wire;
      }),
    );
    // Half open, half a handshake, half a request: nobody waits for the rest.
    for (const half of ['', 'G', 'GET /feed HTTP/1.1\r\n', handshake('/feed', AUTHORIZED).slice(0, -2)]) {
      const wire = new LiveWire(gateway.port);
      wire.write(half);
      wires.push(wire);
    }
    await isAliveBesides();
    for (const { socket } of wires) socket.destroy();
    await isAsBefore();
  });

  it('serves a crowd that comes, subscribes and is cut off', async () => {
    const crowd = Array.from({ length: CROWD }, async (_, index) => {
      const { socket } = await connected();
      socket.send(JSON.stringify({ op: 'subscribe', channels: [`symbol:KRW-T${String(index + 1).padStart(3, '0')}`] }));
      if (index % 2 === 0) socket.terminate();
      return socket;
    });
    const sockets = await Promise.all(crowd);
    for (const socket of sockets) socket.terminate();
    await isAsBefore();
    await until(
      async () => (await gateway.metric('coinpilot_feed_subscriptions', READ_TOKEN)) === 0,
      WAIT_MS_MAX,
      () => 'it keeps subscriptions of those who are gone',
    );
  });

  async function isAliveBesides(): Promise<void> {
    const { socket, messages } = await connected();
    socket.send('{"op":"ping"}');
    await until(
      () => messages.some(({ type }) => type === 'pong'),
      WAIT_MS_MAX,
      () => gateway.process.log.slice(-2_000),
    );
    socket.terminate();
  }
});
