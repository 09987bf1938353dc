/**
 * `coinpilot gateway` as a process: what it says when it starts and ends, when it calls itself ready, whom it lets in, and
 * that a command given through it is kept with who gave it and why.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EngineHome, EngineProcess, until } from '../support/engine-process.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { CONTROL_TOKEN, READ_TOKEN, TestGateway, TOKENS } from '../support/gateway-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { uuidv7 } from '../support/wire.ts';

const SYMBOL = 'KRW-BTC';
const CHANGED_MS_MAX = 30_000;
/** A probe that takes longer is a probe that failed. */
const PROBE_MS_MAX = 10_000;
const STOPPED_MS_MAX = 10_000;
const USAGE = 2;
const GOING_AWAY = 1001;
const LIVE = '/healthz/live';
const READY = '/healthz/ready';

let database: TestDatabase;
let broker: RunningNats;
let postgres: FaultProxy;
let nats: FaultProxy;
let gateway: TestGateway;
let home: EngineHome;
/** None before a test wants one. */
let pod: EngineProcess | undefined;

beforeAll(async () => {
  database = await createDatabase('gateway command');
  broker = await NATS_IMPLEMENTATIONS[0]!.start();
  postgres = await FaultProxy.start(database.url);
  nats = await FaultProxy.start(broker.url);
  home = await EngineHome.create();
  gateway = await TestGateway.start({
    databaseUrl: postgres.through(database.url),
    natsUrl: nats.through(broker.url),
    environment: TOKENS,
  });
});

afterAll(async () => {
  await gateway?.remove();
  await home?.remove();
  await postgres?.close();
  await nats?.close();
  await broker?.stop();
  await database?.drop();
});

async function ready(): Promise<unknown> {
  const response = await fetch(gateway.url + READY, { signal: AbortSignal.timeout(PROBE_MS_MAX) });
  return { status: response.status, ...((await response.json()) as object) };
}

const isReady = { status: 200, ready: true, ledger: true, bus: true, ownership: true };

async function becomes(expected: object): Promise<void> {
  let last: unknown;
  await until(
    async () => {
      last = await ready();
      return Object.entries(expected).every(([name, value]) => (last as Record<string, unknown>)[name] === value);
    },
    CHANGED_MS_MAX,
    () => `${JSON.stringify(last)} instead of ${JSON.stringify(expected)}\n${gateway.process.log.slice(-2_000)}`,
  );
}

async function withPod(): Promise<void> {
  if (pod?.isAlive) return;
  const servers = ['--database-url', database.url, '--nats-url', broker.url, '--symbol', SYMBOL];
  pod = home.run('pod', '--pod', 'pod-a', ...servers);
  await pod.whenReady();
}

/** What became of opening a WebSocket. */
function open(
  headers: Record<string, string>,
  protocols: string[] = [],
): Promise<{ socket?: WebSocket; status?: number }> {
  const socket = new WebSocket(gateway.feed, protocols, { headers });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ socket }));
    socket.once('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      resolve({ status: statusCode! });
    });
  });
}

describe('a gateway', () => {
  it('says on its first line where it serves', () => {
    const { ready: isServing, http, nats: natsUrl, postgres: postgresUrl } = gateway.process.ready;
    expect(isServing).toBe(true);
    expect(http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect([natsUrl, postgresUrl]).toEqual([
      nats.through(broker.url).replace(/\/$/, ''),
      postgres.through(database.url),
    ]);
  });

  it('is ready only while ledger, bus and a Pod are there, and alive all the time', async () => {
    await pod?.kill('SIGKILL');
    await becomes({ status: 503, ready: false, ledger: true, bus: true, ownership: false });
    expect((await gateway.get(LIVE)).status).toBe(200);
    await withPod();
    await becomes(isReady);

    postgres.cut();
    await becomes({ status: 503, ledger: false, bus: true });
    expect((await gateway.get(LIVE)).status).toBe(200);
    postgres.pass();
    await becomes(isReady);

    // Nobody answers, and nobody says so: the probe is answered all the same.
    postgres.blackHole();
    await becomes({ status: 503, ledger: false });
    postgres.pass();
    await becomes(isReady);

    nats.cut();
    await becomes({ status: 503, ledger: true, bus: false });
    nats.pass();
    await becomes(isReady);

    await pod?.kill('SIGKILL');
    await becomes({ status: 503, ledger: true, bus: true, ownership: false });
    await withPod();
    await becomes(isReady);
  });

  it('shows what it has to whom a token names, over HTTP and WebSocket', async () => {
    for (const path of ['/metrics', '/api/status', '/api/positions']) {
      expect((await gateway.get(path)).status, path).toBe(401);
      expect((await gateway.get(path, 'wrong-token-of-the-tests')).status, path).toBe(401);
      for (const token of [READ_TOKEN, CONTROL_TOKEN]) expect((await gateway.get(path, token)).status).toBe(200);
    }
    const offered = (token: string) => [
      'coinpilot.feed',
      `coinpilot.token.${Buffer.from(token).toString('base64url')}`,
    ];
    expect((await open({})).status).toBe(401);
    expect((await open({ authorization: 'Bearer wrong-token-of-the-tests' })).status).toBe(401);
    expect((await open({}, offered('wrong-token-of-the-tests'))).status).toBe(401);
    for (const token of [READ_TOKEN, CONTROL_TOKEN]) {
      const byHeader = await open({ authorization: `Bearer ${token}` });
      const byProtocol = await open({}, offered(token));
      expect(byProtocol.socket?.protocol).toBe('coinpilot.feed');
      byHeader.socket!.terminate();
      byProtocol.socket!.terminate();
    }
  });

  it('passes a command on from whom may command, and the journal keeps who gave it and why', async () => {
    await withPod();
    const by = 'a person of the tests';
    const reason = 'the test wants it to pause';
    const post = (id: string, token: string) =>
      fetch(`${gateway.url}/api/control`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ target: 'symbol', symbol: SYMBOL, command: 'pause', id, reason, by }),
      });
    const refused = uuidv7();
    expect((await post(refused, READ_TOKEN)).status).toBe(403);
    expect((await post(refused, 'wrong-token-of-the-tests')).status).toBe(401);
    const id = uuidv7();
    const response = await post(id, CONTROL_TOKEN);
    expect([response.status, await response.json()]).toMatchObject([200, { ok: true }]);
    // The same again is the same answer, and no second row.
    expect((await post(id, CONTROL_TOKEN)).status).toBe(200);
    const rows = await sql<{ id: string; body: string }>(
      database.url,
      `select id, body from journal where symbol = $1 and id in ($2, $3)`,
      [SYMBOL, id, refused],
    );
    expect(rows.map((row) => row.id)).toEqual([id]);
    expect(JSON.parse(rows[0]!.body)).toMatchObject({ reason, by });
    const [row] = await sql<{ paused_reason: string }>(
      database.url,
      'select paused_reason from positions where symbol = $1',
      [SYMBOL],
    );
    expect(row).toEqual({ paused_reason: reason });
  });

  it('tells its clients that it ends, and ends in time', async () => {
    const { socket } = await open({ authorization: `Bearer ${READ_TOKEN}` });
    let code: number | undefined;
    socket!.on('close', (told) => {
      code = told;
    });
    gateway.process.signal('SIGTERM');
    expect(await gateway.process.whenExited(STOPPED_MS_MAX)).toEqual({ code: 0, signal: null });
    await until(
      () => code !== undefined,
      STOPPED_MS_MAX,
      () => 'the client was not told',
    );
    expect(code).toBe(GOING_AWAY);
    await gateway.restart();
    expect((await gateway.get(LIVE)).status).toBe(200);
  });

  it('says what is wrong with its settings, never a token, and exits with 2', async () => {
    const servers = { DATABASE_URL: database.url, NATS_URL: broker.url };
    const secret = 'tooshortsecret';
    const wrong: readonly [Record<string, string>, readonly RegExp[]][] = [
      [
        {
          COINPILOT_HTTP_HOST: '0.0.0.0',
          COINPILOT_READ_TOKEN: secret,
          COINPILOT_ORIGINS: 'desk.example/path',
        },
        [
          /DATABASE_URL: a gateway needs a Postgres/,
          /NATS_URL: a gateway needs a NATS server/,
          /0\.0\.0\.0: give readToken and controlToken/,
          /COINPILOT_READ_TOKEN.*16 characters/,
          /"desk\.example\/path" is not an origin/,
        ],
      ],
      [
        { ...servers, COINPILOT_HTTP_HOST: '0.0.0.0', COINPILOT_READ_TOKEN: READ_TOKEN },
        [/give readToken and controlToken/],
      ],
      [
        { ...servers, COINPILOT_READ_TOKEN: READ_TOKEN, COINPILOT_CONTROL_TOKEN: READ_TOKEN },
        [/controlToken: must differ/],
      ],
    ];
    const outcomes = wrong.map(async ([environment, texts]) => {
      const gone = new EngineProcess(['gateway', '--json', '--http-port', '0'], home.folder, environment);
      const { code } = await gone.whenExited();
      const { log } = gone;
      return {
        code,
        isClear: texts.every((text) => text.test(log)),
        isQuoted: log.includes(secret) || log.includes(READ_TOKEN),
        log,
      };
    });
    for (const { log, ...outcome } of await Promise.all(outcomes)) {
      expect(outcome, log).toEqual({ code: USAGE, isClear: true, isQuoted: false });
    }
  });
});
