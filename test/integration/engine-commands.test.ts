/** What a person or a program may ask a running engine for, and what it tells everybody afterwards (DESIGN §7). */
import { connect, type NatsConnection, type Subscription } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket, PLENTY } from '../support/flat-market.ts';
import { ledgerFaults, ledgerState, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask, command, type Reply, uuidv7 } from '../support/wire.ts';

interface Event {
  readonly stream: string;
  readonly seq: number;
  readonly kind: string;
  readonly at: string;
}

let database: TestDatabase;
let home: EngineHome;
let engine: EngineProcess;
let nc: NatsConnection;
let events: Event[];
let subscription: Subscription;
let added = 0;

/** Symbols with a price, one for each test that orders. */
const PRICED = Array.from({ length: 20 }, (_, index) => `KRW-P${index}`);
let used = 0;

beforeAll(async () => {
  database = await createDatabase('engine commands');
  home = await EngineHome.create(['--database-url', database.url, '--pod', 'pod-a']);
  home.use('--risk', 'off', ...(await flatMarket(home.folder, { speed: 600, symbols: [FLAT_SYMBOL, ...PRICED] })));
  engine = await home.start();
  nc = await connect({ servers: engine.ready.nats });
  events = [];
  subscription = nc.subscribe('cp.event.>', {
    callback: (error, message) => {
      if (error === null) events.push({ ...message.json<Event>() });
    },
  });
  await nc.flush();
});

afterAll(async () => {
  subscription?.unsubscribe();
  await nc?.close();
  await home?.remove();
  await database?.drop();
});

async function freshSymbol(): Promise<string> {
  added += 1;
  const symbol = `KRW-C${added}`;
  await command(nc, 'cp.cluster.add', { symbols: [symbol] });
  return symbol;
}

function pricedSymbol(): string {
  used += 1;
  return PRICED[used - 1]!;
}

function on(symbol: string, verb: string, body: object = {}): Promise<Reply> {
  return ask(nc, `cp.symbol.${symbol}.${verb}`, body);
}

function order(symbol: string, body: object): Promise<Reply> {
  return on(symbol, 'order', { id: uuidv7(), ...body });
}

describe('a symbol', () => {
  it('shows position, mode, owner and open orders', async () => {
    expect(await on(FLAT_SYMBOL, 'get')).toMatchObject({
      ok: true,
      position: { symbol: FLAT_SYMBOL, cost: expect.any(String), realizedPnl: expect.any(String) },
      mode: expect.any(String),
      owner: 'pod-a',
      epoch: expect.any(Number),
      openOrders: expect.any(Array),
    });
  });

  it('explains a no with its checks', async () => {
    let reply = await on(FLAT_SYMBOL, 'explain');
    // Before its first candle there is nothing to explain.
    await until(
      async () => {
        reply = await on(FLAT_SYMBOL, 'explain');
        return reply.ok;
      },
      10_000,
      () => JSON.stringify(reply),
    );
    expect(reply).toMatchObject({ ok: true, symbol: FLAT_SYMBOL, regime: 'UNKNOWN', decision: 'NO_ENTRY' });
    for (const check of reply.checks as object[]) {
      expect(check).toEqual({
        name: expect.any(String),
        value: expect.anything(),
        limit: expect.anything(),
        pass: expect.any(Boolean),
      });
    }
  });

  it('pauses, halts and resumes with the reason kept, once for each id', async () => {
    const symbol = await freshSymbol();
    const pause = { id: uuidv7(), reason: 'lunch' };
    const first = await on(symbol, 'pause', pause);
    expect(first).toMatchObject({ ok: true, mode: 'paused' });
    expect(await on(symbol, 'get')).toMatchObject({ mode: 'paused', pausedReason: 'lunch' });
    expect(await command(nc, `cp.symbol.${symbol}.resume`)).toMatchObject({ ok: true });
    // The same command again is the same answer and no second change.
    expect(await on(symbol, 'pause', pause)).toMatchObject({ ok: true, version: first.version });
    expect((await on(symbol, 'get')).mode).not.toBe('paused');
    expect(await command(nc, `cp.symbol.${symbol}.halt`, { reason: 'smoke' })).toMatchObject({ mode: 'halted' });
    expect(await on(symbol, 'get')).toMatchObject({ mode: 'halted', haltedReason: 'smoke' });
    await command(nc, `cp.symbol.${symbol}.resume`, { reason: 'aired' });
    expect((await on(symbol, 'get')).mode).not.toBe('halted');
    const rows = await sql<{ body: string }>(
      database.url,
      "select coalesce(body, '') || coalesce(request, '') as body from journal where symbol = $1 order by seq",
      [symbol],
    );
    expect(rows).toHaveLength(4);
    for (const [index, reason] of ['lunch', 'the test asks for it', 'smoke', 'aired'].entries()) {
      expect(rows[index]?.body).toContain(reason);
    }
  });

  it('records fills from outside while it is halted: what has happened has happened', async () => {
    const symbol = await freshSymbol();
    await command(nc, `cp.symbol.${symbol}.halt`);
    expect(await on(symbol, 'fill', { id: uuidv7(), side: 'buy', quantity: '1', price: '100' })).toMatchObject({
      ok: true,
    });
    await command(nc, `cp.symbol.${symbol}.resume`);
  });

  it.each(['pause', 'resume', 'halt', 'flatten', 'cancel', 'order', 'resolve'])(
    'refuses %s without an id',
    async (verb) => {
      const before = await ledgerState(database.url);
      expect(await on(FLAT_SYMBOL, verb, {})).toMatchObject({ ok: false, error: { code: 'INVALID' } });
      expect(await ledgerState(database.url)).toEqual(before);
    },
  );
});

describe('orders by hand on the flat market', () => {
  let symbol: string;

  beforeEach(() => {
    symbol = pricedSymbol();
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

describe('the account', () => {
  it('takes and gives cash, once for each id', async () => {
    const before = await account();
    const deposit = { id: uuidv7(), amount: '12.34567891' };
    const first = await ask(nc, 'cp.account.deposit', deposit);
    expect(first).toMatchObject({ ok: true });
    expect(await ask(nc, 'cp.account.deposit', deposit)).toMatchObject({ ok: true });
    expect(units((await account()).cash) - units(before.cash)).toBe(1_234_567_891n);
    await command(nc, 'cp.account.withdraw', { amount: '12.34567891' });
    expect((await account()).cash).toBe(before.cash);
    expect(await ask(nc, 'cp.account.deposit', { ...deposit, amount: '1' })).toMatchObject({
      error: { code: 'INVALID' },
    });
  });

  it.each([
    ['deposit', '-1', 'INVALID'],
    ['deposit', '0.123456789', 'INVALID'],
    ['deposit', '0', 'INVALID'],
    ['withdraw', `${PLENTY}0`, 'INSUFFICIENT'],
  ])('refuses %s of %s and changes nothing', async (verb, amount, code) => {
    const before = await ledgerState(database.url);
    expect(await ask(nc, `cp.account.${verb}`, { id: uuidv7(), amount })).toMatchObject({ ok: false, error: { code } });
    expect(await ledgerState(database.url)).toEqual(before);
  });

  it.each(['pause', 'halt'])('stops entries by %s until a person resumes, and says why', async (verb) => {
    await command(nc, `cp.account.${verb}`, { reason: 'storm' });
    const during = await account();
    const symbol = pricedSymbol();
    const refused = await order(symbol, { side: 'buy', type: 'market', amount: '10000' });
    await command(nc, 'cp.account.resume');
    expect(verb === 'pause' ? during.paused : during.halted).toBe('storm');
    expect(refused.ok).toBe(false);
    expect([refused.error?.code, refused.error?.details.code]).toContain(verb === 'pause' ? 'PAUSED' : 'HALTED');
    expect(await account()).toMatchObject({ paused: null, halted: null });
  });

  it('tells the same day in every reply', async () => {
    const symbol = await freshSymbol();
    await command(nc, `cp.symbol.${symbol}.fill`, { reason: undefined, side: 'buy', quantity: '2', price: '100' });
    await command(nc, `cp.symbol.${symbol}.fill`, {
      reason: undefined,
      side: 'sell',
      quantity: '1',
      price: '105',
      fee: '0.5',
    });
    const shown = (await account()).day;
    const deposited = (await command(nc, 'cp.account.deposit', { amount: '1' })).account as { day: unknown };
    expect(deposited.day).toEqual(shown);
  });
});

describe('the cluster', () => {
  it('lists Pods and symbols the same way under both names', async () => {
    const [cluster, list] = await Promise.all([ask(nc, 'cp.cluster.get'), ask(nc, 'cp.cluster.symbols')]);
    expect(cluster).toMatchObject({
      ok: true,
      pods: [{ pod: 'pod-a', incarnation: expect.any(String), draining: false, heartbeatAgeMs: expect.any(Number) }],
      symbols: expect.arrayContaining([
        { symbol: FLAT_SYMBOL, owner: 'pod-a', epoch: expect.any(Number), mode: expect.any(String) },
      ]),
    });
    expect((list.symbols as unknown[]).length).toBeGreaterThan(0);
  });

  it('adds a symbol at run time and removes it again', async () => {
    const symbol = await freshSymbol();
    expect(await on(symbol, 'get')).toMatchObject({ ok: true, position: { quantity: '0', version: 0 } });
    await command(nc, 'cp.cluster.remove', { symbols: [symbol] });
    await expect(on(symbol, 'get')).rejects.toThrow(/no responders/);
    await command(nc, 'cp.cluster.add', { symbols: [symbol] });
    expect(await on(symbol, 'get')).toMatchObject({ ok: true });
  });

  it('does not remove a symbol that holds something', async () => {
    const symbol = await freshSymbol();
    await on(symbol, 'fill', { id: uuidv7(), side: 'buy', quantity: '1', price: '100' });
    const reply = await ask(nc, 'cp.cluster.remove', { id: uuidv7(), reason: 'spring clean', symbols: [symbol] });
    expect(reply.ok).toBe(false);
    expect(await on(symbol, 'get')).toMatchObject({ ok: true, position: { quantity: '1' } });
  });

  it.each(['krw btc', '', '../x', 'KRW-BTC.fill', '*', 'a'.repeat(200)])('refuses to add %j', async (symbol) => {
    expect(await ask(nc, 'cp.cluster.add', { id: uuidv7(), symbols: [symbol] })).toMatchObject({
      ok: false,
      error: { code: 'INVALID' },
    });
  });

  it('answers for its Pod', async () => {
    expect(await ask(nc, 'cp.pod.pod-a.ping')).toMatchObject({ ok: true });
    expect(await ask(nc, 'cp.pod.pod-a.get')).toMatchObject({ ok: true, pod: 'pod-a' });
  });
});

describe('events', () => {
  it.each([
    ['account', () => command(nc, 'cp.account.deposit', { amount: '1' })],
    ['cluster', () => freshSymbol()],
  ])('of the %s are its journal', async (stream, change) => {
    await change();
    await change();
    const [head] = await sql<{ seq: number }>(
      database.url,
      'select max(seq)::int as seq from journal where symbol = $1',
      [stream],
    );
    const mine = () => events.filter((event) => event.stream === stream).map(({ seq, kind }) => ({ seq, kind }));
    await until(
      () => mine().some(({ seq }) => seq >= head!.seq),
      10_000,
      () => `${stream} is at ${head?.seq}, heard ${JSON.stringify(mine())}`,
    );
    const heard = mine();
    const journal = await sql(
      database.url,
      'select seq::int, kind from journal where symbol = $1 and seq between $2 and $3 order by seq',
      [stream, heard[0]!.seq, heard.at(-1)!.seq],
    );
    expect(heard).toEqual(journal);
  });

  it('come after the commit, in order of seq without a gap, and are the journal', async () => {
    const symbol = await freshSymbol();
    const bodies = Array.from({ length: 300 }, () => ({ id: uuidv7(), side: 'buy', quantity: '1', price: '100' }));
    await Promise.all(bodies.map((body) => on(symbol, 'fill', body)));
    await command(nc, `cp.symbol.${symbol}.pause`);
    await command(nc, `cp.symbol.${symbol}.resume`);
    const mine = () => events.filter(({ stream }) => stream === symbol);
    await until(
      () => mine().length >= 302,
      10_000,
      () => `${mine().length} events`,
    );
    expect(mine().map(({ seq }) => seq)).toEqual(Array.from({ length: 302 }, (_, index) => index + 1));
    const journal = await sql<{ seq: number; kind: string; at: Date }>(
      database.url,
      'select seq::int, kind, at from journal where symbol = $1 order by seq',
      [symbol],
    );
    expect(mine().map(({ seq, kind, at }) => ({ seq, kind, at: new Date(at) }))).toEqual(journal);
  });

  it('are not sent for what was refused', async () => {
    const symbol = await freshSymbol();
    await on(symbol, 'fill', { id: uuidv7(), side: 'sell', quantity: '1', price: '100' });
    await on(symbol, 'fill', { id: uuidv7(), side: 'buy', quantity: '1', price: '100' });
    await until(
      () => events.some(({ stream }) => stream === symbol),
      10_000,
      () => 'no event',
    );
    expect(events.filter(({ stream }) => stream === symbol).map(({ seq, kind }) => ({ seq, kind }))).toEqual([
      { seq: 1, kind: 'fill' },
    ]);
  });
});

async function account() {
  const reply = await ask(nc, 'cp.account.get');
  return reply.account as {
    cash: string;
    reserved: string;
    day: unknown;
    paused: string | null;
    halted: string | null;
  };
}

function units(text: string): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole! + fraction.padEnd(8, '0'));
}
