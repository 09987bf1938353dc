/** What the account tells of its day: the limits it keeps to, and a profit that cash moved meanwhile is no part of. */
import { describe, expect, it } from 'vitest';
import { AccountActor } from '../../../actors/account/account.ts';
import { parseDecimal } from '../../../domain/money.ts';
import { DEFAULT_RISK_SETTINGS } from '../../../domain/risk.ts';
import { MemoryAccount } from '../../../ledger/memory/memory-account.ts';
import { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { contentId } from '../../../protocol/ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const DAY = Date.parse('2026-01-31T00:00:00Z');
const SYMBOL = 'KRW-BTC';

async function openAccount(limits: 'on' | 'off' = 'on') {
  const clock = new FakeClock();
  const database = new MemoryDatabase(clock);
  const account = new AccountActor({
    ledger: new MemoryAccount(database),
    epoch: 0,
    limits,
    now: () => DAY,
    wallNow: () => clock.now(),
    onFenced: () => undefined,
    publish: () => undefined,
  });
  const move = (command: 'deposit' | 'withdraw', amount: string) =>
    account[command]({ id: contentId(`${command} ${amount}`), amount: parseDecimal(amount) });
  const hold = (quantity: string, cost: string): void => {
    database.addPosition(SYMBOL);
    const row = database.positions.get(SYMBOL);
    if (row !== undefined) {
      row.position = { quantity: parseDecimal(quantity), cost: parseDecimal(cost), realizedPnl: 0n };
    }
  };
  const view = async () => (await account.get()) as unknown as { account: Record<'day' | 'limits', object> };
  return {
    account,
    move,
    hold,
    day: async () => (await view()).account.day,
    limits: async () => (await view()).account.limits,
  };
}

describe('the day of the account', () => {
  it('has no profit before a price of the day has fixed what it began with', async () => {
    const { move, day } = await openAccount();
    await move('deposit', '1000');
    expect(await day()).toMatchObject({ netDeposits: null, equityProfit: null });
  });

  it('counts no cash that was paid in or out since it began as profit', async () => {
    const { account, move, day } = await openAccount();
    await move('deposit', '1000');
    await account.observePrice(SYMBOL, 10, DAY + 1);
    expect(await day()).toMatchObject({ netDeposits: '0', equityProfit: '0' });
    await move('deposit', '500.5');
    await move('withdraw', '200');
    expect(await day()).toMatchObject({ netDeposits: '300.5', equityProfit: '0' });
    await account.observePrice(SYMBOL, 10, DAY + 86_400_000);
    expect(await day()).toMatchObject({ netDeposits: '0', equityProfit: '0' });
  });

  it('counts what is held at its price of the moment', async () => {
    const { account, move, hold, day } = await openAccount();
    await move('deposit', '1000');
    hold('2', '20');
    await account.observePrice(SYMBOL, 10, DAY + 1);
    await move('withdraw', '100');
    await account.observePrice(SYMBOL, 12.5, DAY + 2);
    // Two of them, each worth 2.5 more than when the day began.
    expect(await day()).toMatchObject({ netDeposits: '-100', equityProfit: '5' });
  });
});

describe('the limits of the account', () => {
  it.each([
    ['on', true],
    ['off', false],
  ] as const)('are those it decides by; with limits %s enforced is %s', async (limits, enforced) => {
    const opened = await openAccount(limits);
    expect(await opened.limits()).toEqual({ enforced, ...DEFAULT_RISK_SETTINGS });
  });
});
