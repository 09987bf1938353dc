/** The golden month through the real actors, paper venue and Postgres, and what SQL says about it afterwards (I4, I8, I9). */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type Exit } from '../support/engine-process.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { hasSharedData, sharedFile } from '../support/shared-data.ts';

interface Golden {
  readonly trades: readonly {
    readonly entry_time: number;
    readonly entry_price: number;
    readonly exit_time: number;
    readonly exit_price: number;
    readonly reason: string;
    readonly regime: string;
  }[];
  readonly funnel: Record<string, number>;
}

interface Trade {
  readonly symbol: string;
  readonly entryTime: string;
  readonly exitTime: string;
  readonly entryPrice: string;
  readonly exitPrice: string;
  readonly quantity: string;
  readonly profit: string;
  readonly fees: string;
  readonly reason: string;
  readonly regime: string;
}

interface LastLine {
  readonly trades: readonly Trade[];
  readonly funnel: Record<string, number>;
}

const OPTIONS = '--symbol KRW-BTC --preset v3.3 --fees 0 --slippage 0 --risk off --speed max --exit-at-end';

describe.runIf(hasSharedData)('the golden month, live (needs ../shared)', () => {
  let database: TestDatabase;
  let home: EngineHome;
  let lines: readonly string[];
  let exit: Exit;
  let log: string;

  beforeAll(async () => {
    database = await createDatabase('engine golden');
    home = await EngineHome.create(['--database-url', database.url]);
    const engine = home.run('up', '--feed', `file:${sharedFile('data/btc-perp-1m.csv')}`, ...OPTIONS.split(' '));
    exit = await engine.whenExited(90_000);
    lines = engine.lines;
    log = engine.log;
  });

  afterAll(async () => {
    await home?.remove();
    await database?.drop();
  });

  it('ends with the feed: ready first, result last, exit code 0, nothing else on standard output', () => {
    expect(exit, log.slice(-2_000)).toEqual({ code: 0, signal: null });
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0]!)).toMatchObject({ ready: true });
  });

  it('makes every trade of the golden file', () => {
    const { trades } = result();
    const expected = golden().trades;
    expect(trades.map(facts)).toEqual(
      expected.map(({ entry_time, exit_time, reason, regime }) => ({
        symbol: 'KRW-BTC',
        entryTime: new Date(entry_time * 1_000).toISOString(),
        exitTime: new Date(exit_time * 1_000).toISOString(),
        reason,
        regime,
      })),
    );
    for (const [index, { entry_price, exit_price }] of expected.entries()) {
      expect(Math.abs(Number(trades[index]!.entryPrice) / entry_price - 1)).toBeLessThan(1e-6);
      expect(Math.abs(Number(trades[index]!.exitPrice) / exit_price - 1)).toBeLessThan(1e-6);
    }
  });

  it('counts every candle that did not enter as the golden file does', () => {
    expect(result().funnel).toEqual(golden().funnel);
  });

  it('stores the same trades and funnel', async () => {
    const trades = await sql<{ trade: Trade }>(database.url, 'select trade from trades order by version');
    expect(trades.map(({ trade }) => trade)).toEqual(result().trades);
    const rows = await sql<{ key: string; count: number }>(
      database.url,
      'select key, sum(count)::int as count from funnel group by key',
    );
    expect(Object.fromEntries(rows.map(({ key, count }) => [key, count]))).toEqual(result().funnel);
  });

  it('folds to the last unit, and its profit is the profit of its trades', async () => {
    expect(await ledgerFaults(database.url)).toEqual([]);
    const [row] = await sql<{ same: boolean; reserved: string }>(
      database.url,
      `select realized_pnl = (select sum((trade ->> 'profit')::numeric) from trades) as same,
              (select reserved from account) as reserved from positions where symbol = 'KRW-BTC'`,
    );
    expect(row?.same).toBe(true);
    expect(Number(row?.reserved)).toBe(0);
  });

  it('has an order for every fill and left none open', async () => {
    const [row] = await sql<{ without: number; open: number }>(
      database.url,
      `select (select count(*)::int from fills f left join orders o on o.client_order_id = f.order_id
               where o.client_order_id is null) as without,
              (select count(*)::int from orders where status in ('pending', 'open', 'unknown') and intent = 'entry') as open`,
    );
    expect(row).toEqual({ without: 0, open: 0 });
  });

  function result(): LastLine {
    return JSON.parse(lines.at(-1)!) as LastLine;
  }
});

function golden(): Golden {
  return JSON.parse(readFileSync(sharedFile('golden/btc-perp-1m.v3.3.json'), 'utf8')) as Golden;
}

function facts({ symbol, entryTime, exitTime, reason, regime }: Trade) {
  return { symbol, entryTime, exitTime, reason, regime };
}
