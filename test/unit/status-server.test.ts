/** A Pod tells its health to every probe, and its status to those who may read at a gateway. */
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../gateway/metrics.ts';
import { type StatusServer, startStatusServer } from '../../gateway/status-server.ts';

const TOKENS = { readToken: 'read-0123456789abcdef', controlToken: 'control-0123456789abcdef' };

let server: StatusServer | undefined;
afterEach(() => server?.close());

async function start(access: Parameters<typeof startStatusServer>[0]['access'], live = true) {
  const status = () => ({ symbols: ['KRW-BTC'] });
  server = await startStatusServer({ port: 0, live: () => live, ready: () => true, status, access });
  return (path: string, headers: Record<string, string> = {}) => fetch(`${server?.url}${path}`, { headers });
}

describe('the status of a Pod', () => {
  it('needs a token where there is one, its health none', async () => {
    const ask = await start(TOKENS);
    for (const path of ['/', '/api/status']) {
      const refused = await ask(path);
      expect([refused.status, await refused.text()]).toEqual([401, expect.not.stringContaining('KRW-BTC')]);
      const told = await ask(path, { authorization: `Bearer ${TOKENS.readToken}` });
      expect(await told.json()).toEqual({ ready: true, symbols: ['KRW-BTC'] });
    }
    for (const path of ['/healthz/live', '/healthz/ready']) expect((await ask(path)).status).toBe(200);
  });

  it('is not alive when only a new process helps', async () => {
    const ask = await start({}, false);
    expect((await ask('/healthz/live')).status).toBe(503);
  });

  it('tells its load to every probe, and nothing else of what it knows', async () => {
    const metrics = createMetrics([
      { name: 'coinpilot_commands_total', help: 'Commands', type: 'counter', read: () => 7 },
    ]);
    const parts = { live: () => true, ready: () => true, status: () => ({ symbols: ['KRW-BTC'] }), access: TOKENS };
    server = await startStatusServer({ port: 0, ...parts, metrics });
    const told = await fetch(`${server.url}/metrics`);
    expect([told.status, told.headers.get('content-type')]).toEqual([200, metrics.contentType]);
    const text = await told.text();
    expect(text).toMatch(/^coinpilot_commands_total 7$/m);
    expect(text).not.toContain('KRW-BTC');
  });

  it('is told to this machine without one, but to no page of another origin', async () => {
    const ask = await start({});
    expect((await ask('/api/status')).status).toBe(200);
    expect((await ask('/api/status', { origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await ask('/healthz/ready', { origin: 'https://elsewhere.example' })).status).toBe(200);
  });
});
