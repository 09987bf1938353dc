/** A role under a lease of its own, on every ledger: one has it, under an epoch that changes with every owner and every lapse. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS, owner } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const A = owner('collector-a');
const B = owner('collector-b');
const ROLE = 'collector';

describe.each(LEDGERS)('a role with its own lease on $name', (implementation) => {
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

  const lease = (by: typeof A) => ledger.ownership.leaseSingleton(by, ROLE, LEASE_MS);
  const told = async () =>
    (await ledger.reader.journal('cluster', 0, 100)).map(({ body }) => JSON.parse(body ?? '{}') as object);

  it('is taken once and renewed without a word', async () => {
    expect(await lease(A)).toMatchObject({ held: true, epoch: 1, event: { symbol: 'cluster', seq: 1 } });
    expect(await lease(A)).toEqual({ held: true, epoch: 1, event: undefined });
    expect(await told()).toEqual([{ change: 'singleton-claimed', ...A, singleton: ROLE, epoch: 1 }]);
  });

  it('is refused to others while it runs, and they hear how long that is', async () => {
    await lease(A);
    const refused = await lease(B);
    if (refused.held) throw new Error('two have it');
    expect(refused.leaseLeftMs).toBeGreaterThan(0);
    expect(refused.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS);
  });

  it('is not kept by a dead one for as long as the clock of the database went back', async () => {
    await ledger.ownership.leaseSingleton(A, ROLE, 1_000 * LEASE_MS);
    const refused = await lease(B);
    if (refused.held) throw new Error('two have it');
    expect(refused.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS);
    const later = await lease(B);
    if (later.held) throw new Error('two have it');
    expect(later.leaseLeftMs, 'looking makes it no longer').toBeLessThanOrEqual(refused.leaseLeftMs);
    expect(await lease(A)).toEqual({ held: true, epoch: 1, event: undefined });
  });

  it('belongs to whoever comes first when it ran out: another, or the same one anew', async () => {
    await lease(A);
    await ledger.lapse(A);
    expect(await lease(B)).toMatchObject({ held: true, epoch: 2 });
    expect(await lease(A)).toMatchObject({ held: false });
    await ledger.lapse(B);
    expect(await lease(B)).toMatchObject({ held: true, epoch: 3, event: { symbol: 'cluster' } });
  });

  it('is free at once when it was given back, by its owner only', async () => {
    await lease(A);
    expect(await ledger.ownership.releaseSingleton(B, ROLE)).toBeUndefined();
    expect(await lease(B)).toMatchObject({ held: false });
    expect(await ledger.ownership.releaseSingleton(A, ROLE)).toBeDefined();
    expect(await lease(B)).toMatchObject({ held: true, epoch: 2 });
  });

  it('makes no Pod of its owner, and shows who has it', async () => {
    await lease(A);
    const { pods, singletons } = await ledger.ownership.view();
    expect(pods).toEqual([]);
    expect(singletons).toContainEqual({ name: ROLE, owner: A.pod, incarnation: A.incarnation, epoch: 1 });
  });

  it('is had by one of many who ask at once', async () => {
    const many = Array.from({ length: 8 }, (_, index) => owner(`collector-${index}`));
    const answers = await Promise.all(many.map(lease));
    expect(answers.filter(({ held }) => held)).toHaveLength(1);
  });

  it('adds only symbols nobody knows when asked to: what was removed stays so', async () => {
    await ledger.ownership.addSymbols(['ONE', 'TWO']);
    await ledger.ownership.removeSymbol('ONE');
    const event = await ledger.ownership.addSymbols(['ONE', 'TWO', 'THREE'], { onlyNew: true });
    expect(JSON.parse(event?.body ?? '{}')).toEqual({ change: 'added', symbols: ['THREE'] });
    expect((await ledger.ownership.view()).symbols.map(({ symbol }) => symbol)).toEqual(['THREE', 'TWO']);
  });
});
