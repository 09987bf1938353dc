/** Times are UTC milliseconds whatever the process and the database think of zones: a ledger moved to Seoul is the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Candle, HOUR_MS, MINUTE_MS } from '../../domain/candle.ts';
import { AT, claimOne, fund, id, order, owner } from '../support/ledger-groups.ts';
import { type Ledger, type PostgresLedgerServer, startPostgresLedger } from '../support/ledger-implementations.ts';

const before = process.env.TZ;
/** 23:30 in Seoul is another date than in UTC's 14:30; Kolkata is half an hour off. */
const LATE = Date.parse('2024-03-01T14:30:00.001Z');

describe.each(['Asia/Seoul', 'Asia/Kolkata'])('in %s', (zone) => {
  let server: PostgresLedgerServer;
  let ledger: Ledger;

  beforeAll(async () => {
    process.env.TZ = zone;
    server = await startPostgresLedger(`alter database %I set timezone to '${zone}'`);
    ledger = await server.fresh();
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
    await server.stop();
  });

  it('is really there', async () => {
    expect(new Date(0).getTimezoneOffset()).not.toBe(0);
    expect((await server.admin.query('show timezone')).rows).toEqual([{ TimeZone: zone }]);
  });

  it('stores and gives back every time as it was', async () => {
    const epoch = await fund(ledger, '1000');
    const draft = await claimOne(ledger);
    const durable = {
      mode: 'holding',
      regime: null,
      highWaterMark: null,
      openedAt: LATE,
      pausedReason: null,
      haltedReason: null,
      actor: '{}',
    };
    const losses = [1, 2, 3].map((n) => ({ profit: -1n, at: LATE + n }));
    await ledger.commit.commit([
      draft.buy({ quantity: '1', price: '1', at: LATE }).group({
        durableAfter: durable,
        orders: [order({ sendBefore: LATE })],
        risk: { day: '2024-03-01', profit: -3n, entries: 1, closed: losses },
      }),
    ]);
    await ledger.account.setReference(epoch, '2024-03-01', 5n);
    await ledger.paper.place(order(), draft.epoch);
    await ledger.paper.fill('order-1', { tradeId: id('t'), quantity: 1n, price: 1n, fee: 0n, at: LATE }, true);

    expect((await ledger.reader.journal('KRW-BTC', 0, 1))[0]?.at).toBe(LATE);
    expect((await ledger.reader.order('order-1'))?.sendBefore).toBe(LATE);
    expect((await ledger.paper.find('order-1'))?.trades[0]?.at).toBe(LATE);
    expect(await ledger.account.read('2024-03-01')).toMatchObject({
      cooldownFrom: LATE + 3,
      referenceDay: '2024-03-01',
      day: { day: '2024-03-01', entries: 1 },
    });
    const { positions } = await ledger.ownership.claim(owner('pod-a'), ['KRW-BTC']);
    expect(positions[0]?.durable?.openedAt).toBe(LATE);
    const { rows } = await server.admin.query(`
      select (select (at at time zone 'UTC')::text from journal where symbol = 'KRW-BTC') as journal,
             (select (send_before at time zone 'UTC')::text from orders) as orders,
             (select day::text from risk_days) as day`);
    expect(rows).toEqual([
      { journal: '2024-03-01 14:30:00.001', orders: '2024-03-01 14:30:00.001', day: '2024-03-01' },
    ]);
  });

  it('cuts hours where UTC does', async () => {
    const start = Math.floor(AT / HOUR_MS) * HOUR_MS;
    const candle = (minute: number): Candle => ({
      openTime: start + minute * MINUTE_MS,
      open: 1,
      high: 1,
      low: 1,
      close: minute,
      volume: 1,
    });
    const candles = [0, 29, 30, 59, 60, 89, 90, 119].map(candle);
    await ledger.reader.storeCandles(candles.map((each) => ({ symbol: 'S', candle: each })));
    expect(await ledger.reader.hourCloses('S', 10, start + 2 * HOUR_MS)).toEqual([59, 119]);
    expect(await ledger.reader.candles('S', 10)).toEqual(candles);
  });
});
