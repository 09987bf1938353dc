/** The equity curve of a real ledger: exact, valued at stored closes, and the account's own figure at its newest point. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountActor } from '../../actors/account/account.ts';
import { MINUTE_MS } from '../../domain/candle.ts';
import { formatDecimal } from '../../domain/money.ts';
import { PostgresFeedReader } from '../../ledger/postgres/feed-reader.ts';
import { createReaderPool } from '../../ledger/postgres/reader.ts';
import { claimed, claimOne, fund, type SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';
import { makeFill } from '../support/make-fill.ts';
import { mulberry32 } from '../support/seeded.ts';

/** Two years before the deposits of `fund` are made (2024): a recorded market. */
const START = Date.parse('2022-03-01T00:00:00Z');
const minute = (index: number): number => START + index * MINUTE_MS;

let server: PostgresLedgerServer;
let ledger: Ledger;
let pool: ReturnType<typeof createReaderPool>;
let feed: PostgresFeedReader;

beforeAll(async () => {
  server = await startPostgresLedger();
  pool = createReaderPool(server.url);
});
afterAll(async () => {
  await pool.dispose();
  await server.stop();
});
beforeEach(async () => {
  ledger = await server.fresh();
  feed = new PostgresFeedReader(pool);
});

/** Candles whose closes end at minutes 1, 2, … */
async function store(symbol: string, ...closes: number[]): Promise<void> {
  await ledger.reader.storeCandles(
    closes.map((close, index) => ({
      symbol,
      candle: { openTime: minute(index), open: close, high: close, low: close, close, volume: 1 },
    })),
  );
}

async function commit(draft: SymbolDraft): Promise<void> {
  expect(await ledger.commit.commit([draft.group()])).toEqual([{ type: 'committed' }]);
}

const curve = async (points = 100, from?: number) =>
  (await feed.equity({ points, from })).map(({ at, equity, cash }) => [at.slice(11, 16), equity, cash]);

describe('the equity curve', () => {
  it('has no points before anything happened, and one when money came', async () => {
    expect(await curve()).toEqual([]);
    await fund(ledger, '1000');
    expect(await feed.equity({ points: 10 })).toEqual([
      { at: '2024-03-01T12:34:56.789Z', equity: '1000', cash: '1000', netDeposits: '1000' },
    ]);
  });

  it('values what was held at each step by the close of that time, and by its cost before the first', async () => {
    await fund(ledger, '1000');
    const draft = await claimOne(ledger);
    await commit(draft.buy({ quantity: '2', price: '100', fee: '0.5', at: minute(0) }));
    await store('KRW-BTC', 110, 120, 90, 95);
    await commit(draft.sell({ quantity: '1', price: '90', fee: '0.25', at: minute(3) }));
    expect(await curve()).toEqual([
      ['00:00', '999.5', '799.5'],
      ['00:01', '1019.5', '799.5'],
      ['00:02', '1039.5', '799.5'],
      ['00:03', '979.25', '889.25'],
      ['00:04', '984.25', '889.25'],
    ]);
    // Steps of whole minutes: two fit between the first and the last.
    expect((await curve(3)).map(([at]) => at)).toEqual(['00:00', '00:02', '00:04']);
    expect((await curve(2)).map(([at]) => at)).toEqual(['00:00', '00:04']);
    expect((await curve(100, minute(2))).map(([at]) => at)).toEqual(['00:02', '00:03', '00:04']);
    expect((await curve(100, minute(50))).map(([at]) => at)).toEqual(['00:04']);
  });

  it('reads on from where it was: what comes later is in the next curve, once', async () => {
    const account = await fund(ledger, '1000');
    const draft = await claimOne(ledger);
    await commit(draft.buy({ quantity: '1', price: '100', at: minute(0) }));
    await store('KRW-BTC', 100, 100);
    expect((await curve()).at(-1)).toEqual(['00:02', '1000', '900']);
    await commit(draft.buy({ quantity: '1', price: '100', at: minute(1) }).note());
    const withdrawal = { id: crypto.randomUUID(), kind: 'cash', request: 'withdraw', at: Date.now() };
    await ledger.account.apply(account, withdrawal, () => ({ ok: true, cashDelta: -50_00000000n, body: {} }));
    const together = await Promise.all([curve(), curve(), curve()]);
    for (const each of together) {
      expect(each).toEqual([
        ['00:00', '1000', '900'],
        ['00:01', '1000', '800'],
        ['00:02', '950', '750'],
      ]);
    }
    expect(await new PostgresFeedReader(pool).equity({ points: 100 })).toEqual(await feed.equity({ points: 100 }));
  });

  it('ends with what the account says of itself, to the last unit', async () => {
    const symbols = ['KRW-BTC', 'KRW-ETH', 'KRW-XRP'];
    const epoch = await fund(ledger, '100000000000');
    const drafts = await claimed(ledger, symbols);
    const random = mulberry32(7);
    const account = new AccountActor({
      ledger: ledger.account,
      epoch,
      limits: 'on',
      now: () => minute(200),
      wallNow: () => minute(200),
      onFenced: () => undefined,
      publish: () => undefined,
    });
    for (let round = 0; round < 60; round += 1) {
      const draft = drafts[round % drafts.length] as SymbolDraft;
      const { quantity, price, fee } = makeFill(random, 0);
      draft.buy({ quantity, price, fee, at: minute(round) });
      // A third has as many decimals as there are.
      const sold = formatDecimal(draft.position.quantity / 3n);
      if (round % 4 === 3) draft.sell({ quantity: sold, price, fee, at: minute(round) });
      await commit(draft);
    }
    for (const [index, symbol] of symbols.entries()) {
      await store(symbol, ...Array.from({ length: 100 }, (_, at) => 1000.123 + index * 7.77 + at / 8));
      await account.observePrice(symbol, 1000.123 + index * 7.77 + 99 / 8, minute(100));
    }
    const reply = (await account.get()) as unknown as { account: { equity: string; cash: string; deposits: string } };
    const newest = (await feed.equity({ points: 240 })).at(-1);
    expect(newest).toEqual({
      at: '2022-03-01T01:40:00.000Z',
      equity: reply.account.equity,
      cash: reply.account.cash,
      netDeposits: reply.account.deposits,
    });
  });
});
