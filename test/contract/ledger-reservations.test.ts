/** Reservations and risk counters inside a commit, on every ledger. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal, type Units } from '../../domain/money.ts';
import { afterTrade, newCounters } from '../../domain/risk.ts';
import type { CommitGroup, EntryVerdict, RiskChange } from '../../protocol/ports/ledger.ts';
import { AT, claimed, claimOne, fund, id, type SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const DAY = '2024-03-01';

function grant(amount: Units): EntryVerdict {
  return { granted: true, amount, reserve: amount };
}

describe.each(LEDGERS)('reservations and risk on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;
  let epoch: number;
  let draft: SymbolDraft;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
    epoch = await fund(ledger, '1000');
    draft = await claimOne(ledger);
  });

  const state = () => ledger.account.read(DAY);
  const outcome = async (group: CommitGroup) => (await ledger.commit.commit([group]))[0];
  const use = (name = 'entry') =>
    draft
      .fork()
      .note()
      .group({ reservations: [{ id: name, action: 'use' }] });
  const reserve = (amount: string, name = 'entry', symbol = 'KRW-BTC') =>
    ledger.account.reserve(epoch, { id: name, symbol, at: AT }, DAY, () => grant(parseDecimal(amount)));
  const command = (name: string, change: { pausedReason?: string; haltedReason?: string }) =>
    ledger.account.apply(epoch, { id: id(name), kind: 'risk', request: name, at: AT }, () => ({
      ok: true,
      ...change,
      body: {},
    }));

  it('turns held into used once', async () => {
    await reserve('600');
    const first = use();
    expect(await outcome(first)).toEqual({ type: 'committed' });
    expect((await state()).reservations).toEqual([
      { id: 'entry', symbol: 'KRW-BTC', remaining: parseDecimal('600'), status: 'used' },
    ]);
    draft.version += 1;
    expect(await outcome(use())).toEqual({ type: 'refused', code: 'EXPIRED', reason: 'the reservation was released' });
    expect(await ledger.reader.journal('KRW-BTC', 0, 10)).toHaveLength(1);
  });

  it('refuses a reservation that was released or never made', async () => {
    await reserve('600');
    await ledger.account.release('entry');
    expect(await outcome(use())).toMatchObject({ type: 'refused', code: 'EXPIRED' });
    expect(await outcome(use('nobody asked'))).toMatchObject({ type: 'refused', code: 'EXPIRED' });
  });

  it('frees what a question that came too late has left, when the symbol asks again', async () => {
    await reserve('600', 'too late');
    await reserve('100', 'of another', 'KRW-ETH');
    await ledger.account.reserve(epoch, { id: 'entry', symbol: 'KRW-BTC', at: AT }, DAY, (seen) => {
      // Judged as if it were not there: neither its cash nor its place are taken.
      expect(seen.reserved).toBe(parseDecimal('100'));
      expect(seen.reservations.map(({ id: name }) => name)).toEqual(['of another']);
      return grant(parseDecimal('900'));
    });
    expect((await state()).reserved).toBe(parseDecimal('1000'));
    expect((await state()).reservations.map(({ id: name }) => name)).toEqual(['entry', 'of another']);
  });

  it('is freed with its symbol, when that is removed', async () => {
    await reserve('600');
    await reserve('100', 'of another', 'KRW-ETH');
    expect(await ledger.ownership.removeSymbol('KRW-BTC')).toMatchObject({ type: 'removed' });
    expect((await state()).reserved).toBe(parseDecimal('100'));
    expect((await state()).reservations.map(({ id: name }) => name)).toEqual(['of another']);
  });

  it('refuses it with the reason when entries were paused or halted meanwhile, halt first', async () => {
    await reserve('600');
    await command('pause', { pausedReason: 'stale data: wait' });
    expect(await outcome(use())).toEqual({ type: 'refused', code: 'PAUSED', reason: 'stale data: wait' });
    await command('halt', { haltedReason: 'kill switch' });
    expect(await outcome(use())).toEqual({ type: 'refused', code: 'HALTED', reason: 'kill switch' });
    expect((await state()).reserved).toBe(parseDecimal('600'));
  });

  it('settles a used reservation down to what remains, and closes it at the end', async () => {
    await reserve('600');
    await outcome(use());
    draft.version += 1;
    draft.buy({ quantity: '2', price: '100' });
    const settle = (remaining: string, final: boolean) =>
      draft.group({ reservations: [{ id: 'entry', action: 'settle', remaining: parseDecimal(remaining), final }] });
    expect(await outcome(settle('400', false))).toEqual({ type: 'committed' });
    expect(await state()).toMatchObject({ cash: parseDecimal('800'), reserved: parseDecimal('400') });
    draft.buy({ quantity: '3', price: '100' });
    expect(await outcome(settle('0', true))).toEqual({ type: 'committed' });
    expect(await state()).toMatchObject({ cash: parseDecimal('500'), reserved: 0n, reservations: [] });
    draft.note();
    await outcome(settle('100', false));
    expect((await state()).reserved).toBe(0n);
  });

  it('does not settle what was never used', async () => {
    await reserve('600');
    draft.note();
    await outcome(draft.group({ reservations: [{ id: 'entry', action: 'settle', remaining: 0n, final: true }] }));
    expect(await state()).toMatchObject({ reserved: parseDecimal('600') });
  });

  it('does not count reserved cash as free, and frees it for later groups of the batch', async () => {
    const drafts = (await claimed(ledger, ['KRW-BTC', 'OTHER'])) as [SymbolDraft, SymbolDraft];
    const other = drafts[1];
    draft = drafts[0];
    await reserve('600');
    await outcome(use());
    draft.version += 1;
    const buy = () =>
      other
        .fork()
        .buy({ quantity: '5', price: '100' })
        .group({ cashNeeded: parseDecimal('500') });
    expect(await outcome(buy())).toEqual({ type: 'insufficient', freeCash: parseDecimal('400') });
    const close = draft.note().group({ reservations: [{ id: 'entry', action: 'settle', remaining: 0n, final: true }] });
    expect((await ledger.commit.commit([close, buy()])).map(({ type }) => type)).toEqual(['committed', 'committed']);
    expect(await state()).toMatchObject({ cash: parseDecimal('500'), reserved: 0n });
  });

  it('frees nothing when its own group is refused', async () => {
    await reserve('600');
    await reserve('100', 'second', 'KRW-ETH');
    await outcome(use());
    draft.version += 1;
    const mixed = draft.note().group({
      reservations: [
        { id: 'entry', action: 'settle', remaining: 0n, final: true },
        { id: 'gone', action: 'use' },
      ],
    });
    expect(await outcome(mixed)).toMatchObject({ type: 'refused' });
    expect((await state()).reserved).toBe(parseDecimal('700'));
  });

  it('counts profit and entries on their UTC market day', async () => {
    const risk = (day: string, profit: string, entries: number): RiskChange => ({
      day,
      profit: parseDecimal(profit),
      entries,
      closed: [],
    });
    await outcome(draft.note().group({ risk: risk('2024-03-01', '10.5', 1) }));
    await outcome(draft.note().group({ risk: risk('2024-03-01', '-20.25', 2) }));
    await outcome(draft.note().group({ risk: risk('2024-02-29', '1', 1) }));
    expect((await ledger.account.read('2024-03-01')).day).toEqual({
      day: '2024-03-01',
      profit: parseDecimal('-9.75'),
      entries: 3,
    });
    expect((await ledger.account.read('2024-02-29')).day).toEqual({
      day: '2024-02-29',
      profit: parseDecimal('1'),
      entries: 1,
    });
    expect((await ledger.account.read('2024-03-02')).day).toBeNull();
  });

  it('starts the cooldown exactly where the domain does, over several trades a commit', async () => {
    const profits = fc.array(fc.constantFrom(-1n, 0n, 1n), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(profits, { maxLength: 12 }), async (commits) => {
        ledger = await server.fresh();
        draft = await claimOne(ledger);
        let counters = newCounters(AT);
        let at = AT;
        for (const profitsOfCommit of commits) {
          const closed = profitsOfCommit.map((profit) => {
            at += 1_001;
            return { profit, at };
          });
          for (const trade of closed) counters = afterTrade(counters, trade.profit, trade.at);
          const profit = profitsOfCommit.reduce<Units>((sum, value) => sum + value, 0n);
          await outcome(draft.note().group({ risk: { day: DAY, profit, entries: 0, closed } }));
        }
        const account = await state();
        expect(account.lossesInRow).toBe(counters.lossesInARow);
        expect(account.cooldownFrom).toBe(counters.cooldownSince ?? null);
        expect(account.day?.profit ?? 0n).toBe(counters.realizedToday);
      }),
      { numRuns: 25 },
    );
  });
});
