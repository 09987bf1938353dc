/** Starting, stopping and starting again with the embedded servers, and every way a start is refused. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket } from '../support/flat-market.ts';
import { ledgerFaults, ledgerState } from '../support/ledger-audit.ts';
import { ask, type Reply, uuidv7 } from '../support/wire.ts';

const GET = `cp.symbol.${FLAT_SYMBOL}.get`;
const FILL = `cp.symbol.${FLAT_SYMBOL}.fill`;

let home: EngineHome;
let engine: EngineProcess;

beforeAll(async () => {
  home = await EngineHome.create();
  home.use(...(await flatMarket(home.folder)));
  engine = await home.start();
});

afterAll(() => home?.remove());

/** Tests run in any order, and some of them leave the engine stopped. */
async function running(): Promise<EngineProcess> {
  if (!engine.isAlive) engine = await home.start();
  return engine;
}

async function asking<Answer>(work: (nc: Awaited<ReturnType<typeof connect>>) => Promise<Answer>): Promise<Answer> {
  const nc = await connect({ servers: (await running()).ready.nats });
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}

describe('a start', () => {
  it('says where everything is in its first line, and means it', async () => {
    const { ready } = await running();
    expect(ready).toMatchObject({ ready: true, pod: expect.any(String) });
    expect(ready.nats).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.postgres).toMatch(/^postgres:\/\//);
    expect(ready.http).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const [nats, http] = await Promise.all([asking((nc) => ask(nc, GET)), fetch(ready.http)]);
    expect(nats.ok).toBe(true);
    expect(http.status).toBeLessThan(500);
    expect(await ledgerFaults(ready.postgres)).toEqual([]);
  });

  it('leaves ready.json for ctl, readable by its owner alone', async () => {
    await running();
    expect(statSync(join(home.state, 'ready.json')).mode & 0o777).toBe(0o600);
  });

  it('is refused, clearly, while another engine runs on the same state; the first never notices', async () => {
    const { pid } = await running();
    const second = home.run('up');
    expect(await second.whenExited()).toEqual({ code: 1, signal: null });
    expect(second.lines).toEqual([]);
    expect(second.log).toMatch(/another|already|in use|running/i);
    expect(second.log, 'names the process that has it').toContain(String(pid));
    expect((await asking((nc) => ask(nc, GET))).ok).toBe(true);
  });

  it('is refused with another kind of feed (prices never mix), and with a recording that is missing', async () => {
    if (engine.isAlive) await engine.kill('SIGTERM');
    const other = home.run('up', '--feed', 'demo');
    expect((await other.whenExited()).code).toBe(1);
    expect(other.lines).toEqual([]);
    expect(other.log).toMatch(/feed/i);
    const missing = home.run('up', '--feed', 'file:/nowhere/at-all.csv');
    expect([1, 2]).toContain((await missing.whenExited()).code);
    expect(missing.lines).toEqual([]);
    expect(missing.log).toContain('/nowhere/at-all.csv');
  });
});

describe('usage errors', () => {
  it('are all told at once, with exit code 2 and nothing started', async () => {
    const wrong = home.run(
      'up',
      ...[
        '--speed',
        'fast',
        '--preset',
        'v9',
        '--risk',
        'maybe',
        '--fees',
        'lots',
        '--balance',
        '-1',
        '--symbol',
        'b?d',
      ],
    );
    expect((await wrong.whenExited()).code).toBe(2);
    expect(wrong.lines).toEqual([]);
    for (const name of ['speed', 'preset', 'risk', 'fees', 'balance', 'symbol']) expect(wrong.log).toContain(name);
  });

  it('end with code 2 and without a stack trace, whatever is wrong', async () => {
    const wrong = [
      ['--speeed', '1'],
      ['--set', 'nonsense=1'],
      ['--set', 'bull.rsi14Max=high'],
      ['--feed', 'crystal-ball'],
    ].map((options) => home.run('up', ...options));
    for (const engine of wrong) {
      expect((await engine.whenExited()).code, engine.log).toBe(2);
      expect(engine.log).not.toMatch(/\n\s+at /);
    }
  });
});

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends cleanly, and the next start goes on where it ended',
    async (signal) => {
      const id = uuidv7();
      const body = { id, side: 'buy', quantity: '1.5', price: '100', fee: '0.1' };
      const first = await asking((nc) => ask(nc, FILL, body));
      expect(first.ok).toBe(true);
      const before = {
        get: await asking((nc) => ask(nc, GET)),
        account: await asking((nc) => ask(nc, 'cp.account.get')),
      };
      const state = await ledgerState(engine.ready.postgres);

      expect(await engine.kill(signal)).toEqual({ code: 0, signal: null });
      expect(home.postmasterPid(), 'Postgres stops with its engine').toBeUndefined();
      expect(existsSync(join(home.state, 'ready.json'))).toBe(false);

      await running();
      expect(await ledgerState(engine.ready.postgres)).toEqual(state);
      const after = {
        get: await asking((nc) => ask(nc, GET)),
        account: await asking((nc) => ask(nc, 'cp.account.get')),
      };
      expect(after.get.position).toEqual(before.get.position);
      expect(after.account.account).toMatchObject({
        cash: (before.account.account as Record<string, unknown>).cash,
        version: (before.account.account as Record<string, unknown>).version,
      });
      expect(await asking((nc) => ask(nc, FILL, body)), 'the id is remembered').toEqual(first);
    },
  );

  it('by Ctrl-C under load loses nothing that was acknowledged', async () => {
    const { nats } = (await running()).ready;
    const nc = await connect({ servers: nats, reconnect: false });
    const acknowledged: { id: string; version: number }[] = [];
    let isOver = false;
    const writers = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const id = uuidv7();
        const reply = await ask<Reply>(nc, FILL, { id, side: 'buy', quantity: '0.01', price: '100' }).catch(
          () => undefined,
        );
        if (reply === undefined) return;
        if (reply.ok) acknowledged.push({ id, version: reply.version as number });
        else expect(reply.error?.retryable).toBe(true);
        if (acknowledged.length === 200) engine.signal('SIGINT');
      }
    });
    const exit = await engine.whenExited();
    isOver = true;
    await nc.close();
    await Promise.all(writers);
    expect(exit).toEqual({ code: 0, signal: null });

    await running();
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    const body = { side: 'buy', quantity: '0.01', price: '100' };
    const again = await asking((other) => Promise.all(acknowledged.map(({ id }) => ask(other, FILL, { id, ...body }))));
    expect(again.map(({ version }) => version)).toEqual(acknowledged.map(({ version }) => version));
    expect(await ledgerFaults(engine.ready.postgres)).toEqual([]);
  });
});
