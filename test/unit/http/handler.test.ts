/** One answer for every request: health for everybody, data for those who may, and failures that say so. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../../protocol/errors.ts';
import { bodyOf, codeOf, httpWorld, request, textOf } from './http-world.ts';

const TOKENS = { readToken: 'read-token-1', controlToken: 'control-token-1' };
const DATA_PATHS = [
  '/api/status',
  '/api/positions',
  '/api/trades',
  '/api/candles?symbol=KRW-BTC',
  '/api/fills?symbol=KRW-BTC',
  '/api/equity',
  '/metrics',
  '/api',
  '/api/',
  '/api/nothing',
];

describe('health', () => {
  it('is told without a token, under any name: probes have neither', async () => {
    const { handle } = await httpWorld({ access: TOKENS });
    const probe = { remoteAddress: '10.1.2.3', headers: { host: '10.0.0.7:8080' } };
    expect(bodyOf(await handle(request('/healthz/live', probe)))).toEqual({ live: true });
    const ready = await handle(request('/healthz/ready', probe));
    expect([ready.status, bodyOf(ready)]).toEqual([200, { ready: true, ledger: true, bus: true, ownership: true }]);
    for (const path of ['/healthz', '/healthz/', '/healthz/other']) {
      const answer = await handle(request(path, probe));
      expect([answer.status, textOf(answer)]).toEqual([404, expect.stringContaining('/healthz/ready')]);
    }
    expect((await handle(request('/healthz/live', { method: 'HEAD' }))).body).toBe('');
  });

  it.each(['ledger', 'bus', 'ownership'])('is not ready without its %s', async (missing) => {
    const all = { ledger: true, bus: true, ownership: true };
    const { handle } = await httpWorld({ ready: { ...all, [missing]: false } });
    const answer = await handle(request('/healthz/ready'));
    expect([answer.status, bodyOf(answer)]).toEqual([503, { ready: false, ...all, [missing]: false }]);
  });
});

describe('the path of the feed', () => {
  it('says that it wants a WebSocket, to whom it would open one', async () => {
    const { handle } = await httpWorld();
    const answer = await handle(request('/feed'));
    expect([answer.status, textOf(answer)]).toEqual([426, expect.stringContaining('UPGRADE_REQUIRED')]);
    expect(answer.headers).toMatchObject({ upgrade: 'websocket', connection: 'upgrade' });
    const foreign = request('/feed', { headers: { host: 'evil.example' } });
    expect((await handle(foreign)).status).toBe(403);
  });
});

describe('a long answer', () => {
  it('is compressed for whoever takes that, and short ones and strangers get it plain', async () => {
    const { handle } = await httpWorld({});
    const gzip = { headers: { 'accept-encoding': 'gzip, deflate, br' } };
    const plain = await handle(request('/metrics'));
    const packed = await handle(request('/metrics', gzip));
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(packed.body).toString()).toContain('# HELP');
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect((await handle(request('/healthz/live', gzip))).headers).not.toHaveProperty('content-encoding');
    const refusing = { headers: { 'accept-encoding': 'gzip;q=0' } };
    expect((await handle(request('/metrics', refusing))).headers).not.toHaveProperty('content-encoding');
  });
});

describe('data', () => {
  it.each(DATA_PATHS)('needs a token where there is one: %s', async (path) => {
    const { handle } = await httpWorld({ access: TOKENS });
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer ' }]) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE']) {
        const answer = await handle(request(path, { method, headers }));
        expect(answer.status).toBe(401);
        expect(textOf(answer)).not.toMatch(/KRW|role|coinpilot_/);
      }
    }
    const answer = await handle(request(path, { headers: { authorization: 'Bearer read-token-1' } }));
    expect(answer.status).not.toBe(401);
  });

  it.each(DATA_PATHS)('is for this machine where there is none: %s', async (path) => {
    const { handle } = await httpWorld();
    expect((await handle(request(path, { remoteAddress: '192.168.1.4' }))).status).toBe(403);
    expect((await handle(request(path, { headers: { host: 'rebound.example' } }))).status).toBe(403);
    expect((await handle(request(path, { headers: { origin: 'https://evil.example' } }))).status).toBe(403);
    expect((await handle(request(path))).status).not.toBe(403);
  });

  it('is what the ledger says', async () => {
    const asked: unknown[] = [];
    const { handle } = await httpWorld({
      reader: {
        trades: async (page) => {
          asked.push(page);
          return { trades: [{ symbol: 'KRW-BTC' }], before: '1.2.KRW-BTC' };
        },
        candles: async (symbol, page) => {
          asked.push([symbol, page]);
          return [];
        },
        equity: async (options) => {
          asked.push(options);
          // At the end 50 are taken out: no loss.
          return [
            { at: '2026-01-31T09:00:00.000Z', equity: '100', cash: '1', netDeposits: '70' },
            { at: '2026-01-31T09:01:00.000Z', equity: '80', cash: '1', netDeposits: '70' },
            { at: '2026-01-31T09:02:00.000Z', equity: '40', cash: '1', netDeposits: '20' },
          ];
        },
      },
    });
    const get = async (path: string) => bodyOf(await handle(request(path)));
    expect(await get('/api/status')).toEqual({ role: 'gateway' });
    expect(await get('/api/positions')).toEqual({
      positions: [{ symbol: 'KRW-BTC', quantity: '1' }],
      at: '2026-01-31T09:00:00.000Z',
    });
    expect(await get('/api/trades?symbol=KRW-BTC&limit=7')).toEqual({
      trades: [{ symbol: 'KRW-BTC' }],
      before: '1.2.KRW-BTC',
    });
    expect(await get('/api/candles?symbol=KRW-BTC&before=2026-01-31T09:00:00Z')).toEqual({ candles: [] });
    expect(await get('/api/equity?from=2026-01-31T09:00:00Z&points=3')).toMatchObject({
      points: [{ equity: '100' }, { equity: '80' }, { equity: '40' }],
      maxDrawdown: '20',
    });
    expect(asked).toEqual([
      { symbol: 'KRW-BTC', limit: 7, before: undefined },
      ['KRW-BTC', { limit: 300, before: '2026-01-31T09:00:00.000Z' }],
      { from: Date.UTC(2026, 0, 31, 9), points: 3 },
    ]);
  });

  it('says what is wrong with a question', async () => {
    const { handle } = await httpWorld();
    const answer = async (path: string, method = 'GET') => {
      const response = await handle(request(path, { method }));
      return [response.status, codeOf(response)];
    };
    expect(await answer('/api/candles')).toEqual([400, 'INVALID']);
    expect(await answer('/api/candles?symbol=KRW-BTC&limit=2001')).toEqual([400, 'INVALID']);
    expect(await answer('/api/trades?limit=0')).toEqual([400, 'INVALID']);
    expect(await answer('/api/fills?symbol=KRW-BTC&before=x')).toEqual([400, 'INVALID']);
    expect(await answer('/api/equity?points=1')).toEqual([400, 'INVALID']);
    for (const kind of ['candles', 'fills', 'trades']) {
      expect(await answer(`/api/${kind}?symbol=KRW-NONE`)).toEqual([404, 'NOT_FOUND']);
      expect(await answer(`/api/${kind}?symbol=KRW-BTC`)).toEqual([200, undefined]);
    }
    expect(await answer('/api/positions', 'POST')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await answer('/market', 'POST')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await answer('/healthz/live', 'PUT')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await answer('/api/control')).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(await answer('/api/../api/positions')).toEqual([404, 'NOT_FOUND']);
    expect(await answer('/api%2fpositions')).toEqual([404, 'NOT_FOUND']);
  });

  it('says that the ledger is away, and that something is broken, without telling what', async () => {
    const { handle, log } = await httpWorld({
      reader: {
        positions: () => Promise.reject(new RetryableError('connect ECONNREFUSED postgres://secret@db')),
        trades: () => Promise.reject(new TypeError('x is not a function')),
      },
    });
    const away = await handle(request('/api/positions'));
    expect([away.status, codeOf(away), away.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '1']);
    const broken = await handle(request('/api/trades'));
    expect([broken.status, codeOf(broken)]).toEqual([500, 'INTERNAL']);
    expect(textOf(away) + textOf(broken)).not.toMatch(/secret|function/);
    expect(log.at('error')).toHaveLength(2);
  });

  it('is not asked for without end', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { handle } = await httpWorld({ reader: { positions: () => gate.then(() => []) } });
    // Two at a time, so that a process that trades comes to its own work; 64 wait.
    const waiting = Array.from({ length: 66 }, () => handle(request('/api/positions')));
    const refused = await handle(request('/api/positions'));
    expect([refused.status, codeOf(refused)]).toEqual([429, 'LIMIT']);
    expect((await handle(request('/healthz/live'))).status).toBe(200);
    // Whoever only looks keeps nobody from halting.
    const halt = request('/api/control', { method: 'POST', headers: { 'content-type': 'application/json' } });
    expect((await handle(halt)).status).toBe(400);
    release();
    expect((await Promise.all(waiting)).every(({ status }) => status === 200)).toBe(true);
    expect((await handle(request('/api/positions'))).status).toBe(200);
  });

  it('is given up when it does not come, and the next is asked', async () => {
    const answers = [new Promise<never>(() => undefined), new Promise<never>(() => undefined), Promise.resolve([])];
    const { handle, clock } = await httpWorld({ reader: { positions: () => answers.shift() ?? Promise.resolve([]) } });
    const asked = [1, 2, 3].map(() => handle(request('/api/positions')));
    await clock.advance(12_001);
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([503, 503, 200]);
  });

  it('is read once for all who ask for the same curve, and anew a moment later or after a failure', async () => {
    let reads = 0;
    let fails = false;
    const { handle, clock } = await httpWorld({
      reader: {
        equity: async () => {
          reads += 1;
          if (fails) throw new RetryableError('away');
          return [];
        },
      },
    });
    const ask = async (points = 240) => (await handle(request(`/api/equity?points=${points}`))).status;
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
    expect([await ask(), reads]).toEqual([200, 1]);
    expect([await ask(10), reads]).toEqual([200, 2]);
    await clock.advance(2_001);
    fails = true;
    expect([await ask(), await ask(), reads]).toEqual([503, 503, 4]);
  });
});

describe('metrics', () => {
  it('count answers by route and status, with no name a client made up', async () => {
    const { handle } = await httpWorld();
    for (const path of [
      '/api/positions',
      '/api/positions',
      '/api/made-up',
      '/healthz/made-up',
      '/',
      '/made-up',
      '/%2e%2e',
    ]) {
      await handle(request(path));
    }
    const answer = await handle(request('/metrics'));
    expect(answer.headers['content-type']).toContain('text/plain');
    const lines = textOf(answer).split('\n');
    expect(lines.filter((line) => line.startsWith('coinpilot_http_requests_total'))).toEqual([
      'coinpilot_http_requests_total{route="/api/positions",status="200"} 2',
      'coinpilot_http_requests_total{route="unknown",status="404"} 2',
      'coinpilot_http_requests_total{route="page",status="503"} 1',
      'coinpilot_http_requests_total{route="page",status="404"} 2',
    ]);
    expect(lines.some((line) => line.startsWith('process_cpu_seconds_total'))).toBe(true);
  });
});
