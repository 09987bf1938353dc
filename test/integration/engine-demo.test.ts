/** The demo market: it trades soon, says why it does not trade more, and goes on after a restart where it ended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, until } from '../support/engine-process.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

interface Trade {
  readonly symbol: string;
  readonly entryTime: string;
  readonly exitTime: string;
  readonly quantity: string;
  readonly reason: string;
}

/** A first trade may take a minute on a free machine; tests share theirs. */
const FIRST_TRADE_MS_MAX = 55_000;

/** Minutes between two candles of the demo market, with a quiet one between them. */
const QUIET_MINUTES_MAX = 3;

let database: TestDatabase;
let home: EngineHome;

beforeAll(async () => {
  database = await createDatabase('engine demo');
  home = await EngineHome.create(['--feed', 'demo', '--speed', '600', '--database-url', database.url]);
});

afterAll(async () => {
  await home?.remove();
  await database?.drop();
});

describe('the demo market', () => {
  it('completes a trade, counts what it did not enter, and continues after a restart', async () => {
    const first = await home.start();
    await until(
      async () => (await count('trades')) > 0,
      FIRST_TRADE_MS_MAX,
      () => `no trade; ${first.log.slice(-2_000)}`,
    );
    const [{ trade }] = (await sql<{ trade: Trade }>(database.url, 'select trade from trades limit 1')) as [
      { trade: Trade },
    ];
    expect(Date.parse(trade.exitTime)).toBeGreaterThanOrEqual(Date.parse(trade.entryTime));
    expect(Number(trade.quantity)).toBeGreaterThan(0);
    expect(await count('funnel')).toBeGreaterThan(0);
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await ledgerFaults(database.url)).toEqual([]);
    const ended = await lastCandles();

    const second = await home.start();
    await until(
      async () =>
        (await lastCandles()).every(({ last }, index) => last.getTime() > ended[index]!.last.getTime() + 600_000),
      30_000,
      () => `the market stands; ${second.log.slice(-2_000)}`,
    );
    expect(await second.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await ledgerFaults(database.url)).toEqual([]);
    // The key keeps duplicates out. The market leaves out single minutes without a trade; a hole at the restart is longer.
    const holes = await sql<{ symbol: string; open_time: Date; minutes: number }>(
      database.url,
      `select * from (
         select symbol, open_time, extract(epoch from open_time - lag(open_time) over (
           partition by symbol order by open_time))::int / 60 as minutes from candles) c where minutes > $1`,
      [QUIET_MINUTES_MAX],
    );
    expect(holes).toEqual([]);
    // A restart in the middle of a jump would show as a price from another world.
    const [jump] = await sql<{ worst: number }>(
      database.url,
      `select max(abs(open / before - 1)) as worst from (
         select open, lag(close) over (partition by symbol order by open_time) as before from candles) c`,
    );
    expect(jump?.worst).toBeLessThan(0.2);
  });
});

async function count(table: 'trades' | 'funnel'): Promise<number> {
  const [row] = await sql<{ rows: number }>(database.url, `select count(*)::int as rows from ${table}`);
  return row?.rows ?? 0;
}

function lastCandles() {
  return sql<{ symbol: string; last: Date }>(
    database.url,
    'select symbol, max(open_time) as last from candles group by symbol order by symbol',
  );
}
