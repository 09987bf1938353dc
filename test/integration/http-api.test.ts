/** The read API over a real ledger, as a client of the gateway sees it; no transport is needed for that. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../domain/candle.ts';
import { Access } from '../../gateway/http/access.ts';
import { createHttpHandler, type HttpHandler } from '../../gateway/http/handler.ts';
import { StaticFiles } from '../../gateway/http/static-files.ts';
import { createMetrics } from '../../gateway/metrics.ts';
import { PostgresFeedReader } from '../../ledger/postgres/feed-reader.ts';
import { createReaderPool } from '../../ledger/postgres/reader.ts';
import { Subjects } from '../../protocol/subjects.ts';
import { FakeBusServer } from '../support/fake-bus.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { claimOne, fund } from '../support/ledger-groups.ts';
import { type PostgresLedgerServer, silentLog, startPostgresLedger } from '../support/ledger-implementations.ts';
import { bodyOf, request } from '../unit/http/http-world.ts';

const START = Date.parse('2024-03-01T13:00:00Z');

let server: PostgresLedgerServer;
let pool: ReturnType<typeof createReaderPool>;
let handle: HttpHandler;

beforeAll(async () => {
  server = await startPostgresLedger();
  pool = createReaderPool(server.url);
  const clock = new FakeClock();
  handle = createHttpHandler({
    access: new Access({ readToken: 'r' }),
    reader: new PostgresFeedReader(pool),
    clock,
    status: () => ({}),
    bus: new FakeBusServer(clock).connect(),
    subjects: new Subjects(),
    log: silentLog,
    ready: () => ({ ledger: true, bus: true, ownership: true }),
    metrics: createMetrics([]),
    pages: await StaticFiles.load('no-such-folder'),
  });
  const ledger = await server.fresh();
  await fund(ledger, '1000');
  const draft = await claimOne(ledger);
  const closed = { symbol: 'KRW-BTC', entryTime: '2024-03-01T13:00:00.000Z', profit: '-20' };
  draft.buy({ quantity: '2', price: '100', at: START }).sell({ quantity: '1', price: '80', at: START + MINUTE_MS });
  const group = draft.note().group();
  const rows = group.rows.map((row) =>
    row.kind === 'decision'
      ? { ...row, kind: 'signal', body: JSON.stringify({ signal: 'TRADE_CLOSED', trade: closed }) }
      : row,
  );
  await ledger.commit.commit([{ ...group, rows }]);
  await ledger.reader.storeCandles(
    [100, 80, 60].map((close, index) => ({
      symbol: 'KRW-BTC',
      candle: { openTime: START + index * MINUTE_MS, open: close, high: close, low: close, close, volume: 1 },
    })),
  );
});
afterAll(async () => {
  await pool.dispose();
  await server.stop();
});

const get = async (path: string) => {
  const response = await handle(request(path, { headers: { authorization: 'Bearer r' } }));
  return { status: response.status, ...bodyOf(response) } as Record<string, unknown>;
};

describe('the read API', () => {
  it('shows positions, trades, candles and fills', async () => {
    expect(await get('/api/positions')).toMatchObject({
      status: 200,
      positions: [{ symbol: 'KRW-BTC', quantity: '1', cost: '100', realizedPnl: '-20', version: 3, owner: 'pod-a' }],
    });
    expect(await get('/api/trades?limit=1')).toMatchObject({
      trades: [{ symbol: 'KRW-BTC', profit: '-20' }],
      before: expect.stringMatching(/^\d+\.3\.KRW-BTC$/),
    });
    const { before } = await get('/api/trades?limit=1');
    expect(await get(`/api/trades?limit=1&before=${before}`)).toMatchObject({ trades: [], before: null });
    expect(await get('/api/candles?symbol=KRW-BTC&limit=2')).toMatchObject({ candles: [{ close: 80 }, { close: 60 }] });
    expect(await get('/api/fills?symbol=KRW-BTC')).toMatchObject({
      fills: [
        { seq: 2, side: 'sell', realized: '-20' },
        { seq: 1, side: 'buy' },
      ],
    });
    expect(await get('/api/fills?symbol=KRW-BTC&before=2')).toMatchObject({ fills: [{ seq: 1 }] });
    expect(await get('/api/candles?symbol=KRW-NONE')).toMatchObject({ status: 404 });
  });

  it('draws the equity curve with its largest fall', async () => {
    expect(await get('/api/equity?from=2024-03-01T13:00:00Z')).toEqual({
      status: 200,
      // 800 in cash and 2 held; then 880 and 1 held, at 100, 80 and 60.
      points: [
        { at: '2024-03-01T13:00:00.000Z', equity: '1000', cash: '800', netDeposits: '1000' },
        { at: '2024-03-01T13:01:00.000Z', equity: '980', cash: '880', netDeposits: '1000' },
        { at: '2024-03-01T13:02:00.000Z', equity: '960', cash: '880', netDeposits: '1000' },
        { at: '2024-03-01T13:03:00.000Z', equity: '940', cash: '880', netDeposits: '1000' },
      ],
      maxDrawdown: '6',
    });
  });
});
