/** Fills from any NATS client: exact, once, in order, and refused without a trace when they are wrong. */
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket, PLENTY } from '../support/flat-market.ts';
import { ledgerFaults, ledgerState, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask, command, type Reply, uuidv7 } from '../support/wire.ts';

interface Position {
  readonly symbol: string;
  readonly quantity: string;
  readonly cost: string;
  readonly averagePrice: string | null;
  readonly realizedPnl: string;
  readonly version: number;
}

interface FillReply extends Reply {
  readonly version: number;
  readonly position: Position;
}

const DAY_MS = 86_400_000;

let database: TestDatabase;
let home: EngineHome;
let engine: EngineProcess;
let nc: NatsConnection;
let added = 0;

beforeAll(async () => {
  database = await createDatabase('engine fills');
  home = await EngineHome.create(['--database-url', database.url]);
  home.use(...(await flatMarket(home.folder)));
  engine = await home.start();
  nc = await connect({ servers: engine.ready.nats });
});

afterAll(async () => {
  await nc?.close();
  await home?.remove();
  await database?.drop();
});

/** A symbol no other test has touched, so that tests run in any order. */
async function freshSymbol(): Promise<string> {
  added += 1;
  const symbol = `KRW-F${added}`;
  await command(nc, 'cp.cluster.add', { symbols: [symbol] });
  return symbol;
}

function buy(quantity: string, price = '100', more: object = {}) {
  return { id: uuidv7(), side: 'buy', quantity, price, ...more };
}

function sell(quantity: string, price = '100', more: object = {}) {
  return { ...buy(quantity, price, more), side: 'sell' };
}

function fill(symbol: string, body: unknown): Promise<FillReply> {
  return ask<FillReply>(nc, `cp.symbol.${symbol}.fill`, body);
}

describe('fills over NATS', () => {
  it('adds ten concurrent buys of 1 to 10 up to 55, and answers the same ids the same way in any order', async () => {
    const symbol = await freshSymbol();
    const buys = Array.from({ length: 10 }, (_, index) => buy(String(index + 1)));
    const first = await Promise.all(buys.map((body) => fill(symbol, body)));
    expect(first.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

    const order = [7, 2, 9, 0, 5, 1, 8, 3, 6, 4];
    const again = await Promise.all(order.map((index) => fill(symbol, buys[index])));
    expect(again).toEqual(order.map((index) => first[index]));

    const { position } = await fill(symbol, buys[0]).then(() => ask<FillReply>(nc, `cp.symbol.${symbol}.get`));
    expect(position).toMatchObject({
      quantity: '55',
      cost: '5500',
      averagePrice: '100',
      realizedPnl: '0',
      version: 10,
    });
    const rows = await sql(database.url, 'select id from fills where symbol = $1', [symbol]);
    expect(rows).toHaveLength(10);
  });

  it('acknowledges 10 + 5 + 3 = 18 when three writers send at the same time', async () => {
    const symbol = await freshSymbol();
    await Promise.all(['10', '5', '3'].map((quantity) => fill(symbol, buy(quantity))));
    const [row] = await sql<{ quantity: string }>(
      database.url,
      'select quantity::text from positions where symbol = $1',
      [symbol],
    );
    expect(row?.quantity).toMatch(/^18(\.0+)?$/);
  });

  it('joins the same id sent twice at the same time, also inside one batch', async () => {
    const symbol = await freshSymbol();
    const one = buy('1');
    const [left, right] = await Promise.all([fill(symbol, one), fill(symbol, one)]);
    expect(left).toMatchObject({ ok: true, version: 1 });
    expect(right).toEqual(left);
    const two = buy('2');
    const batch = await fill(symbol, { fills: [two, two] });
    expect(batch.results).toEqual([expect.objectContaining({ version: 2 }), expect.objectContaining({ version: 2 })]);
    expect((await fill(symbol, two)).position.quantity).toBe('3');
  });

  it('answers a batch item by item, in order, the good beside the bad', async () => {
    const symbol = await freshSymbol();
    const fills = [
      buy('1'),
      sell('5'),
      sell('0.5', '110', { fee: '0.25' }),
      buy('-1'),
      buy('0.00000001'),
      { ...buy('1'), id: 'no uuid' },
    ];
    const { ok, results } = (await fill(symbol, { fills })) as unknown as { ok: boolean; results: Reply[] };
    expect(ok).toBe(true);
    expect(results.map((result) => result.error?.code ?? result.version)).toEqual([
      1,
      'INSUFFICIENT',
      2,
      'INVALID',
      3,
      'INVALID',
    ]);
    expect(results[2]).toMatchObject({ position: { quantity: '0.5', cost: '50', realizedPnl: '5' } });
    expect(await ledgerFaults(database.url)).toEqual([]);
  });

  it('takes 256 fills in one request', async () => {
    const symbol = await freshSymbol();
    const { results } = (await fill(symbol, { fills: Array.from({ length: 256 }, () => buy('1')) })) as unknown as {
      results: FillReply[];
    };
    expect(results.map(({ version }) => version)).toEqual(Array.from({ length: 256 }, (_, index) => index + 1));
    expect(results.at(-1)?.position.quantity).toBe('256');
  });

  it('keeps cost and profit exact where the average price is not', async () => {
    const symbol = await freshSymbol();
    await fill(symbol, buy('3', '33.33333333'));
    await fill(symbol, buy('4', '0.00000001'));
    const { position } = await fill(symbol, sell('1', '50', { fee: '0.00000001' }));
    // Cost 99.99999999 + 0.00000004 = 100.00000003; a seventh of it is 14.285714290 → 14.28571429.
    expect(position).toMatchObject({ quantity: '6', cost: '85.71428574', realizedPnl: '35.71428571' });
    expect(await ledgerFaults(database.url)).toEqual([]);
  });

  it('lets the last unit take the rest of the cost', async () => {
    const symbol = await freshSymbol();
    await fill(symbol, { fills: [buy('3', '33.33333333'), sell('1'), sell('1'), sell('1')] });
    const reply = await ask<FillReply>(nc, `cp.symbol.${symbol}.get`);
    expect(reply.position).toMatchObject({ quantity: '0', cost: '0', averagePrice: null, realizedPnl: '200.00000001' });
  });
});

describe('fills that are wrong', () => {
  let symbol: string;
  let known: ReturnType<typeof buy>;

  beforeAll(async () => {
    symbol = await freshSymbol();
    known = buy('2');
    await fill(symbol, known);
  });

  const cases: [string, () => unknown, string][] = [
    ['JSON that is none', () => '{bad', 'INVALID'],
    ['no object', () => '[]', 'INVALID'],
    ['null', () => 'null', 'INVALID'],
    ['nothing at all', () => '', 'INVALID'],
    ['bytes that are no UTF-8', () => new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 'INVALID'],
    ['missing fields', () => ({}), 'INVALID'],
    ['a missing price', () => ({ id: uuidv7(), side: 'buy', quantity: '1' }), 'INVALID'],
    ['an unknown side', () => ({ ...buy('1'), side: 'hold' }), 'INVALID'],
    ['a negative quantity', () => buy('-1'), 'INVALID'],
    ['a quantity of nothing', () => buy('0'), 'INVALID'],
    ['nine decimals', () => buy('0.123456789'), 'INVALID'],
    ['an exponent', () => buy('1e3'), 'INVALID'],
    ['a number instead of a decimal string', () => ({ ...buy('1'), quantity: 1 }), 'INVALID'],
    ['not a number', () => buy('NaN'), 'INVALID'],
    ['a negative price', () => buy('1', '-5'), 'INVALID'],
    ['a negative fee', () => buy('1', '100', { fee: '-1' }), 'INVALID'],
    ['an id that is no UUID', () => ({ ...buy('1'), id: '42' }), 'INVALID'],
    ['a time that is none', () => buy('1', '100', { at: 'yesterday' }), 'INVALID'],
    ['an absurdly large quantity', () => buy('9'.repeat(400)), 'INVALID'],
    ['an empty batch', () => ({ fills: [] }), 'INVALID'],
    ['257 fills', () => ({ fills: Array.from({ length: 257 }, () => buy('1')) }), 'INVALID'],
    ['two megabytes', () => buy('1', '100', { note: 'x'.repeat(2_000_000) }), 'INVALID'],
    ['a known id with another body', () => ({ ...known, quantity: '3' }), 'INVALID'],
    ['a known id for another side', () => ({ ...known, side: 'sell' }), 'INVALID'],
    ['more than is held', () => sell('2.00000001'), 'INSUFFICIENT'],
    ['more than there is cash', () => buy('1', `${PLENTY}0`), 'INSUFFICIENT'],
    [
      'a deadline that is over',
      () => buy('1', '100', { deadline: new Date(Date.now() - 1_000).toISOString() }),
      'EXPIRED',
    ],
    ['an id of 91 days ago', () => ({ ...buy('1'), id: uuidv7(Date.now() - 91 * DAY_MS) }), 'EXPIRED'],
  ];

  it.each(cases)('refuses %s and changes nothing', async (_name, body, code) => {
    const before = await ledgerState(database.url);
    const reply = await fill(symbol, body());
    expect(reply).toMatchObject({ ok: false, error: { code, retryable: false } });
    expect(reply.error?.message.length, 'a message that says what to do').toBeGreaterThan(10);
    expect(await ledgerState(database.url)).toEqual(before);
    // The engine is none the worse for it.
    expect(await fill(symbol, known)).toMatchObject({ ok: true, version: 1, position: { quantity: '2' } });
  });

  it('has no responder for a symbol that nobody serves', async () => {
    await expect(fill('KRW-NOBODY', buy('1'))).rejects.toThrow(/no responders/);
  });

  it('takes a fill of no fee and one that gives its time', async () => {
    const at = '2024-01-01T00:00:30.000Z';
    const own = await freshSymbol();
    const reply = await fill(own, buy('1', '100', { at }));
    const [row] = await sql<{ at: Date; fee: string }>(database.url, 'select at, fee from fills where symbol = $1', [
      own,
    ]);
    expect(reply.ok).toBe(true);
    expect(row?.at.toISOString()).toBe(at);
    expect(Number(row?.fee)).toBe(0);
  });

  it('keeps the recorded symbol out of all this', async () => {
    const { position } = await ask<FillReply>(nc, `cp.symbol.${FLAT_SYMBOL}.get`);
    expect(position.quantity).toBe('0');
  });
});
