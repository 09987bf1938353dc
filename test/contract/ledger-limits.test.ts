/** Limits in the ledger, on every ledger: an intent is judged again when it commits, and what a person sets is kept. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { AccountChange, IntentLimits, RiskChange } from '../../protocol/ports/ledger.ts';
import { AT, claimed, fund, id, type SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const DAY = '2024-03-01';
const HOUR_MS = 3_600_000;
/** One of each, so that everything counts. */
const LIMITS: IntentLimits = {
  at: AT,
  day: DAY,
  cooldownMs: 2 * HOUR_MS,
  dailyLossMax: parseDecimal('30.5'),
  dailyEntriesMax: 2,
  positionsMax: 2,
};

describe.each(LEDGERS)('limits on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;
  let epoch: number;
  let entering: SymbolDraft;
  let other: SymbolDraft;
  let third: SymbolDraft;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
    epoch = await fund(ledger, '1000');
    [entering, other, third] = (await claimed(ledger, ['KRW-BTC', 'KRW-ETH', 'KRW-XRP'])) as [
      SymbolDraft,
      SymbolDraft,
      SymbolDraft,
    ];
  });

  const reserve = (limits: IntentLimits | undefined, name = 'entry', symbol = 'KRW-BTC') => {
    const amount = parseDecimal('100');
    const granted = { granted: true, amount, reserve: amount } as const;
    return ledger.account.reserve(epoch, { id: name, symbol, at: AT }, DAY, () =>
      limits === undefined ? granted : { ...granted, limits },
    );
  };
  const use = async () =>
    (await ledger.commit.commit([entering.note().group({ reservations: [{ id: 'entry', action: 'use' }] })]))[0];
  const counted = (risk: Partial<RiskChange>) =>
    ledger.commit.commit([other.note().group({ risk: { day: DAY, profit: 0n, entries: 0, closed: [], ...risk } })]);
  const lost = (at: number) => ({ profit: -1n, at });
  const apply = (name: string, change: Partial<AccountChange>, releasesHeld = false) =>
    ledger.account.apply(epoch, { id: id(name), kind: 'risk', request: name, at: AT, releasesHeld }, () => ({
      ok: true,
      body: {},
      ...(change as object),
    }));
  const state = () => ledger.account.read(DAY);

  it('let an intent through while none is reached', async () => {
    await counted({ profit: parseDecimal('-30.49999999'), entries: 1, closed: [lost(AT), lost(AT)] });
    await ledger.commit.commit([third.buy({ quantity: '1', price: '1' }).group({ cashNeeded: 1n })]);
    await reserve(LIMITS);
    expect(await use()).toEqual({ type: 'committed' });
  });

  it('refuse an intent when the loss of the day came to its limit meanwhile', async () => {
    await reserve(LIMITS);
    await counted({ profit: parseDecimal('-30.5') });
    const reason = 'the realized loss of the day has reached its limit: -30.5 of -30.5';
    expect(await use()).toEqual({ type: 'refused', code: 'DAILY_LOSS', reason });
    expect(await state()).toMatchObject({ reserved: parseDecimal('100'), reservations: [{ status: 'held' }] });
  });

  it('refuse an intent when the entries of the day were used up meanwhile', async () => {
    await reserve(LIMITS);
    await counted({ entries: 2 });
    const reason = 'the entries of the day are used up: 2 of 2';
    expect(await use()).toEqual({ type: 'refused', code: 'DAILY_ENTRIES', reason });
  });

  it('refuse an intent when losing trades started the cooldown meanwhile', async () => {
    await reserve(LIMITS);
    await counted({ closed: [lost(AT - 3), lost(AT - 2), lost(AT - 1)] });
    const reason = 'the account cools down after losing trades in a row, since 2024-03-01T12:34:56.788Z';
    expect(await use()).toEqual({ type: 'refused', code: 'COOLDOWN', reason });
  });

  it('let an intent through when the cooldown is over at its time', async () => {
    await counted({ closed: [lost(AT - 2 * HOUR_MS), lost(AT - 2 * HOUR_MS), lost(AT - 2 * HOUR_MS)] });
    await reserve(LIMITS);
    expect(await use()).toEqual({ type: 'committed' });
  });

  it('refuse an intent when other symbols took the last place meanwhile, by a position or an open entry', async () => {
    await reserve(LIMITS);
    await ledger.commit.commit([other.buy({ quantity: '1', price: '1' }).group({ cashNeeded: 1n })]);
    await reserve(undefined, 'another', 'KRW-XRP');
    const reason = 'there are as many positions and open entries as allowed: 2 of 2';
    expect(await use()).toEqual({ type: 'refused', code: 'POSITIONS', reason });
  });

  it('count a symbol with a position and an entry once, and the entering one not at all', async () => {
    await reserve(LIMITS);
    await ledger.commit.commit([other.buy({ quantity: '1', price: '1' }).group({ cashNeeded: 1n })]);
    await reserve(undefined, 'another', 'KRW-ETH');
    expect(await use()).toEqual({ type: 'committed' });
  });

  it('are not looked at when they are not enforced', async () => {
    await reserve(undefined);
    await counted({ profit: parseDecimal('-999'), entries: 99, closed: [lost(AT), lost(AT), lost(AT)] });
    expect(await use()).toEqual({ type: 'committed' });
  });

  it('are those of the last time a reservation was asked for', async () => {
    await counted({ entries: 2 });
    await reserve({ ...LIMITS, dailyEntriesMax: 3 });
    await reserve(LIMITS);
    expect(await use()).toMatchObject({ type: 'refused', code: 'DAILY_ENTRIES' });
  });

  it('that a person sets are kept, and nothing that was granted before is used any more', async () => {
    await reserve(LIMITS);
    await reserve(LIMITS, 'another', 'KRW-ETH');
    await apply('set', { limits: { positionsMax: 3 } }, true);
    expect(await state()).toMatchObject({ limits: { positionsMax: 3 }, reserved: 0n, reservations: [] });
    expect(await use()).toMatchObject({ type: 'refused', code: 'EXPIRED' });
    await apply('pause', { pausedReason: 'lunch' });
    expect(await state()).toMatchObject({ limits: { positionsMax: 3 }, pausedReason: 'lunch' });
    await apply('unset', { limits: {} }, true);
    expect((await state()).limits).toEqual({});
  });

  it('leave a reservation that is in use alone', async () => {
    await reserve(LIMITS);
    expect(await use()).toEqual({ type: 'committed' });
    await apply('set', { limits: { positionsMax: 1 } }, true);
    expect(await state()).toMatchObject({ reserved: parseDecimal('100'), reservations: [{ status: 'used' }] });
  });

  it('release nothing when the command is refused or known', async () => {
    await apply('set', { limits: { positionsMax: 3 } }, true);
    await reserve(LIMITS);
    expect(await apply('set', { limits: {} }, true)).toMatchObject({ type: 'duplicate' });
    const refused = { ok: false, code: 'INVALID', message: 'no' } as unknown as Partial<AccountChange>;
    expect(await apply('other', refused, true)).toMatchObject({ type: 'refused' });
    expect(await state()).toMatchObject({ reserved: parseDecimal('100'), limits: { positionsMax: 3 } });
  });

  it('say how many losing trades start the cooldown', async () => {
    await ledger.account.setLossesInARowMax(epoch, 2);
    await counted({ closed: [lost(AT), lost(AT + 1)] });
    expect(await state()).toMatchObject({ lossesInRow: 0, cooldownFrom: AT + 1 });
    await ledger.account.setLossesInARowMax(epoch - 1, 1);
    await counted({ closed: [lost(AT + 2)] });
    expect(await state()).toMatchObject({ lossesInRow: 1, cooldownFrom: AT + 1 });
  });

  it('come with a flatten that is remembered until it is done', async () => {
    const flatten = { id: id('flatten'), reason: 'leaving', by: 'kim', symbols: ['KRW-BTC', 'KRW-ETH'] };
    await apply('flatten', { flatten });
    await apply('pause', { pausedReason: 'leaving' });
    expect((await state()).flatten).toEqual(flatten);
    await apply('flattened', { flatten: null });
    expect((await state()).flatten).toBeNull();
  });
});
