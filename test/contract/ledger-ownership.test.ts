/** Leases, claims and singletons, on every ledger. */
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
    (await ledger.ownership.claim(by, symbols)).map(({ symbol, epoch }) => `${symbol}@${epoch}`).sort();

  it('gives a symbol that never changed without a state', async () => {
    expect(await ledger.ownership.claim(A, ['ONE'])).toEqual([
      { symbol: 'ONE', epoch: 1, version: 0, position: { quantity: 0n, cost: 0n, realizedPnl: 0n }, durable: null },
    ]);
  });

  it('gives what is free or mine, under a new epoch each time, and nothing of a live other', async () => {
    expect(await claim(A, ['ONE', 'NOT-THERE', 'ONE'])).toEqual(['ONE@1']);
    expect(await claim(A, ['ONE'])).toEqual(['ONE@2']);
    expect(await claim(B, ['ONE', 'TWO'])).toEqual(['TWO@1']);
    expect(await ledger.ownership.symbols()).toEqual([
      { symbol: 'ONE', owner: 'pod-a', epoch: 2, mode: 'starting' },
      { symbol: 'TWO', owner: 'pod-b', epoch: 1, mode: 'starting' },
    ]);
  });

  it('gives what an expired incarnation owned, with quantity and state as committed', async () => {
    await fund(ledger, '100');
    const draft = await claimOne(ledger, 'ONE');
    await ledger.commit.commit([draft.buy({ quantity: '0.5', price: '100' }).group()]);
    await ledger.lapse(A);
    const [row] = await ledger.ownership.claim(B, ['ONE']);
    expect(row).toMatchObject({ epoch: draft.epoch + 1, version: 1, position: draft.position });
    expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
  });

  it('gives nothing to a claimer whose own lease is over or was never there', async () => {
    await ledger.lapse(A);
    expect(await claim(A, ['ONE'])).toEqual([]);
    expect(await claim(owner('pod-c'), ['ONE'])).toEqual([]);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@1']);
  });

  it('renews a lease that runs, never one that ran out: that Pod has to join again', async () => {
    expect(await ledger.ownership.heartbeat(A, LEASE_MS)).toBe(true);
    await ledger.lapse(A);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS)).toBe(false);
    await ledger.ownership.register(A, LEASE_MS);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS)).toBe(true);
    expect(await claim(A, ['ONE'])).toEqual(['ONE@1']);
  });

  it('lets a restarted Pod take over from its former life at once', async () => {
    await claim(A, ['ONE']);
    const next = owner('pod-a', 2);
    await ledger.ownership.register(next, LEASE_MS);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS)).toBe(false);
    expect(await claim(A, ['TWO'])).toEqual([]);
    expect(await claim(next, ['ONE'])).toEqual(['ONE@2']);
  });

  it('frees everything of a Pod that leaves, and only that life of it', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.leave(owner('pod-a', 2));
    expect(await claim(B, ['ONE'])).toEqual([]);
    await ledger.ownership.leave(A);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@2']);
    expect(await ledger.ownership.heartbeat(A, LEASE_MS)).toBe(false);
  });

  it('releases what is mine and nothing else', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.release(B, ['ONE', 'TWO']);
    expect(await claim(B, ['ONE'])).toEqual([]);
    await ledger.ownership.release(A, ['ONE', 'TWO']);
    expect(await claim(B, ['ONE'])).toEqual(['ONE@2']);
  });

  it('lists Pods with their lease, their symbols and whether they drain', async () => {
    await claim(A, ['ONE', 'TWO']);
    await ledger.ownership.setDraining(B);
    await ledger.ownership.setDraining(owner('pod-a', 2));
    await ledger.lapse(B);
    const pods = await ledger.ownership.pods();
    expect(pods).toEqual([
      { ...A, draining: false, live: true, symbols: 2, heartbeatAgeMs: expect.any(Number) },
      { ...B, draining: true, live: false, symbols: 0, heartbeatAgeMs: expect.any(Number) },
    ]);
    for (const pod of pods) expect(pod.heartbeatAgeMs).toBeGreaterThanOrEqual(0);
  });

  it('records who claimed what in the journal of the cluster', async () => {
    await ledger.ownership.claim(A, ['ONE']);
    await ledger.ownership.claim(A, ['NOT-THERE']);
    await ledger.ownership.claim(A, ['ONE']);
    const rows = await ledger.reader.journal('cluster', 0, 10);
    expect(rows.map(({ seq, kind, body }) => [seq, kind, JSON.parse(body ?? '')])).toEqual([
      [1, 'ownership', { ...A, claimed: [{ symbol: 'ONE', epoch: 1 }] }],
      [2, 'ownership', { ...A, claimed: [{ symbol: 'ONE', epoch: 2 }] }],
    ]);
  });

  it('adds symbols once, however often it is asked', async () => {
    await claim(A, ['ONE']);
    await ledger.ownership.addSymbols(['THREE', 'ONE', 'THREE']);
    await ledger.ownership.addSymbols([]);
    expect((await ledger.ownership.symbols()).map(({ symbol, epoch }) => `${symbol}@${epoch}`)).toEqual([
      'ONE@1',
      'THREE@0',
      'TWO@0',
    ]);
  });

  it('removes a flat symbol: fenced, not listed, not claimable until it is added again', async () => {
    const draft = await claimOne(ledger, 'ONE');
    expect(await ledger.ownership.removeSymbol('ONE')).toBe(true);
    expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
    expect(await claim(A, ['ONE'])).toEqual([]);
    expect((await ledger.ownership.symbols()).map(({ symbol }) => symbol)).toEqual(['TWO']);
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
    expect(await ledger.ownership.removeSymbol('ONE')).toBe(false);
    expect(await ledger.ownership.removeSymbol('TWO')).toBe(false);
    expect(await ledger.ownership.removeSymbol('NOT-THERE')).toBe(false);
    await ledger.commit.commit([two.note().group({ orders: [{ ...waiting, status: 'cancelled' }] })]);
    expect(await ledger.ownership.removeSymbol('TWO')).toBe(true);
  });

  it('gives a singleton to one live incarnation at a time', async () => {
    for (const name of ['account', 'reporter']) {
      expect(await ledger.ownership.claimSingleton(A, name)).toEqual({ epoch: 1 });
      expect(await ledger.ownership.claimSingleton(B, name)).toBeUndefined();
      expect(await ledger.ownership.claimSingleton(A, name)).toEqual({ epoch: 2 });
    }
    await ledger.lapse(A);
    expect(await ledger.ownership.claimSingleton(A, 'account')).toBeUndefined();
    expect(await ledger.ownership.claimSingleton(B, 'account')).toEqual({ epoch: 3 });
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
    const [row] = await ledger.ownership.claim(A, ['ONE']);
    expect(row).toMatchObject({ version: 1, durable: { mode: 'halted', haltedReason: 'crashes', actor: 'null' } });
    expect(await ledger.ownership.haltSymbol('ONE', row?.epoch ?? 0, null, id('resume'))).toBe(true);
    expect(await ledger.ownership.claim(A, ['ONE'])).toMatchObject([{ version: 2, durable: null }]);
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
    const [halted] = await ledger.ownership.claim(A, ['ONE']);
    expect(halted?.durable).toEqual({ ...durable, mode: 'halted', haltedReason: 'crashes' });
    const next = new SymbolDraft(halted ?? draft);
    await ledger.commit.commit([next.note().group({ durableAfter: { ...durable, mode: 'flat' } })]);
    expect((await ledger.ownership.claim(A, ['ONE']))[0]?.durable).toEqual({ ...durable, mode: 'flat' });
  });
});
