/** The account's own commands and reservations, on every ledger. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { AccountChange, AccountState, EntryVerdict } from '../../protocol/ports/ledger.ts';
import { AT, claimOne, fund, id, owner } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const DAY = '2024-03-01';
const DENIED: EntryVerdict = {
  granted: false,
  denied: { code: 'CASH', message: 'free cash does not cover the order', details: { limit: '1' } },
};

function grant(reserve: string): EntryVerdict {
  return { granted: true, amount: parseDecimal(reserve) - 1n, reserve: parseDecimal(reserve) };
}

describe.each(LEDGERS)('the account on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;
  let epoch: number;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
    epoch = await fund(ledger, '1000');
  });

  const state = () => ledger.account.read(DAY);
  const command = (name: string, request = name) => ({ id: id(name), kind: 'cash', request, at: AT });
  const ask = (name: string) => ({ id: name, symbol: 'KRW-BTC', at: AT });
  const change =
    (parts: Partial<AccountChange> = {}) =>
    (): AccountChange =>
      ({ ok: true, body: { told: '한글 "quoted"' }, ...parts }) as AccountChange;

  it('starts empty', async () => {
    ledger = await server.fresh();
    expect(await state()).toEqual({
      cash: 0n,
      reserved: 0n,
      deposits: 0n,
      withdrawals: 0n,
      version: 0,
      pausedReason: null,
      haltedReason: null,
      limits: {},
      flatten: null,
      lossesInRow: 0,
      cooldownFrom: null,
      referenceEquity: null,
      referenceDay: null,
      referenceNetDeposits: null,
      day: null,
      positions: [],
      reservations: [],
    } satisfies AccountState);
  });

  it('deposits and withdraws to the last unit and says what it was', async () => {
    const deposit = await ledger.account.apply(epoch, command('in'), change({ cashDelta: 1n }));
    expect(deposit).toEqual({ type: 'committed', seq: 2, body: '{"told":"한글 \\"quoted\\""}', state: await state() });
    await ledger.account.apply(epoch, command('out'), change({ cashDelta: -parseDecimal('400.00000002') }));
    expect(await state()).toMatchObject({
      cash: parseDecimal('599.99999999'),
      deposits: parseDecimal('1000.00000001'),
      withdrawals: parseDecimal('400.00000002'),
      version: 3,
    });
    expect(
      (await ledger.reader.journal('account', 0, 10)).map(({ seq, kind, at, request }) => [seq, kind, at, request]),
    ).toEqual([
      [1, 'cash', AT, 'deposit|100000000000'],
      [2, 'cash', AT, 'in'],
      [3, 'cash', AT, 'out'],
    ]);
  });

  it('stores nothing of a refusal, so that the same id may be tried again', async () => {
    const refusal: AccountChange = { ok: false, code: 'INSUFFICIENT', message: 'only 1 is free' };
    expect(await ledger.account.apply(epoch, command('out'), () => refusal)).toEqual({
      type: 'refused',
      code: 'INSUFFICIENT',
      message: 'only 1 is free',
    });
    expect(await ledger.account.apply(epoch, command('out'), change())).toMatchObject({ type: 'committed', seq: 2 });
  });

  it('answers a known id with what was stored and does not decide again', async () => {
    await ledger.account.apply(epoch, command('in'), change({ cashDelta: 5n }));
    const again = await ledger.account.apply(epoch, command('in', 'another body'), () => {
      throw new Error('decided again');
    });
    expect(again).toEqual({
      type: 'duplicate',
      request: 'in',
      body: '{"told":"한글 \\"quoted\\""}',
      state: await state(),
    });
    expect((await state()).cash).toBe(parseDecimal('1000') + 5n);
  });

  it('rolls back when the decision itself breaks, and goes on working', async () => {
    const broken = () => {
      throw new RangeError('a bug in the decision');
    };
    await expect(ledger.account.apply(epoch, command('in'), broken)).rejects.toThrow(RangeError);
    await expect(ledger.account.reserve(epoch, ask('r'), DAY, broken)).rejects.toThrow(RangeError);
    expect(await state()).toMatchObject({ version: 1, reserved: 0n });
  });

  it('never lets a command take cash below zero, whatever was decided', async () => {
    const broken = ledger.account.apply(epoch, command('out'), change({ cashDelta: -parseDecimal('1000.00000001') }));
    await expect(broken).rejects.toThrow();
    expect(await state()).toMatchObject({ cash: parseDecimal('1000'), version: 1 });
  });

  it('lets deposits pay a deficit back in parts', async () => {
    const draft = await claimOne(ledger);
    await ledger.commit.commit([draft.buy({ quantity: '11', price: '100' }).group()]);
    await ledger.account.apply(epoch, command('some'), change({ cashDelta: parseDecimal('40') }));
    expect((await state()).cash).toBe(parseDecimal('-60'));
    await ledger.account.apply(epoch, command('rest'), change({ cashDelta: parseDecimal('60') }));
    expect((await state()).cash).toBe(0n);
    await expect(ledger.account.apply(epoch, command('out'), change({ cashDelta: -1n }))).rejects.toThrow();
  });

  it('pauses, halts and resumes, and leaves alone what is not named', async () => {
    await ledger.account.apply(epoch, command('pause'), change({ pausedReason: 'a' }));
    await ledger.account.apply(epoch, command('halt'), change({ haltedReason: 'b' }));
    expect(await state()).toMatchObject({ pausedReason: 'a', haltedReason: 'b' });
    await ledger.account.apply(epoch, command('resume'), change({ pausedReason: null, haltedReason: null }));
    expect(await state()).toMatchObject({ pausedReason: null, haltedReason: null });
  });

  it('refuses every write of an owner whose epoch is past', async () => {
    const never = (): never => {
      throw new Error('decided without authority');
    };
    await ledger.ownership.claimSingleton(owner('pod-a'), 'account');
    expect(await ledger.account.apply(epoch, command('in'), never)).toEqual({ type: 'fenced' });
    expect(await ledger.account.reserve(epoch, ask('r'), DAY, never)).toBe('fenced');
    await ledger.account.setReference(epoch, DAY, 1n);
    expect(await state()).toMatchObject({ version: 1, reserved: 0n, referenceEquity: null });
  });

  it('shows the decision what is held, what is reserved and what the day brought', async () => {
    const draft = await claimOne(ledger);
    const risk = { day: DAY, profit: -5n, entries: 2, closed: [] };
    await ledger.commit.commit([draft.buy({ quantity: '2', price: '100', fee: '1' }).group({ risk })]);
    await ledger.account.reserve(epoch, { ...ask('r1'), symbol: 'KRW-ETH' }, DAY, () => grant('50'));
    let seen: AccountState | undefined;
    await ledger.account.reserve(epoch, ask('r2'), DAY, (given) => {
      seen = given;
      return DENIED;
    });
    expect(seen).toEqual({
      cash: parseDecimal('799'),
      reserved: parseDecimal('50'),
      deposits: parseDecimal('1000'),
      withdrawals: 0n,
      version: 1,
      pausedReason: null,
      haltedReason: null,
      limits: {},
      flatten: null,
      lossesInRow: 0,
      cooldownFrom: null,
      referenceEquity: null,
      referenceDay: null,
      referenceNetDeposits: null,
      day: { day: DAY, profit: -5n, entries: 2 },
      positions: [{ symbol: 'KRW-BTC', quantity: parseDecimal('2'), cost: parseDecimal('200') }],
      reservations: [{ id: 'r1', symbol: 'KRW-ETH', remaining: parseDecimal('50'), status: 'held' }],
    });
  });

  it('reserves once when asked twice, deciding again without the first', async () => {
    expect(await ledger.account.reserve(epoch, ask('r'), DAY, () => grant('600'))).toEqual(grant('600'));
    const again = await ledger.account.reserve(epoch, ask('r'), DAY, (given) => {
      expect(given).toMatchObject({ reserved: 0n, reservations: [] });
      return grant('500');
    });
    expect(again).toEqual(grant('500'));
    expect(await state()).toMatchObject({
      reserved: parseDecimal('500'),
      reservations: [{ remaining: parseDecimal('500') }],
    });
  });

  it('frees the first when asked twice and denied the second time', async () => {
    await ledger.account.reserve(epoch, ask('r'), DAY, () => grant('600'));
    expect(await ledger.account.reserve(epoch, ask('r'), DAY, () => DENIED)).toEqual(DENIED);
    expect(await state()).toMatchObject({ reserved: 0n, reservations: [] });
  });

  it('denies a late copy of a question whose reservation is in use, and touches nothing', async () => {
    const draft = await claimOne(ledger);
    await ledger.account.reserve(epoch, ask('r'), DAY, () => grant('600'));
    await ledger.commit.commit([draft.note().group({ reservations: [{ id: 'r', action: 'use' }] })]);
    const late = await ledger.account.reserve(epoch, ask('r'), DAY, () => grant('600'));
    expect(late).toMatchObject({ granted: false, denied: { code: 'DUPLICATE' } });
    expect(await state()).toMatchObject({ reserved: parseDecimal('600'), reservations: [{ status: 'used' }] });
  });

  it('releases what is held, once, and nothing in use', async () => {
    const draft = await claimOne(ledger);
    await ledger.account.reserve(epoch, ask('r1'), DAY, () => grant('100'));
    await ledger.account.reserve(epoch, ask('r2'), DAY, () => grant('200'));
    await ledger.commit.commit([draft.note().group({ reservations: [{ id: 'r2', action: 'use' }] })]);
    await ledger.account.release('r1');
    await ledger.account.release('r1');
    await ledger.account.release('r2');
    await ledger.account.release('never asked');
    expect(await state()).toMatchObject({ reserved: parseDecimal('200') });
    expect(await ledger.reader.heldReservations(['KRW-BTC', 'X'])).toEqual([
      { id: 'r2', symbol: 'KRW-BTC', remaining: parseDecimal('200'), status: 'used' },
    ]);
    expect(await ledger.reader.heldReservations(['X'])).toEqual([]);
    expect(await ledger.account.reserve(epoch, ask('r1'), DAY, () => grant('100'))).toEqual(grant('100'));
    expect(await state()).toMatchObject({ reserved: parseDecimal('300') });
  });

  it("fixes a day's reference equity once and never goes back", async () => {
    await ledger.account.setReference(epoch, DAY, 5n);
    await ledger.account.setReference(epoch, DAY, 6n);
    await ledger.account.setReference(epoch, '2024-02-29', 7n);
    expect(await state()).toMatchObject({ referenceEquity: 5n, referenceDay: DAY });
    await ledger.account.setReference(epoch, '2024-03-02', 8n);
    expect(await state()).toMatchObject({ referenceEquity: 8n, referenceDay: '2024-03-02' });
  });

  it('keeps what had been paid in when the reference was fixed', async () => {
    await ledger.account.apply(epoch, command('out'), change({ cashDelta: -parseDecimal('400') }));
    await ledger.account.setReference(epoch, DAY, 5n);
    await ledger.account.apply(epoch, command('in'), change({ cashDelta: parseDecimal('50') }));
    expect(await state()).toMatchObject({ referenceNetDeposits: parseDecimal('600') });
    await ledger.account.setReference(epoch, '2024-03-02', 8n);
    expect(await state()).toMatchObject({ referenceNetDeposits: parseDecimal('650') });
  });
});
