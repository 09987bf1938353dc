/** The commit, on every ledger: outcomes by group, exact rows, nothing written that was not accepted. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import type { CommitGroup, DurableState } from '../../protocol/ports/ledger.ts';
import { AT, claimed, claimOne, fund, id, order, owner, type SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const ONE_COIN = { quantity: '1', price: '100' };

describe.each(LEDGERS)('commit on $name', (implementation) => {
  let server: LedgerServer;
  let ledger: Ledger;

  beforeAll(async () => {
    server = await implementation.start();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ledger = await server.fresh();
  });

  const outcomes = async (...groups: CommitGroup[]) => (await ledger.commit.commit(groups)).map(({ type }) => type);
  const cash = async () => (await ledger.account.read('2024-03-01')).cash;
  const stored = async (symbol: string) => ledger.reader.journal(symbol, 0, 10_000);

  it('stores every field of every change and gives it back exactly', async () => {
    await fund(ledger, '1000000');
    const draft = await claimOne(ledger);
    draft.buy({ quantity: '3.00000001', price: '33333.33333333', fee: '16.6666667', orderId: 'o-1' });
    draft.sell({ quantity: '1', price: '40000' }).note();
    const group = draft.group();
    expect(await outcomes(group)).toEqual(['committed']);
    expect(await stored('KRW-BTC')).toEqual(
      group.rows.map((row, index) => ({ ...row, symbol: 'KRW-BTC', seq: index + 1 })),
    );
    expect(await cash()).toBe(parseDecimal('1000000') + group.cashDelta);
    expect(await ledger.reader.journalRow('KRW-BTC', group.rows[1]?.id ?? '')).toEqual({
      ...group.rows[1],
      symbol: 'KRW-BTC',
      seq: 2,
    });
    expect(await ledger.reader.journalRow('KRW-ETH', group.rows[1]?.id ?? '')).toBeUndefined();
  });

  it('keeps a time before 1970 and a millisecond apart from its neighbours', async () => {
    const draft = await claimOne(ledger);
    const times = [-1, 0, 1, AT, AT + 1];
    for (const at of times) draft.buy({ ...ONE_COIN, at });
    expect(await outcomes(draft.group())).toEqual(['committed']);
    expect((await stored('KRW-BTC')).map((row) => row.at)).toEqual(times);
  });

  it('answers an empty batch with nothing', async () => {
    expect(await ledger.commit.commit([])).toEqual([]);
  });

  it('gives every group of a batch its own outcome, in order, and commits the rest', async () => {
    await fund(ledger, '1000');
    const symbols = ['S-9', 'S-1', 'S-5', 'S-3', 'S-7', 'S-2'];
    const [stale, behind, known, short, good, also] = (await claimed(ledger, symbols)) as [
      SymbolDraft,
      SymbolDraft,
      SymbolDraft,
      SymbolDraft,
      SymbolDraft,
      SymbolDraft,
    ];
    await ledger.commit.commit([known.buy({ ...ONE_COIN, id: id('same') }).group()]);
    const unknown = good.group({ symbol: 'S-0' });
    const result = await outcomes(
      stale.note().group({ epoch: stale.epoch - 1 }),
      behind.note().group({ expectedVersion: 1 }),
      known.note(id('same')).group(),
      short.buy(ONE_COIN).group({ cashNeeded: parseDecimal('900.00000001') }),
      unknown,
      good.note().note().group(),
      also.buy(ONE_COIN).group({ cashNeeded: parseDecimal('900') }),
    );
    expect(result).toEqual(['fenced', 'fenced', 'duplicate', 'insufficient', 'fenced', 'committed', 'committed']);
    expect(await cash()).toBe(parseDecimal('800'));
    const lengths = await Promise.all(symbols.map(async (symbol) => (await stored(symbol)).length));
    expect(lengths).toEqual([0, 0, 1, 0, 2, 1]);
  });

  it('fences the old owner from the moment of a claim, without a change', async () => {
    const draft = await claimOne(ledger);
    await claimOne(ledger);
    expect(await outcomes(draft.note().group())).toEqual(['fenced']);
    expect(await stored('KRW-BTC')).toEqual([]);
  });

  it('says fenced, not duplicate, to a writer without authority', async () => {
    const draft = await claimOne(ledger);
    await ledger.commit.commit([draft.note(id('same')).group()]);
    expect(await outcomes(draft.note(id('same')).group({ epoch: 99 }))).toEqual(['fenced']);
  });

  it('returns the stored rows of known ids and writes nothing of their group', async () => {
    await fund(ledger, '100000');
    const draft = await claimOne(ledger);
    const first = draft
      .buy({ ...ONE_COIN, fee: '0.05', id: id('a'), orderId: 'o' })
      .note(id('b'))
      .buy(ONE_COIN)
      .group();
    await ledger.commit.commit([first]);
    const before = await cash();
    const again = draft
      .note(id('b'))
      .buy(ONE_COIN)
      .note(id('a'))
      .group({ orders: [order()] });
    const [outcome] = await ledger.commit.commit([again]);
    expect(outcome).toEqual({
      type: 'duplicate',
      rows: [
        { ...first.rows[0], symbol: 'KRW-BTC', seq: 1 },
        { ...first.rows[1], symbol: 'KRW-BTC', seq: 2 },
      ],
    });
    expect(await stored('KRW-BTC')).toHaveLength(3);
    expect(await cash()).toBe(before);
    expect(await ledger.reader.order('order-1')).toBeUndefined();
  });

  it('takes the same id on two symbols, in one batch and one after the other', async () => {
    const [a, b, c] = (await claimed(ledger, ['A', 'B', 'C'])) as [SymbolDraft, SymbolDraft, SymbolDraft];
    expect(await outcomes(a.note(id('x')).group(), b.note(id('x')).group())).toEqual(['committed', 'committed']);
    expect(await outcomes(c.note(id('x')).group())).toEqual(['committed']);
  });

  it('hands out sequence numbers without gaps around refused groups', async () => {
    const draft = await claimOne(ledger);
    await ledger.commit.commit([draft.note().note().group()]);
    await ledger.commit.commit([draft.note().group({ cashNeeded: 1n })]);
    draft.version = 2;
    await ledger.commit.commit([draft.note().note().note().group()]);
    expect((await stored('KRW-BTC')).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it("lets an earlier sell's proceeds pay for a later group of the batch, not the other way round", async () => {
    const [seller, buyer] = (await claimed(ledger, ['SELL', 'BUY'])) as [SymbolDraft, SymbolDraft];
    await ledger.commit.commit([seller.buy(ONE_COIN).group({ cashDelta: 0n })]);
    const buy = () =>
      buyer
        .fork()
        .buy(ONE_COIN)
        .group({ cashNeeded: parseDecimal('100') });
    const sell = () => seller.fork().sell({ quantity: '0.5', price: '200' }).group();
    const [refused] = await ledger.commit.commit([buy()]);
    expect(refused).toEqual({ type: 'insufficient', freeCash: 0n });
    const [tooEarly, sold] = await ledger.commit.commit([buy(), sell()]);
    expect([tooEarly?.type, sold?.type]).toEqual(['insufficient', 'committed']);
    seller.version = 2;
    seller.position = { ...seller.position, quantity: parseDecimal('0.5'), cost: parseDecimal('50') };
    expect(await cash()).toBe(parseDecimal('100'));
    await ledger.commit.commit([buy()]);
    expect(await cash()).toBe(0n);
    buyer.version = 1;
    buyer.position = { ...buyer.position, quantity: parseDecimal('1'), cost: parseDecimal('100') };
    expect(await outcomes(sell(), buy())).toEqual(['committed', 'committed']);
  });

  it('upserts orders: what was ordered stays, what happened to it changes', async () => {
    const draft = await claimOne(ledger);
    const placed = order({ price: parseDecimal('123.45'), trigger: 5n, quantity: parseDecimal('2') });
    await ledger.commit.commit([draft.note().group({ orders: [placed, order({ clientOrderId: 'order-2' })] })]);
    expect(await ledger.reader.order('order-1')).toEqual(placed);
    const { reason: _, ...open } = {
      ...placed,
      status: 'open' as const,
      filledQuantity: 7n,
      filledNotional: 8n,
      fees: 9n,
    };
    await ledger.commit.commit([draft.note().group({ orders: [{ ...open, sendBefore: 0, price: 1n }] })]);
    expect(await ledger.reader.order('order-1')).toEqual(open);
    expect((await ledger.reader.openOrders(['KRW-BTC'])).map((found) => found.clientOrderId)).toEqual([
      'order-2',
      'order-1',
    ]);
    await ledger.commit.commit([draft.note().group({ orders: [{ ...open, status: 'filled' }] })]);
    expect((await ledger.reader.openOrders(['KRW-BTC'])).map((found) => found.clientOrderId)).toEqual(['order-2']);
    expect(await ledger.reader.openOrders(['KRW-ETH'])).toEqual([]);
  });

  it('keeps the durable state byte for byte, and the last one when it did not change', async () => {
    const draft = await claimOne(ledger);
    const durable: DurableState = {
      mode: 'holding',
      regime: 'BEAR',
      highWaterMark: parseDecimal('123.00000001'),
      openedAt: AT,
      pausedReason: 'a person said "no"',
      haltedReason: null,
      actor: '{"zz": 1.50, "a":{"long key":[ ]}}',
    };
    await ledger.commit.commit([draft.note().group({ durableAfter: durable })]);
    await ledger.commit.commit([draft.buy(ONE_COIN).group()]);
    const [row] = (await ledger.ownership.claim(owner('pod-a'), ['KRW-BTC'])).positions;
    expect(row).toEqual({ symbol: 'KRW-BTC', epoch: 2, version: 2, position: draft.position, durable });
    expect((await ledger.ownership.view()).symbols).toEqual([
      { symbol: 'KRW-BTC', owner: 'pod-a', incarnation: owner('pod-a').incarnation, epoch: 2, mode: 'holding' },
    ]);
  });

  it.each([
    ['a negative quantity', { positionAfter: { quantity: -1n, cost: 0n, realizedPnl: 0n } }],
    ['a negative cost', { positionAfter: { quantity: 0n, cost: -1n, realizedPnl: 0n } }],
  ])('rejects %s as a broken rule and writes nothing of the batch', async (_, broken) => {
    const [good, bad] = (await claimed(ledger, ['GOOD', 'BAD'])) as [SymbolDraft, SymbolDraft];
    await expect(ledger.commit.commit([good.note().group(), bad.note().group(broken)])).rejects.toThrow();
    expect(await stored('GOOD')).toEqual([]);
    expect(await stored('BAD')).toEqual([]);
  });

  it('records what a venue proved even below zero, and halts entries', async () => {
    await fund(ledger, '50');
    const draft = await claimOne(ledger);
    expect(await outcomes(draft.buy(ONE_COIN).group())).toEqual(['committed']);
    const state = await ledger.account.read('2024-03-01');
    expect(state.cash).toBe(parseDecimal('-50'));
    expect(state.haltedReason).toMatch('deficit');
  });

  it('does not undo a resume in a deficit unless the deficit grows', async () => {
    const epoch = await fund(ledger, '0');
    const draft = await claimOne(ledger);
    await ledger.commit.commit([draft.buy(ONE_COIN).group()]);
    const resume = { id: id('resume'), kind: 'risk', request: 'resume', at: AT };
    await ledger.account.apply(epoch, resume, () => ({ ok: true, haltedReason: null, body: {} }));
    await ledger.commit.commit([draft.sell({ quantity: '0.5', price: '100' }).group()]);
    expect((await ledger.account.read('2024-03-01')).haltedReason).toBeNull();
    await ledger.commit.commit([draft.buy({ quantity: '0.1', price: '100' }).group()]);
    expect((await ledger.account.read('2024-03-01')).haltedReason).toMatch('deficit');
  });

  it('takes 1,024 rows over 50 symbols in one call', async () => {
    await fund(ledger, '10000000');
    const drafts = await claimed(
      ledger,
      Array.from({ length: 50 }, (_, index) => `KRW-${index}`),
    );
    for (let row = 0; row < 1_024; row += 1) drafts[row % 50]?.buy(ONE_COIN);
    expect(new Set(await outcomes(...drafts.map((draft) => draft.group())))).toEqual(new Set(['committed']));
    expect(await cash()).toBe(parseDecimal('10000000') - parseDecimal('102400'));
    expect((await stored('KRW-0')).length).toBe(21);
    expect((await stored('KRW-49')).length).toBe(20);
  });
});
