/** The limits of the account: configured, set by a person, kept by the ledger, and what many entries at once make of them. */
import { describe, expect, it } from 'vitest';
import { AccountActor } from '../../../actors/account/account.ts';
import type { EntryAsk } from '../../../actors/symbol/entry-ask.ts';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import { DEFAULT_RISK_SETTINGS, type RiskSettings } from '../../../domain/risk.ts';
import { MemoryAccount } from '../../../ledger/memory/memory-account.ts';
import { MemoryDatabase } from '../../../ledger/memory/memory-database.ts';
import { contentId } from '../../../protocol/ids.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const NOW = Date.parse('2026-01-31T09:00:00Z');

async function open(settings?: Partial<RiskSettings>, database = new MemoryDatabase(new FakeClock())) {
  const events: unknown[] = [];
  const account = new AccountActor({
    ledger: new MemoryAccount(database),
    epoch: 0,
    limits: 'on',
    ...(settings === undefined ? {} : { settings: { ...DEFAULT_RISK_SETTINGS, ...settings } }),
    now: () => NOW,
    wallNow: () => NOW,
    onFenced: () => undefined,
    publish: ({ kind, body }) => events.push({ kind, body }),
  });
  await account.begin();
  const set = (limits: Record<string, number | string | null>, name = JSON.stringify(limits)) =>
    account.setLimits({ id: contentId('set', name), limits, reason: 'calm down' });
  return { account, database, events, set };
}

async function funded(settings?: Partial<RiskSettings>) {
  const opened = await open(settings);
  await opened.account.deposit({ id: contentId('in'), amount: parseDecimal('1000000') });
  return opened;
}

function ask(symbol: string, parts: Partial<EntryAsk> = {}): EntryAsk {
  return {
    id: contentId('entry', symbol),
    symbol,
    at: NOW,
    price: parseDecimal('100'),
    regimeSize: 1,
    volatility: { factor: 1, forecast: 1.2 },
    amount: null,
    minimumNotional: parseDecimal('5000'),
    feeRate: parseDecimal('0.0005'),
    haltedReason: null,
    pausedReason: null,
    lastEntryAt: null,
    ...parts,
  };
}

const granted = async (account: AccountActor, request: EntryAsk) => {
  const verdict = await account.reserve(request);
  return verdict.granted ? formatDecimal(verdict.amount) : verdict.denied.code;
};

describe('an entry', () => {
  it('is sized by the volatility the symbol forecasts', async () => {
    const { account } = await funded();
    expect(await granted(account, ask('A', { volatility: { factor: 0.5, forecast: 2.4 } }))).toBe('100000');
    expect(await granted(account, ask('B'))).toBe('200000');
    const tooMuch = ask('C', { amount: parseDecimal('100001'), volatility: { factor: 0.5, forecast: 2.4 } });
    expect(await granted(account, tooMuch)).toBe('ORDER_LIMIT');
  });

  it('takes its place among the entries of the day before it is on record', async () => {
    const { account, database } = await funded({ dailyEntriesMax: 2, positionsMax: 50 });
    database.riskDays.set('2026-01-31', { profit: 0n, entries: 1 });
    expect(await granted(account, ask('A'))).toBe('200000');
    expect(await granted(account, ask('B'))).toBe('DAILY_ENTRIES');
    // Asked again it is the same entry.
    expect(await granted(account, ask('A'))).toBe('200000');
    await account.release(ask('A').id);
    expect(await granted(account, ask('B'))).toBe('200000');
  });

  it('keeps to the limits the engine is configured with', async () => {
    const { account } = await funded({ orderShareMax: 0.1, positionsMax: 1 });
    expect(await granted(account, ask('A'))).toBe('100000');
    expect(await granted(account, ask('B'))).toBe('POSITIONS');
  });
});

describe('a person', () => {
  it('sets limits that hold from the next entry on, with a row and an event that say why', async () => {
    const { account, database, events, set } = await funded();
    const reply = await set({ orderShareMax: '5 %', cooldownMs: '4 h' });
    expect(reply).toMatchObject({
      ok: true,
      limits: { orderShareMax: 0.05, cooldownMs: 14_400_000, positionsMax: 5 },
      set: { orderShareMax: 0.05, cooldownMs: 14_400_000 },
      account: { limits: { enforced: true, orderShareMax: 0.05 } },
    });
    expect(await granted(account, ask('A'))).toBe('50000');
    expect([...database.journal.all()].at(-1)).toMatchObject({ symbol: 'account', kind: 'risk' });
    expect(events.at(-1)).toEqual({
      kind: 'risk',
      body: { command: 'limits', reason: 'calm down', limits: { cooldownMs: 14_400_000, orderShareMax: 0.05 } },
    });
  });

  it('finds them again after a restart, before what the engine is configured with', async () => {
    const { database, set } = await funded();
    await set({ positionsMax: 2, lossesInARowMax: 2 });
    const again = await open({ positionsMax: 9, dailyEntriesMax: 9 }, database);
    expect(await again.account.limits()).toMatchObject({
      limits: { positionsMax: 2, dailyEntriesMax: 9, lossesInARowMax: 2 },
      set: { positionsMax: 2, lossesInARowMax: 2 },
    });
    expect(database.lossesInARowMax).toBe(2);
    expect(await again.set({ positionsMax: null, lossesInARowMax: null })).toMatchObject({
      limits: { positionsMax: 9, lossesInARowMax: 3 },
      set: {},
    });
    expect(database.lossesInARowMax).toBe(3);
  });

  it('adds to the limits set before', async () => {
    const { set } = await funded();
    await set({ positionsMax: 2 });
    expect(await set({ dailyEntriesMax: 3 })).toMatchObject({ set: { positionsMax: 2, dailyEntriesMax: 3 } });
  });

  it('takes back what was granted and is not on record yet', async () => {
    const { account, database, set } = await funded();
    await account.reserve(ask('A'));
    await set({ positionsMax: 4 });
    expect(database.account.reserved).toBe(0n);
    expect(database.reservations.get(ask('A').id)).toMatchObject({ status: 'released' });
  });

  it('is told every problem at once, and nothing is changed', async () => {
    const { account, set } = await funded();
    const reply = await set({ positionsMax: 0, orderShareMax: 20, cooldownMs: '2 weeks', speed: 1 });
    expect(reply).toMatchObject({ ok: false, error: { code: 'INVALID' } });
    const message = JSON.stringify(reply);
    for (const name of ['positionsMax', 'orderShareMax', 'cooldownMs', 'no limit \\"speed\\"']) {
      expect(message).toContain(name);
    }
    expect(await account.limits()).toMatchObject({ limits: DEFAULT_RISK_SETTINGS, set: {} });
  });

  it('sets them once under one id, and not others under it', async () => {
    const { set } = await funded();
    await set({ positionsMax: 2 }, 'one');
    await set({ positionsMax: 7 }, 'two');
    expect(await set({ positionsMax: 2 }, 'one')).toMatchObject({ ok: true, set: { positionsMax: 7 } });
    expect(await set({ positionsMax: 3 }, 'one')).toMatchObject({ ok: false, error: { code: 'INVALID' } });
  });
});
