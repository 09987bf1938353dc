/** What a person or a program may ask a running engine for, and what it tells everybody afterwards (DESIGN §7). */
import { connect, type NatsConnection, type Subscription } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket, PLENTY } from '../support/flat-market.ts';
import { ledgerState, sql } from '../support/ledger-audit.ts';
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

beforeAll(async () => {
  database = await createDatabase('engine commands');
  home = await EngineHome.create(['--database-url', database.url, '--pod', 'pod-a']);
  home.use('--risk', 'off', ...(await flatMarket(home.folder, { speed: 600 })));
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

function on(symbol: string, verb: string, body: object = {}): Promise<Reply> {
  return ask(nc, `cp.symbol.${symbol}.${verb}`, body);
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
    const pause = { id: uuidv7(), reason: 'lunch', by: 'Ada' };
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
    expect(rows[0]?.body).toContain('"by":"Ada"');
    expect(await on(symbol, 'pause', { id: uuidv7(), reason: 'lunch', by: '' })).toMatchObject({
      error: { code: 'INVALID', message: expect.stringContaining('by') },
    });
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
    const shown = (await account()).day as { readonly netDeposits: string };
    const deposited = (await command(nc, 'cp.account.deposit', { amount: '1' })).account as { day: unknown };
    // Cash that is moved is told, and is no profit.
    expect(deposited.day).toEqual({ ...shown, netDeposits: String(Number(shown.netDeposits) + 1) });
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
