/** The verdict of the chaos tests and of bench:failover bites: each kind of loss is found and named. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acknowledgedFill, type FillRecord } from '../support/fill-plan.ts';
import { judge, slowest } from '../support/fill-verdict.ts';
import { sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { uuidv7 } from '../support/wire.ts';

const SYMBOL = 'KRW-T00';
const fill = { id: uuidv7(), side: 'buy', quantity: '2', price: '100', fee: '0' } as const;
const answered: FillRecord = {
  ...acknowledgedFill(SYMBOL, fill, 1),
  position: { quantity: '2', cost: '200', realizedPnl: '0' },
};

let database: TestDatabase;

/** A ledger with this one fill, bought from a deposit of 1,000. */
beforeAll(async () => {
  database = await createDatabase('fill verdict');
  await sql(database.url, 'update account set cash = 800, deposits = 1000');
  await sql(database.url, 'insert into positions (symbol, version, quantity, cost) values ($1, 1, 2, 200)', [SYMBOL]);
  await store(SYMBOL, 1, fill.id);
});
afterAll(() => database.drop());

describe('the verdict on a run', () => {
  it('is clean when every answer is in the tables and every row was asked for', async () => {
    expect(await judge(database.url, { records: [answered] })).toEqual({
      commands: 1,
      failed: 0,
      lost: 0,
      doubled: 0,
      wrong: 0,
      faults: [],
    });
  });

  it.each<[string, Partial<FillRecord>, object]>([
    ['a final answer that is no ok', { outcome: 'unknown' }, { failed: 1 }],
    ['an acknowledged fill that is not there', { fill: { ...fill, id: uuidv7() } }, { lost: 1 }],
    ['two versions answered for one id', { versions: [1, 2] }, { doubled: 1 }],
    ['a version that is not the one of its row', { version: 2 }, { wrong: 1 }],
    [
      'a position that is not the one of its row',
      { position: { quantity: '2', cost: '201', realizedPnl: '0' } },
      { wrong: 1 },
    ],
  ])('finds %s', async (_name, change, found) => {
    const verdict = await judge(database.url, { records: [{ ...answered, ...change }] });
    expect(verdict).toMatchObject({ failed: 0, lost: 0, doubled: 0, wrong: 0, ...found });
    expect(verdict.faults).not.toEqual([]);
  });

  it('finds an id that is there twice', async () => {
    await store('KRW-T01', 1, fill.id);
    expect(await judge(database.url, { records: [answered] })).toMatchObject({ doubled: 1 });
    await sql(database.url, "delete from journal where symbol = 'KRW-T01'");
  });
});

describe('the longest stall', () => {
  const waited = (sentAt: number, answeredAt: number): FillRecord => ({ ...answered, sentAt, answeredAt });

  it('is the longest wait of a command that had no answer when the event began', () => {
    const [before, across, after] = [waited(0, 900), waited(950, 1_250), waited(1_100, 1_200)];
    expect(slowest([before, across, after], 1_000)).toBe(across);
    expect(slowest([before], 1_000)).toBeUndefined();
  });
});

async function store(symbol: string, seq: number, id: string): Promise<void> {
  await sql(
    database.url,
    `insert into journal (symbol, seq, id, kind, at, side, quantity, price, notional, fee, cost_removed, realized,
       quantity_after, cost_after, realized_after)
     values ($1, $2, $3, 'fill', now(), 'buy', 2, 100, 200, 0, 0, 0, 2, 200, 0)`,
    [symbol, seq, id],
  );
}
