/** The client against a real engine: what it is told is what the ledger holds, and an id is carried out once. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CoinPilotClient, type FillItem, uuid7 } from '../../adapters/nats/client/index.ts';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket } from '../support/flat-market.ts';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Candles pass ten a second, so that a market order fills at the next one. */
const SPEED = 600;
const TRADED = 'KRW-ETH';
const BUY = { side: 'buy', quantity: '1', price: '100' } as const;

let home: EngineHome;
let engine: EngineProcess;
let client: CoinPilotClient;
let added = 0;

beforeAll(async () => {
  home = await EngineHome.create();
  engine = await home.start(
    ...(await flatMarket(home.folder, { speed: SPEED, symbols: [FLAT_SYMBOL, TRADED] })),
    '--risk',
    'off',
  );
  client = await CoinPilotClient.connect({ url: engine.ready.nats });
});

afterAll(async () => {
  await client?.close();
  await home?.remove();
});

/** A symbol no other test has touched. */
async function freshSymbol() {
  added += 1;
  const symbol = `KRW-C${added}`;
  accepted(await client.cluster.add({ symbols: [symbol] }));
  return client.symbol(symbol);
}

function accepted<Body>(answer: Answer<Body>): Body {
  if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.error)}`);
  return answer;
}

describe('fills', () => {
  it('are recorded once, whatever is sent again, and read back', async () => {
    const symbol = await freshSymbol();
    const id = uuid7();
    const first = accepted(await symbol.fill(BUY, { id }));
    expect(first).toMatchObject({ version: 1, position: { symbol: symbol.symbol, quantity: '1', cost: '100' } });
    expect(await symbol.fill(BUY, { id })).toEqual(first);
    expect(await symbol.fill({ ...BUY, quantity: '2' }, { id })).toMatchObject({ error: { code: 'INVALID' } });
    expect(accepted(await symbol.get())).toMatchObject({ position: { quantity: '1', version: 1 }, openOrders: [] });
    expect(await symbol.fill({ ...BUY, side: 'sell', quantity: '7' })).toMatchObject({
      error: { code: 'INSUFFICIENT' },
    });
  });

  it('come back one by one from a batch, in order, and 256 of them at once', async () => {
    const symbol = await freshSymbol();
    const { results } = accepted(await symbol.fills([BUY, { ...BUY, side: 'sell', quantity: '9' }, BUY]));
    expect(results).toMatchObject([
      { ok: true, version: 1 },
      { ok: false, error: { code: 'INSUFFICIENT', details: { held: '1' } } },
      { ok: true, version: 2 },
    ]);
    const many = accepted(await symbol.fills(Array.from({ length: 256 }, () => BUY)));
    expect(many.results.at(-1)).toMatchObject({ ok: true, version: 258, position: { quantity: '258' } });
  });

  it('that arrive after their deadline are refused', async () => {
    const symbol = await freshSymbol();
    const late: FillItem & { deadline: string } = { ...BUY, id: uuid7(), deadline: '2026-01-01T00:00:00Z' };
    expect(accepted(await symbol.fills([late, BUY])).results).toMatchObject([
      { ok: false, error: { code: 'EXPIRED' } },
      { ok: true, version: 1 },
    ]);
    expect(accepted(await symbol.command(late.id ?? '')).command).toBeNull();
  });
});

describe('a query by id', () => {
  it('tells a command that was accepted, with its first answer, from one that was not', async () => {
    const symbol = await freshSymbol();
    const id = uuid7();
    expect(accepted(await symbol.command(id)).command).toBeNull();
    const first = await symbol.fill(BUY, { id });
    accepted(await symbol.fill(BUY));
    const { command, position } = accepted(await symbol.command(id));
    expect(command).toMatchObject({ id, kind: 'fill', version: 1, reply: first });
    expect(position).toMatchObject({ version: 2, quantity: '2' });
  });

  it('sees what was accepted before it, although it is not committed yet', async () => {
    const symbol = await freshSymbol();
    const ids = Array.from({ length: 50 }, () => uuid7());
    // One connection keeps their order.
    const fills = ids.map((id) => symbol.fill(BUY, { id }));
    const asked = ids.map((id) => symbol.command(id));
    for (const [index, answer] of (await Promise.all(asked)).entries()) {
      expect(accepted(answer).command).toMatchObject({ id: ids[index], version: index + 1 });
    }
    await Promise.all(fills);
  });

  it('tells a pause from nothing, also before the pause was looked up', async () => {
    const symbol = await freshSymbol();
    const id = uuid7();
    const [paused, asked] = await Promise.all([symbol.pause({ reason: 'wait' }, { id }), symbol.command(id)]);
    expect(paused).toMatchObject({ ok: true, mode: expect.any(String), pausedReason: 'wait' });
    expect(accepted(asked).command).toMatchObject({ id, kind: 'mode', reply: null });
    expect(await symbol.resume({ reason: 'go on' })).toMatchObject({ ok: true, pausedReason: null });
  });

  it('for something that is no id is INVALID', async () => {
    const symbol = await freshSymbol();
    expect(await symbol.command('no id')).toMatchObject({ error: { code: 'INVALID' } });
  });
});

describe('orders', () => {
  it('are placed, listed, cancelled, bought and flattened, and known by their ids', async () => {
    const symbol = client.symbol(TRADED);
    const limit = accepted(await symbol.order({ side: 'buy', type: 'limit', quantity: '100', price: '90' }));
    expect(limit.order).toMatchObject({ status: 'open', price: '90' });
    expect(accepted(await symbol.get()).openOrders).toMatchObject([{ id: limit.order.id }]);
    expect(accepted(await symbol.command(limit.order.id)).command).toMatchObject({ id: limit.order.id });
    accepted(await symbol.cancel({ orderId: limit.order.id }));
    const id = uuid7();
    const bought = accepted(await symbol.order({ side: 'buy', type: 'market', amount: '10000' }, { id }));
    expect(bought.order).toMatchObject({ id, side: 'buy' });
    // It fills at the price of the next candle.
    await until(
      async () => accepted(await symbol.get()).openOrders.length === 0,
      10_000,
      () => 'the order was not filled',
    );
    const { command } = accepted(await symbol.command(id));
    expect(command).toMatchObject({ id, kind: 'signal', reply: { ok: true, order: { id, status: 'filled' } } });
    accepted(await symbol.flatten({ reason: 'enough' }));
    expect(accepted(await symbol.explain())).toMatchObject({ symbol: TRADED, checks: expect.any(Array) });
  });
});

describe('account, cluster and Pod', () => {
  it('answer questions and take commands', async () => {
    const before = BigInt(accepted(await client.account.get()).account.deposits);
    const after = accepted(await client.account.deposit({ amount: '1000' })).account;
    expect(BigInt(after.deposits) - before).toBe(1_000n);
    expect(await client.account.withdraw({ amount: '99999999999999' })).toMatchObject({
      error: { code: 'INSUFFICIENT' },
    });
    expect(accepted(await client.account.limits()).limits).toMatchObject({ positionsMax: 5 });
    const { pods, symbols } = accepted(await client.cluster.get());
    expect(symbols.map(({ symbol }) => symbol)).toContain(FLAT_SYMBOL);
    const [pod] = pods;
    expect(accepted(await client.pod(pod?.pod ?? '').ping())).toMatchObject({ ok: true });
    expect(accepted(await client.pod(pod?.pod ?? '').get()).symbols.length).toBeGreaterThan(0);
    const left = accepted(await client.cluster.remove({ symbols: [(await freshSymbol()).symbol] })).symbols;
    expect(left.map(({ symbol }) => symbol)).not.toContain(`KRW-C${added}`);
    expect(await client.symbol('KRW-NOPE').get()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(await client.pod('nope').ping()).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});

describe('docs/CLIENT.md', () => {
  it('holds examples that work as they stand, in plain Node and under tsx', async () => {
    const text = await readFile(join(ROOT, 'docs/CLIENT.md'), 'utf8');
    const [first = '', second = ''] = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
    const known = `const client = await CoinPilotClient.connect({ url: process.env.NATS_URL }); const id = '${uuid7()}';`;
    const whole = `import { CoinPilotClient } from 'coinpilot/client'; ${known} ${second}; await client.close();`;
    const [plain, tsx, query] = await Promise.all([run([], first), run(['--import', 'tsx'], first), run([], whole)]);
    for (const output of [plain, tsx]) {
      expect(output).toMatch(/^holds [\d.]+ at version \d+\nversion \d+\nversion \d+\nnow holds [\d.]+\n$/);
    }
    expect(query).toBe('not accepted so far\n');
  });
});

/** Runs a program as if it lay at the root of this package, whose own name leads to its exports. */
async function run(options: readonly string[], program: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [...options, '--input-type=module', '--eval', program], {
    cwd: ROOT,
    env: { ...process.env, NATS_URL: engine.ready.nats },
  });
  return stdout;
}
