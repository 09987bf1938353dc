/** What the gateway reads of a real ledger: snapshots with their seq, heads of every stream, pages that miss nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../domain/candle.ts';
import { parseDecimal } from '../../domain/money.ts';
import { isoTime } from '../../domain/time.ts';
import { PostgresFeedReader } from '../../ledger/postgres/feed-reader.ts';
import { createReaderPool } from '../../ledger/postgres/reader.ts';
import { RetryableError } from '../../protocol/errors.ts';
import type { DurableState } from '../../protocol/ports/ledger.ts';
import { AT, claimed, claimOne, fund, id, order, owner, type SymbolDraft } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';

const IDLE: DurableState = {
  mode: 'flat',
  regime: null,
  highWaterMark: null,
  openedAt: null,
  pausedReason: null,
  haltedReason: null,
  actor: '{}',
};

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

/** Commits a closed trade, as a signal of this market time. */
async function close(draft: SymbolDraft, at: number, profit: string): Promise<void> {
  const group = draft.note().group();
  const body = JSON.stringify({ signal: 'TRADE_CLOSED', trade: { symbol: draft.symbol, profit } });
  await ledger.commit.commit([{ ...group, rows: group.rows.map((row) => ({ ...row, kind: 'signal', at, body })) }]);
}

describe('snapshots', () => {
  it('gives a position with the seq of its last change, and the orders that are not over', async () => {
    await fund(ledger, '1000000');
    const draft = await claimOne(ledger);
    const group = draft.buy({ quantity: '0.50', price: '1000.5' }).note().group();
    const open = order({ status: 'open', quantity: parseDecimal('1.5') });
    const over = order({ clientOrderId: 'order-2', status: 'filled' });
    const durableAfter = {
      mode: 'watching',
      regime: 'BULL',
      highWaterMark: parseDecimal('1001.50'),
      openedAt: AT,
      pausedReason: 'a person said so',
      haltedReason: null,
      actor: '{}',
    };
    await ledger.commit.commit([{ ...group, orders: [open, over], durableAfter }]);
    const snapshot = await feed.symbolSnapshot('KRW-BTC');
    expect(snapshot?.seq).toBe(2);
    expect(snapshot?.data).toEqual({
      symbol: 'KRW-BTC',
      position: {
        symbol: 'KRW-BTC',
        quantity: '0.5',
        cost: '500.25',
        averagePrice: '1000.5',
        realizedPnl: '0',
        version: 2,
        regime: 'BULL',
        highWaterMark: '1001.5',
        openedAt: '2024-03-01T12:34:56.789Z',
      },
      mode: 'watching',
      pausedReason: 'a person said so',
      haltedReason: null,
      // No row says it.
      stops: [{ command: 'pause', reason: 'a person said so', by: null, at: null }],
      owner: 'pod-a',
      epoch: 1,
      openOrders: [
        {
          id: 'order-1',
          symbol: 'KRW-BTC',
          side: 'buy',
          type: 'market',
          status: 'open',
          intent: 'entry',
          quantity: '1.5',
          amount: '10000.5',
          price: null,
          filledQuantity: '0',
          filledNotional: '0',
          fees: '0',
          reason: 'rules said so',
        },
      ],
      lastClose: null,
    });
    expect(await feed.positions()).toEqual([
      {
        ...(snapshot?.data.position as object),
        mode: 'watching',
        pausedReason: 'a person said so',
        haltedReason: null,
        stops: snapshot?.data.stops,
        owner: 'pod-a',
        epoch: 1,
      },
    ]);
  });

  it('tells who paused and who halted a symbol, and when, as long as it holds', async () => {
    const draft = await claimOne(ledger);
    const say = async (command: string, reason: string, by: string | undefined, reasons: Partial<DurableState>) => {
      const group = draft.note().group();
      const body = JSON.stringify({ command, reason, mode: 'any', by });
      const rows = group.rows.map((row) => ({ ...row, kind: 'mode', at: AT + draft.version, body }));
      await ledger.commit.commit([{ ...group, rows, durableAfter: { ...IDLE, ...reasons } }]);
    };
    await say('pause', 'lunch', 'Kim', { pausedReason: 'lunch' });
    await say('pause', 'long lunch', 'Lee', { pausedReason: 'long lunch' });
    await say('halt', 'fire', undefined, { pausedReason: 'long lunch', haltedReason: 'fire' });
    // On record, but a halted symbol is not paused as well.
    await say('pause', 'ignored', 'Park', { pausedReason: 'long lunch', haltedReason: 'fire' });
    await say('flatten', 'fire', 'Park', { pausedReason: 'long lunch', haltedReason: 'fire' });
    const pause = { command: 'pause', reason: 'long lunch', by: 'Lee', at: isoTime(AT + 2) };
    const halt = { command: 'halt', reason: 'fire', by: null, at: isoTime(AT + 3) };
    expect((await feed.symbolSnapshot('KRW-BTC'))?.data.stops).toEqual([halt, pause]);
    expect((await feed.positions())[0]?.stops).toEqual([halt, pause]);
    await say('resume', 'out', 'Kim', {});
    expect((await feed.symbolSnapshot('KRW-BTC'))?.data.stops).toEqual([]);
  });

  it('names the supervisor that halted a symbol', async () => {
    const draft = await claimOne(ledger);
    await ledger.ownership.haltSymbol('KRW-BTC', draft.epoch, 'crashes', id('halt'));
    const stops = (await feed.symbolSnapshot('KRW-BTC'))?.data.stops;
    expect(stops).toMatchObject([{ command: 'halt', reason: 'crashes', by: 'supervisor', at: expect.any(String) }]);
  });

  it('tells who paused the account', async () => {
    const epoch = await fund(ledger, '1000');
    const body = { command: 'pause', reason: 'audit', by: 'Kim' };
    const command = { id: id('pause'), kind: 'risk', request: 'pause|audit', at: AT };
    await ledger.account.apply(epoch, command, () => ({ ok: true, pausedReason: 'audit', body }));
    const { data } = await feed.accountSnapshot();
    expect(data).toMatchObject({ paused: 'audit', stops: [{ ...body, at: isoTime(AT) }] });
  });

  it('starts from the close of the newest candle, with its time', async () => {
    await ledger.ownership.addSymbols(['KRW-BTC', 'KRW-ETH']);
    const store = (symbol: string, openTime: string, close: number) =>
      ledger.reader.storeCandles([
        { symbol, candle: { openTime: Date.parse(openTime), open: 1, high: 3, low: 0.5, close, volume: 9 } },
      ]);
    await store('KRW-BTC', '2024-03-01T00:01:00Z', 1.1);
    await store('KRW-BTC', '2024-03-01T00:00:00Z', 2.2);
    await store('KRW-ETH', '2024-03-01T00:09:00Z', 3.3);
    const lastClose = { price: '1.1', at: '2024-03-01T00:02:00.000Z' };
    expect((await feed.symbolSnapshot('KRW-BTC'))?.data).toMatchObject({ lastClose });
  });

  it('knows nothing of a symbol the ledger does not know', async () => {
    expect(await feed.symbolSnapshot('KRW-NONE')).toBeUndefined();
  });

  it('numbers the account by the last row of its stream, which is its own journal', async () => {
    await fund(ledger, '1000.50');
    const snapshot = await feed.accountSnapshot();
    expect(snapshot.data).toEqual({
      cash: '1000.5',
      reserved: '0',
      deposits: '1000.5',
      withdrawals: '0',
      paused: null,
      halted: null,
      version: 1,
      stops: [],
    });
    const rows = await feed.journal('account', 0, 10);
    expect(rows.map(({ seq, kind, fill }) => ({ seq, kind, fill }))).toEqual([{ seq: 1, kind: 'cash', fill: null }]);
    expect(snapshot.seq).toBe(1);
  });

  it('shows Pods and owners right after the last row of the cluster', async () => {
    await claimed(ledger, ['KRW-ETH', 'KRW-BTC']);
    await ledger.ownership.setState(owner('pod-a'), 'draining');
    const { seq, data } = await feed.clusterSnapshot();
    expect(seq).toBe((await feed.journal('cluster', 0, 100)).at(-1)?.seq);
    expect(data).toMatchObject({
      pods: [{ pod: 'pod-a', incarnation: owner('pod-a').incarnation, draining: true, live: true }],
      symbols: [
        { symbol: 'KRW-BTC', owner: 'pod-a', epoch: 1 },
        { symbol: 'KRW-ETH', owner: 'pod-a', epoch: 1 },
      ],
    });
    expect((data.pods as { heartbeatAt: string }[])[0]?.heartbeatAt).toMatch(/^\d{4}-.*Z$/);
  });
});

describe('streams', () => {
  it('knows the head of every stream, and pages through a stream without a gap', async () => {
    await fund(ledger, '1000000');
    const draft = await claimOne(ledger);
    await ledger.ownership.addSymbols(['KRW-NEW']);
    await ledger.commit.commit([draft.note().buy({ quantity: '1', price: '10' }).note().group()]);
    const heads = await feed.heads();
    expect(Object.fromEntries(heads)).toMatchObject({ 'KRW-BTC': 3, 'KRW-NEW': 0, account: 1 });
    for (const [stream, head] of heads) {
      const rows = await feed.journal(stream, 0, 1000);
      expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    }
    expect((await feed.journal('KRW-BTC', 1, 1)).map(({ seq }) => seq)).toEqual([2]);
  });

  it('gives the newest decisions and signals of all symbols, oldest first, and no fills', async () => {
    await fund(ledger, '1000000');
    const [bitcoin, ether] = await claimed(ledger, ['KRW-BTC', 'KRW-ETH']);
    if (bitcoin === undefined || ether === undefined) throw new Error('both are claimed');
    await ledger.commit.commit([bitcoin.note().buy({ quantity: '1', price: '10' }).group()]);
    await close(ether, AT + 1, '5');
    await close(bitcoin, AT + 2, '-5');
    const seen = (await feed.recentDecisions(10)).map(({ symbol, seq, kind }) => [symbol, seq, kind]);
    expect(seen).toEqual([
      ['KRW-BTC', 1, 'decision'],
      ['KRW-ETH', 1, 'signal'],
      ['KRW-BTC', 3, 'signal'],
    ]);
    expect((await feed.recentDecisions(1)).map(({ symbol }) => symbol)).toEqual(['KRW-BTC']);
  });
});

describe('pages', () => {
  it('turns through all trades without missing or repeating those of one moment', async () => {
    const [bitcoin, ether] = await claimed(ledger, ['KRW-BTC', 'KRW-ETH']);
    if (bitcoin === undefined || ether === undefined) throw new Error('both are claimed');
    for (let index = 0; index < 4; index += 1) {
      await close(bitcoin, AT + Math.floor(index / 2), `${index}`);
      await close(ether, AT + Math.floor(index / 2), `${index}`);
    }
    const pages = async (symbol?: string): Promise<string[]> => {
      const seen: string[] = [];
      let before: string | undefined;
      do {
        const page = await feed.trades({ symbol, limit: 3, before });
        for (const trade of page.trades as { symbol: string; profit: string }[]) {
          seen.push(`${trade.symbol} ${trade.profit}`);
        }
        before = page.before ?? undefined;
      } while (before !== undefined);
      return seen;
    };
    const all = await pages();
    expect(all).toHaveLength(8);
    expect(new Set(all)).toHaveLength(8);
    expect(all.slice(0, 4).every((trade) => / [23]$/.test(trade))).toBe(true);
    expect(await pages('KRW-ETH')).toEqual(['KRW-ETH 3', 'KRW-ETH 2', 'KRW-ETH 1', 'KRW-ETH 0']);
    expect(await pages('KRW-NONE')).toEqual([]);
    await expect(feed.trades({ limit: 1, before: 'nonsense' })).rejects.toThrow('no cursor');
  });

  it('finds decisions, trades and commands by their indexes, whatever else the journal holds', async () => {
    await server.admin.query(`
      insert into journal (symbol, seq, id, kind, at, body)
      select 'KRW-S' || n % 20, n, gen_random_uuid(), case n % 500 when 0 then 'signal' when 1 then 'decision' else 'fill' end,
             timestamptz '2024-01-01' + n * interval '1 second', '{"signal":"TRADE_CLOSED","trade":{}}'
      from generate_series(1, 20000) as n;
      analyze journal`);
    const plan = async (statement: string): Promise<string> =>
      JSON.stringify((await server.admin.query(`explain ${statement}`)).rows);
    const newest = 'order by at desc, symbol desc, seq desc limit 50';
    expect(await plan(`select from journal where kind in ('decision', 'signal') ${newest}`)).toContain(
      'journal_decisions',
    );
    const trades = `select from journal where kind = 'signal' and body::json ->> 'signal' = 'TRADE_CLOSED'`;
    const older = `and (at, symbol, seq) < (timestamptz 'epoch' + 1e12::float8 * interval '1 millisecond', 'S', 7::bigint)`;
    expect(await plan(`${trades} ${older} ${newest}`)).toContain('journal_decisions');
    expect(await plan(`${trades} and symbol = 'KRW-S0' ${older} ${newest}`)).toMatch(/Index Scan.*journal_/);
    // Who stopped it may be long ago, and fills go on meanwhile.
    const said = `kind in ('mode', 'risk') and body::json ->> 'command' = 'pause' order by seq desc limit 1`;
    expect(await plan(`select from journal where symbol = 'KRW-S0' and ${said}`)).toContain('journal_control');
  });

  it('gives candles before a time, oldest first, and fills before a seq, newest first', async () => {
    await fund(ledger, '1000000');
    const start = Date.parse('2024-03-01T00:00:00Z');
    const candles = [0, 1, 2, 3].map((index) => ({
      symbol: 'KRW-BTC',
      candle: { openTime: start + index * MINUTE_MS, open: 1, high: 3, low: 0.5, close: index + 0.25, volume: 9 },
    }));
    await ledger.reader.storeCandles(candles);
    const page = await feed.candles('KRW-BTC', { limit: 2, before: '2024-03-01T00:03:00.000Z' });
    expect(page).toEqual([
      { openTime: '2024-03-01T00:01:00.000Z', open: 1, high: 3, low: 0.5, close: 1.25, volume: 9 },
      { openTime: '2024-03-01T00:02:00.000Z', open: 1, high: 3, low: 0.5, close: 2.25, volume: 9 },
    ]);
    expect((await feed.candles('KRW-BTC', { limit: 1 })).map(({ close }) => close)).toEqual([3.25]);

    const draft = await claimOne(ledger);
    await ledger.commit.commit([
      draft.buy({ quantity: '1', price: '10' }).note().buy({ quantity: '2', price: '10' }).group(),
    ]);
    expect(await feed.fills('KRW-BTC', { limit: 10 })).toMatchObject([
      { stream: 'KRW-BTC', seq: 3, kind: 'fill', side: 'buy', quantity: '2', position: { quantity: '3' } },
      { seq: 1, quantity: '1' },
    ]);
    expect((await feed.fills('KRW-BTC', { limit: 10, before: '3' })).map(({ seq }) => seq)).toEqual([1]);
  });

  it('says that the ledger is away in the words of the engine', async () => {
    const away = createReaderPool('postgres://nobody:nothing@127.0.0.1:1/none');
    await expect(new PostgresFeedReader(away).heads()).rejects.toThrow(RetryableError);
    await away.dispose();
  });
});
