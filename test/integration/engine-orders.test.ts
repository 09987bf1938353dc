/** Orders by hand through the paper venue: what they reserve, what refuses them, and that an id orders once (I3, I5, I12). */
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { flatMarket, PLENTY } from '../support/flat-market.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask, command, type Reply, uuidv7 } from '../support/wire.ts';

interface Account {
  readonly paused: string | null;
  readonly halted: string | null;
}

/** Symbols with a price, one for each test. */
const PRICED = Array.from({ length: 20 }, (_, index) => `KRW-P${index}`);

let database: TestDatabase;
let home: EngineHome;
let engine: EngineProcess;
let nc: NatsConnection;
let used = 0;

beforeAll(async () => {
  database = await createDatabase('engine orders');
  home = await EngineHome.create(['--database-url', database.url, '--risk', 'off']);
  home.use(...(await flatMarket(home.folder, { speed: 600, symbols: PRICED })));
  engine = await home.start();
  nc = await connect({ servers: engine.ready.nats });
});

afterAll(async () => {
  await nc?.close();
  await home?.remove();
  await database?.drop();
});

function on(symbol: string, verb: string, body: object = {}): Promise<Reply> {
  return ask(nc, `cp.symbol.${symbol}.${verb}`, body);
}

function order(symbol: string, body: object): Promise<Reply> {
  return on(symbol, 'order', { id: uuidv7(), ...body });
}

describe('orders by hand on the flat market', () => {
  let symbol: string;

  beforeEach(async () => {
    symbol = PRICED[used]!;
    used += 1;
    await until(
      async () => (await on(symbol, 'explain')).ok,
      10_000,
      () => `${symbol} has no price`,
    );
  });

  it('buys at the market, refuses a second entry, and flattens', async () => {
    expect(await order(symbol, { side: 'buy', type: 'market', amount: '1000000' })).toMatchObject({
      ok: true,
      order: { side: 'buy', type: 'market' },
    });
    await untilSettled();
    // 1,000,000 at 100 and 5 basis points of slippage.
    expect(Number(await quantity())).toBeCloseTo(1_000_000 / 100.05, 0);
    expect(await order(symbol, { side: 'buy', type: 'market', amount: '10000' })).toMatchObject({
      ok: false,
      error: { code: 'REFUSED', details: { code: 'DUPLICATE' } },
    });
    await command(nc, `cp.symbol.${symbol}.flatten`);
    await untilFlat();
    expect(await ledgerFaults(database.url)).toEqual([]);
  });

  it('answers the id of an order again after it has filled, and orders nothing more (I3)', async () => {
    const body = { id: uuidv7(), side: 'buy', type: 'market', amount: '1000000' };
    expect(await on(symbol, 'order', body)).toMatchObject({ ok: true });
    await untilSettled();
    const held = await quantity();
    expect(await on(symbol, 'order', body)).toMatchObject({ ok: true, order: { side: 'buy', status: 'filled' } });
    expect(await quantity()).toBe(held);
  });

  it('answers the id of an order again after its position was closed, and does not buy again (I3)', async () => {
    const body = { id: uuidv7(), side: 'buy', type: 'market', amount: '1000000' };
    expect(await on(symbol, 'order', body)).toMatchObject({ ok: true });
    await untilSettled();
    await command(nc, `cp.symbol.${symbol}.flatten`);
    await untilFlat();
    expect(await on(symbol, 'order', body)).toMatchObject({ ok: true, order: { side: 'buy', status: 'filled' } });
    const rows = await sql<{ side: string }>(
      database.url,
      'select side from fills where symbol = $1 order by version',
      [symbol],
    );
    expect(rows.map(({ side }) => side)).toEqual(['buy', 'sell']);
  });

  it('refuses the id of an order with another body', async () => {
    const body = { id: uuidv7(), side: 'buy', type: 'limit', quantity: '1000', price: '90' };
    expect(await on(symbol, 'order', body)).toMatchObject({ ok: true });
    expect(await on(symbol, 'order', { ...body, quantity: '2000' })).toMatchObject({
      ok: false,
      error: { code: 'INVALID' },
    });
  });

  it('keeps a limit order open until it is cancelled, its cash reserved meanwhile', async () => {
    const limit = await order(symbol, { side: 'buy', type: 'limit', quantity: '1000', price: '90' });
    expect(limit).toMatchObject({ ok: true, order: { type: 'limit', status: 'open' } });
    const [open] = (await on(symbol, 'get')).openOrders as { id: string }[];
    expect(Number(await reserved())).toBeGreaterThanOrEqual(90_000);
    await command(nc, `cp.symbol.${symbol}.cancel`, { orderId: open!.id });
    await until(
      async () => ((await on(symbol, 'get')).openOrders as unknown[]).length === 0,
      10_000,
      () => 'the order stays open',
    );
    await until(
      async () => Number(await reserved()) === 0,
      10_000,
      () => 'the reservation stays',
    );
    expect(await quantity()).toBe('0');
  });

  it.each([
    ['below the minimum of the venue', { side: 'buy', type: 'market', amount: '4999' }],
    ['above the cash there is', { side: 'buy', type: 'market', amount: PLENTY }],
  ])('refuses an order %s with the numbers that decided', async (_name, body) => {
    const reply = await order(symbol, body);
    expect(reply).toMatchObject({ ok: false, error: { code: expect.stringMatching(/REFUSED|INSUFFICIENT/) } });
    const numbers = Object.values(reply.error?.details ?? {}).filter((value) => /^[\d.]+$/.test(String(value)));
    expect(numbers, JSON.stringify(reply.error)).not.toHaveLength(0);
    expect(Number(await reserved())).toBe(0);
  });

  it('refuses a sale of what is not there', async () => {
    expect(await order(symbol, { side: 'sell', type: 'market', quantity: '1000' })).toMatchObject({
      ok: false,
      error: { code: 'INSUFFICIENT' },
    });
  });

  it('refuses a price off the tick of the market', async () => {
    expect(await order(symbol, { side: 'buy', type: 'limit', quantity: '1000', price: '90.12345' })).toMatchObject({
      ok: false,
      error: { code: 'INVALID' },
    });
  });

  it.each([
    ['flat', false],
    ['holding', true],
  ])('refuses an entry into a halted symbol that is %s as HALTED, before any other reason', async (_mode, isHeld) => {
    if (isHeld) {
      await order(symbol, { side: 'buy', type: 'market', amount: '1000000' });
      await untilSettled();
    }
    await command(nc, `cp.symbol.${symbol}.halt`);
    const reply = await order(symbol, { side: 'buy', type: 'market', amount: '10000' });
    expect(reply.ok).toBe(false);
    expect([reply.error?.code, reply.error?.details.code]).toContain('HALTED');
  });

  it('sells while entries are halted: exits always work (I12)', async () => {
    await order(symbol, { side: 'buy', type: 'market', amount: '1000000' });
    await untilSettled();
    await command(nc, 'cp.account.halt');
    await command(nc, `cp.symbol.${symbol}.halt`);
    try {
      await command(nc, `cp.symbol.${symbol}.flatten`);
      await untilFlat();
    } finally {
      await command(nc, 'cp.account.resume');
    }
  });

  it.each(['pause', 'halt'])('are stopped by %s of the account until a person resumes, and says why', async (verb) => {
    await command(nc, `cp.account.${verb}`, { reason: 'storm' });
    const { account } = (await ask(nc, 'cp.account.get')) as unknown as { account: Account };
    const refused = await order(symbol, { side: 'buy', type: 'market', amount: '10000' });
    await command(nc, 'cp.account.resume');
    expect(verb === 'pause' ? account.paused : account.halted).toBe('storm');
    expect(refused.ok).toBe(false);
    expect([refused.error?.code, refused.error?.details.code]).toContain(verb === 'pause' ? 'PAUSED' : 'HALTED');
    expect(await ask(nc, 'cp.account.get')).toMatchObject({ account: { paused: null, halted: null } });
  });

  /** A market order fills at the next price. */
  function untilSettled(): Promise<void> {
    return until(
      async () => (await quantity()) !== '0' && ((await on(symbol, 'get')).openOrders as unknown[]).length === 0,
      10_000,
      () => 'the order is not filled',
    );
  }

  function untilFlat(): Promise<void> {
    return until(
      async () => (await quantity()) === '0',
      10_000,
      () => 'the position is not closed',
    );
  }

  async function quantity(): Promise<string> {
    return ((await on(symbol, 'get')).position as { quantity: string }).quantity;
  }

  /** What this symbol has reserved; the account's sum would show other tests too. */
  async function reserved(): Promise<string> {
    const [row] = await sql<{ sum: string }>(
      database.url,
      "select coalesce(sum(remaining), 0) as sum from reservations where symbol = $1 and status in ('held', 'used')",
      [symbol],
    );
    return row!.sum;
  }
});
