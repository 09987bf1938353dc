/** The equity curve as the account stores it: every quarter of an hour of market time, by its owner, once. */
import { describe, expect, it } from 'vitest';
import { AccountActor } from '../../../actors/account/account.ts';
import { MINUTE_MS } from '../../../domain/candle.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { MemoryAccount } from '../../../ledger/memory/memory-account.ts';
import { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { contentId } from '../../../protocol/ids.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

const NOON = Date.parse('2026-01-31T12:00:00Z');
const SYMBOL = 'KRW-BTC';

async function recording(ledger = (database: MemoryDatabase) => new MemoryAccount(database)) {
  const database = new MemoryDatabase(new FakeClock());
  const problems: string[] = [];
  const account = new AccountActor({
    ledger: ledger(database),
    epoch: 0,
    limits: 'on',
    now: () => NOON,
    wallNow: () => NOON,
    onFenced: () => undefined,
    publish: () => undefined,
    equityEveryMs: 15 * MINUTE_MS,
    onProblem: (_, what) => problems.push(what),
  });
  await account.deposit({ id: contentId('in'), amount: parseDecimal('1000') });
  database.addPosition(SYMBOL);
  const row = database.positions.get(SYMBOL);
  if (row !== undefined) row.position = { quantity: parseDecimal('2'), cost: parseDecimal('20'), realizedPnl: 0n };
  const price = async (value: number, minute: number): Promise<void> => {
    await account.observePrice(SYMBOL, value, NOON + minute * MINUTE_MS);
    await settled();
  };
  return { account, database, price, problems };
}

describe('the equity', () => {
  it('is stored with the first price of each quarter of an hour, valued at it', async () => {
    const { database, price } = await recording();
    await price(10, 0);
    await price(11, 7);
    await price(12.5, 15);
    await price(13, 29);
    await price(14, 46);
    expect([...database.equity.values()]).toEqual([
      { at: NOON, cash: parseDecimal('1000'), equity: parseDecimal('1020') },
      { at: NOON + 15 * MINUTE_MS, cash: parseDecimal('1000'), equity: parseDecimal('1025') },
      { at: NOON + 46 * MINUTE_MS, cash: parseDecimal('1000'), equity: parseDecimal('1028') },
    ]);
  });

  it('keeps the first word about a moment, and takes none of who is not the owner', async () => {
    const { database } = await recording();
    const ledger = new MemoryAccount(database);
    await ledger.recordEquity(0, { at: NOON, cash: 1n, equity: 2n });
    await ledger.recordEquity(0, { at: NOON, cash: 3n, equity: 4n });
    await ledger.recordEquity(7, { at: NOON + 1, cash: 5n, equity: 6n });
    expect([...database.equity.values()]).toEqual([{ at: NOON, cash: 1n, equity: 2n }]);
  });

  it('holds nothing up when it can not be stored, and says so', async () => {
    class Failing extends MemoryAccount {
      override async recordEquity(): Promise<void> {
        throw new Error('no room');
      }
    }
    const { account, price, problems } = await recording((database) => new Failing(database));
    await price(10, 0);
    await price(10, 20);
    expect(problems).toEqual(Array(2).fill('the equity of the moment could not be stored'));
    expect(await account.get()).toMatchObject({ ok: true, account: { equity: '1020' } });
  });
});
