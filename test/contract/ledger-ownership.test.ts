/** Who gets what: claims, releases, symbols and halts, on every ledger. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDecimal } from '../../domain/money.ts';
import { claimed, claimOne, fund, id, LEASE_MS, order, owner, SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const A = owner('pod-a');
const B = owner('pod-b');

describe.each(LEDGERS)('ownership on $name', (implementation) => {
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
    await ledger.ownership.register(A, LEASE_MS);
    await ledger.ownership.register(B, LEASE_MS);
    await ledger.ownership.addSymbols(['ONE', 'TWO']);
  });

  const claim = async (by: typeof A, symbols: readonly string[]) =>
    (await ledger.ownership.claim(by, symbols)).positions.map(({ symbol, epoch }) => `${symbol}@${epoch}`).sort();

  it('gives a symbol that never changed without a state', async () => {
    expect((await ledger.ownership.claim(A, ['ONE'])).positions).toEqual([
      { symbol: 'ONE', epoch: 1, version: 0, position: { quantity: 0n, cost: 0n, realizedPnl: 0n }, durable: null },
    ]);
  });

  it('gives what is free or mine, under a new epoch each time, and nothing of a live other', async () => {
    expect(await claim(A, ['ONE', 'NOT-THERE', 'ONE'])).toEqual(['ONE@1']);
    expect(await claim(A, ['ONE'])).toEqual(['ONE@2']);
    expect(await claim(B, ['ONE', 'TWO'])).toEqual(['TWO@1']);
    expect((await ledger.ownership.view()).symbols).toEqual([
      { symbol: 'ONE', owner: 'pod-a', incarnation: A.incarnation, epoch: 2, mode: 'starting' },
      { symbol: 'TWO', owner: 'pod-b', incarnation: B.incarnation, epoch: 1, mode: 'starting' },
    ]);
  });

  it('gives what an expired incarnation owned, with quantity and state as committed', async () => {
    await fund(ledger, '100');
    const draft = await claimOne(ledger, 'ONE');
    await ledger.commit.commit([draft.buy({ quantity: '0.5', price: '100' }).group()]);
    await ledger.lapse(A);
    const [row] = (await ledger.ownership.claim(B, ['ONE'])).positions;
    expect(row).toMatchObject({ epoch: draft.epoch + 1, version: 1, position: draft.position });
    expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
  });

  it('gives nothing to a claimer whose own lease is over or was never there', async () => {
    await ledger.lapse(A);
    expect(await claim(A, ['ONE'])).toEqual([]);
    expect(await claim(owner('pod-c'), ['ONE'])).toEqual([]);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@1']);
  });

  it('lets a restarted Pod take over from its former life at once', async () => {
    await claim(A, ['ONE']);
    const next = owner('pod-a', 2);
    await ledger.ownership.register(next, LEASE_MS);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS, [])).toBeUndefined();
    expect(await claim(A, ['TWO'])).toEqual([]);
    expect(await claim(next, ['ONE'])).toEqual(['ONE@2']);
  });

  it('frees everything of a Pod that leaves, and only that life of it', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.leave(owner('pod-a', 2));
    expect(await claim(B, ['ONE'])).toEqual([]);
    await ledger.ownership.leave(A);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@2']);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS, [])).toBeUndefined();
  });

  it('releases what is mine and nothing else', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.release(B, ['ONE', 'TWO']);
    expect(await claim(B, ['ONE'])).toEqual([]);
    await ledger.ownership.release(A, ['ONE', 'TWO']);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@2']);
  });

  it('adds symbols once, however often it is asked', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.addSymbols(['THREE', 'ONE', 'THREE']);
    await ledger.ownership.addSymbols([]);
    expect((await ledger.ownership.view()).symbols.map(({ symbol, epoch }) => `${symbol}@${epoch}`)).toEqual([
      'ONE@1',
      'THREE@0',
      'TWO@0',
    ]);
  });

  it('removes a flat symbol: fenced, not listed, not claimable until it is added again', async () => {
    const draft = await claimOne(ledger, 'ONE');
    expect(await ledger.ownership.removeSymbol('ONE')).toMatchObject({ type: 'removed' });
    expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
    expect(await claim(A, ['ONE'])).toEqual([]);
    expect((await ledger.ownership.view()).symbols.map(({ symbol }) => symbol)).toEqual(['TWO']);
    await ledger.ownership.addSymbols(['ONE']);
    expect(await claim(B, ['ONE'])).toEqual([`ONE@${draft.epoch + 2}`]);
  });

  it('keeps a symbol with a position or an order that is not over', async () => {
    const [one, two] = (await claimed(ledger, ['ONE', 'TWO'])) as [SymbolDraft, SymbolDraft];
    await fund(ledger, '100');
    const waiting = order({ symbol: 'TWO', status: 'unknown' });
    await ledger.commit.commit([
      one.buy({ quantity: '0.00000001', price: '1' }).group(),
      two.note().group({ orders: [waiting] }),
    ]);
    expect(await ledger.ownership.removeSymbol('ONE')).toEqual({ type: 'busy' });
    expect(await ledger.ownership.removeSymbol('TWO')).toEqual({ type: 'busy' });
    expect(await ledger.ownership.removeSymbol('NOT-THERE')).toEqual({ type: 'unknown' });
    await ledger.commit.commit([two.note().group({ orders: [{ ...waiting, status: 'cancelled' }] })]);
    expect(await ledger.ownership.removeSymbol('TWO')).toMatchObject({ type: 'removed' });
    expect(await ledger.ownership.removeSymbol('TWO')).toEqual({ type: 'removed', event: undefined });
  });

  it('gives a singleton to one live incarnation at a time', async () => {
    for (const name of ['account', 'reporter']) {
      expect(await ledger.ownership.claimSingleton(A, name)).toMatchObject({ epoch: 1 });
      expect(await ledger.ownership.claimSingleton(B, name)).toBeUndefined();
      expect(await ledger.ownership.claimSingleton(A, name)).toMatchObject({ epoch: 2 });
    }
    await ledger.lapse(A);
    expect(await ledger.ownership.claimSingleton(A, 'account')).toBeUndefined();
    expect(await ledger.ownership.claimSingleton(B, 'account')).toMatchObject({ epoch: 3 });
  });

  it('takes a released singleton back from its owner only, and gives it to the next under a new epoch', async () => {
    await ledger.ownership.claimSingleton(A, 'account');
    expect(await ledger.ownership.releaseSingleton(B, 'account')).toBeUndefined();
    expect(await ledger.ownership.claimSingleton(B, 'account')).toBeUndefined();
    await ledger.ownership.releaseSingleton(A, 'account');
    expect((await ledger.ownership.view()).singletons).toEqual([
      { name: 'account', owner: null, incarnation: null, epoch: 1 },
    ]);
    expect(await ledger.ownership.claimSingleton(B, 'account')).toMatchObject({ epoch: 2 });
    expect((await ledger.ownership.view()).singletons).toEqual([
      { name: 'account', owner: 'pod-b', incarnation: B.incarnation, epoch: 2 },
    ]);
  });

  it('halts a symbol in the name of its owner, as a change of its own', async () => {
    const draft = await claimOne(ledger, 'ONE');
    expect(await ledger.ownership.haltSymbol('ONE', draft.epoch - 1, 'crashes', id('halt'))).toBe(false);
    expect(await ledger.ownership.haltSymbol('NOT-THERE', 0, 'crashes', id('halt'))).toBe(false);
    expect(await ledger.ownership.haltSymbol('ONE', draft.epoch, 'crashes', id('halt'))).toBe(true);
    expect(await ledger.ownership.haltSymbol('ONE', draft.epoch, 'crashes', id('halt'))).toBe(true);
    expect(await ledger.reader.journal('ONE', 0, 10)).toEqual([
      {
        symbol: 'ONE',
        seq: 1,
        id: id('halt'),
        kind: 'mode',
        at: expect.any(Number),
        fill: null,
        orderId: null,
        positionAfter: draft.position,
        request: null,
        body: '{"haltedReason":"crashes","by":"supervisor"}',
      },
    ]);
    expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
    const [row] = (await ledger.ownership.claim(A, ['ONE'])).positions;
    expect(row).toMatchObject({ version: 1, durable: { mode: 'halted', haltedReason: 'crashes', actor: 'null' } });
    expect(await ledger.ownership.haltSymbol('ONE', row?.epoch ?? 0, null, id('resume'))).toBe(true);
    expect((await ledger.ownership.claim(A, ['ONE'])).positions).toMatchObject([{ version: 2, durable: null }]);
  });

  it('keeps the rest of the state through a halt and its end', async () => {
    const draft = await claimOne(ledger, 'ONE');
    const durable = {
      mode: 'holding',
      regime: null,
      highWaterMark: parseDecimal('1.5'),
      openedAt: 0,
      pausedReason: null,
      haltedReason: null,
      actor: '{"a":1}',
    };
    await ledger.commit.commit([draft.note().group({ durableAfter: durable })]);
    await ledger.ownership.haltSymbol('ONE', draft.epoch, 'crashes', id('halt'));
    const [halted] = (await ledger.ownership.claim(A, ['ONE'])).positions;
    expect(halted?.durable).toEqual({ ...durable, mode: 'halted', haltedReason: 'crashes' });
    const next = new SymbolDraft(halted ?? draft);
    await ledger.commit.commit([next.note().group({ durableAfter: { ...durable, mode: 'flat' } })]);
    const { positions } = await ledger.ownership.claim(A, ['ONE']);
    expect(positions[0]?.durable).toEqual({ ...durable, mode: 'flat' });
  });
});
