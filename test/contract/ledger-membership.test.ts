/** Who is there, on every ledger: leases, states, expiring, what a heartbeat tells, and views. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HeldSymbol } from '../../protocol/ports/ownership.ts';
import { claimed, LEASE_MS, owner, type SymbolDraft } from '../support/ledger-groups.ts';
import { LEDGERS, type Ledger, type LedgerServer } from '../support/ledger-implementations.ts';

const A = owner('pod-a');
const B = owner('pod-b');
/** The next life of a Pod with the name of A. */
const A2 = owner('pod-a', 2);
const OLD_MS = 10_000;

describe.each(LEDGERS)('membership on $name', (implementation) => {
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
    await ledger.ownership.addSymbols(['ONE', 'TWO', 'THREE']);
  });

  const beat = (by: typeof A, held: readonly HeldSymbol[] = []) => ledger.ownership.heartbeat(by, LEASE_MS, held);
  const claim = async (by: typeof A, ...symbols: string[]) =>
    (await ledger.ownership.claim(by, symbols)).positions.map(({ symbol, epoch }) => ({ symbol, epoch }));
  const stateOf = async (pod: string) => {
    const found = (await ledger.ownership.view()).pods.find((row) => row.pod === pod);
    return found === undefined ? 'gone' : `${found.state}, ${found.live ? 'live' : 'over'}`;
  };

  describe('a lease', () => {
    it('is renewed while it runs, never when it ran out: that Pod has to join again', async () => {
      expect(await beat(A)).toBeDefined();
      await ledger.lapse(A);
      expect(await beat(A)).toBeUndefined();
      expect(await beat(A)).toBeUndefined();
      await ledger.ownership.register(A, LEASE_MS);
      expect(await beat(A)).toBeDefined();
      expect(await claim(A, 'ONE')).toEqual([{ symbol: 'ONE', epoch: 1 }]);
    });

    it('is the one of this life: the older life of a name is over when the next one joins', async () => {
      await claim(A, 'ONE');
      await ledger.ownership.register(A2, LEASE_MS);
      expect(await beat(A)).toBeUndefined();
      expect(await claim(A, 'TWO')).toEqual([]);
      expect(await claim(B, 'ONE')).toEqual([{ symbol: 'ONE', epoch: 2 }]);
      expect(await beat(A2)).toBeDefined();
    });
  });

  describe('a state', () => {
    it('goes from joining over serving to draining, for this life only', async () => {
      expect(await stateOf('pod-a')).toBe('joining, live');
      await ledger.ownership.setState(A, 'serving');
      expect(await stateOf('pod-a')).toBe('serving, live');
      await ledger.ownership.setState(A2, 'draining');
      expect(await stateOf('pod-a')).toBe('serving, live');
      await ledger.ownership.setState(A, 'draining');
      await ledger.lapse(A);
      expect(await stateOf('pod-a')).toBe('draining, over');
    });

    it('is not set back by a first attempt to join that lands after its repetition', async () => {
      await ledger.ownership.setState(A, 'serving');
      await ledger.ownership.register(A, LEASE_MS);
      expect(await stateOf('pod-a')).toBe('serving, live');
    });

    it('begins at joining again with the next life', async () => {
      await ledger.ownership.setState(A, 'draining');
      await ledger.ownership.register(A2, LEASE_MS);
      expect(await stateOf('pod-a')).toBe('joining, live');
      expect(await ledger.ownership.setState(A, 'serving')).toBeUndefined();
      expect(await stateOf('pod-a')).toBe('joining, live');
    });
  });

  describe('a Pod that leaves', () => {
    it('is gone, and what it owned is free at once', async () => {
      await claim(A, 'ONE');
      await ledger.ownership.claimSingleton(A, 'account');
      await ledger.ownership.leave(A);
      expect(await stateOf('pod-a')).toBe('gone');
      expect(await claim(B, 'ONE')).toEqual([{ symbol: 'ONE', epoch: 2 }]);
      expect(await ledger.ownership.claimSingleton(B, 'account')).toMatchObject({ epoch: 2 });
    });

    it('does not take a newer life of its name with it', async () => {
      await ledger.ownership.register(A2, LEASE_MS);
      expect(await ledger.ownership.leave(A)).toBeUndefined();
      expect(await stateOf('pod-a')).toBe('joining, live');
    });
  });

  describe('expiring another Pod', () => {
    const expire = (victim = A, by = B, ageMs = OLD_MS) => ledger.ownership.expire(victim, by, ageMs);

    it('frees what it owned, answers its heartbeat with nothing and its claims with nothing', async () => {
      const [draft] = (await claimed(ledger, ['ONE'], A)) as [SymbolDraft];
      await ledger.ownership.claimSingleton(A, 'account');
      await ledger.age(A, OLD_MS);
      expect(await expire()).toBeDefined();
      expect(await stateOf('pod-a')).toBe('joining, over');
      expect(await beat(A, [draft])).toBeUndefined();
      expect(await claim(A, 'ONE', 'TWO')).toEqual([]);
      expect(await ledger.ownership.claimSingleton(A, 'reporter')).toBeUndefined();
      expect(await claim(B, 'ONE')).toEqual([{ symbol: 'ONE', epoch: draft.epoch + 1 }]);
      expect(await ledger.ownership.claimSingleton(B, 'account')).toMatchObject({ epoch: 2 });
      expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'fenced' }]);
    });

    it('leaves its rows as they are: until somebody claims, what it commits is accepted', async () => {
      const [draft] = (await claimed(ledger, ['ONE'], A)) as [SymbolDraft];
      await ledger.age(A, OLD_MS);
      await expire();
      expect(await ledger.commit.commit([draft.note().group()])).toEqual([{ type: 'committed' }]);
      expect(await ledger.ownership.claim(B, ['ONE'])).toMatchObject({ positions: [{ version: 1 }] });
    });

    it('takes a heartbeat that is at least so old, not a moment less', async () => {
      await ledger.age(A, OLD_MS);
      expect(await expire(A, B, OLD_MS + 60_000)).toBeUndefined();
      expect(await stateOf('pod-a')).toBe('joining, live');
      expect(await expire(A, B, OLD_MS)).toBeDefined();
    });

    it('takes any heartbeat when another Pod has confirmed it: an age of 0', async () => {
      expect(await expire(A, B, 0)).toBeDefined();
    });

    it('is not for a Pod whose own lease is over, that was replaced, or was never there', async () => {
      await ledger.ownership.register(owner('pod-c'), LEASE_MS);
      await ledger.lapse(B);
      expect(await expire(A, B, 0)).toBeUndefined();
      expect(await expire(A, owner('pod-c', 2), 0)).toBeUndefined();
      expect(await expire(A, owner('pod-d'), 0)).toBeUndefined();
      expect(await stateOf('pod-a')).toBe('joining, live');
    });

    it('means one life: one that is over, gone or followed by another changes nothing', async () => {
      expect(await expire(A2, B, 0)).toBeUndefined();
      expect(await expire(owner('pod-z'), B, 0)).toBeUndefined();
      expect(await expire(A, B, 0)).toBeDefined();
      expect(await expire(A, B, 0)).toBeUndefined();
      await ledger.ownership.register(A2, LEASE_MS);
      expect(await expire(A, B, 0)).toBeUndefined();
      expect(await beat(A2)).toBeDefined();
    });

    it('is not undone by a heartbeat on its way, and undone by joining again', async () => {
      await expire(A, B, 0);
      expect(await beat(A)).toBeUndefined();
      expect(await stateOf('pod-a')).toBe('joining, over');
      await ledger.ownership.register(A2, LEASE_MS);
      expect(await stateOf('pod-a')).toBe('joining, live');
    });
  });

  describe('a heartbeat', () => {
    it("tells the head of the cluster's stream and the Pods as a view does", async () => {
      await ledger.ownership.setState(B, 'serving');
      await ledger.age(B, OLD_MS);
      const told = await beat(A);
      const view = await ledger.ownership.view();
      expect(told?.version).toBe(await ledger.reader.head('cluster'));
      expect(told?.version).toBe(view.version);
      const still = ({ heartbeatAgeMs: _, leaseLeftMs: __, ...row }: (typeof view.pods)[number]) => row;
      expect(told?.pods.map(still)).toEqual(view.pods.map(still));
      const [a, b] = told?.pods ?? [];
      expect(a).toMatchObject({ ...A, state: 'joining', live: true });
      expect(b).toMatchObject({ ...B, state: 'serving', live: true });
      expect(a?.heartbeatAgeMs).toBeGreaterThanOrEqual(0);
      expect(a?.heartbeatAgeMs).toBeLessThan(OLD_MS);
      expect(b?.heartbeatAgeMs).toBeGreaterThanOrEqual(OLD_MS);
      // Rounded down, so that nobody believes a lease to run that is over.
      expect(a?.leaseLeftMs).toBeLessThanOrEqual(LEASE_MS);
      expect(a?.leaseLeftMs).toBeGreaterThan(LEASE_MS - OLD_MS);
    });

    it('makes itself the youngest and its lease the longest', async () => {
      await ledger.age(A, OLD_MS);
      const told = await ledger.ownership.heartbeat(A, 3 * LEASE_MS, []);
      const me = told?.pods.find(({ pod }) => pod === 'pod-a');
      expect(me?.heartbeatAgeMs).toBeLessThan(OLD_MS);
      expect(me?.leaseLeftMs).toBeGreaterThan(2 * LEASE_MS);
    });

    it('names what is lost: another owner, another epoch, released, removed, unknown; and nothing else', async () => {
      await ledger.ownership.addSymbols(['KEPT', 'TAKEN', 'AGAIN', 'FREED', 'REMOVED']);
      const held = await claim(A, 'KEPT', 'TAKEN', 'AGAIN', 'FREED', 'REMOVED');
      expect((await beat(A, held))?.lost).toEqual([]);
      await ledger.ownership.release(A, ['TAKEN', 'FREED']);
      await claim(B, 'TAKEN');
      await claim(A, 'AGAIN');
      await ledger.ownership.removeSymbol('REMOVED');
      const told = await beat(A, [...held, { symbol: 'NEVER-HEARD-OF', epoch: 1 }]);
      expect(told?.lost.toSorted()).toEqual(['AGAIN', 'FREED', 'NEVER-HEARD-OF', 'REMOVED', 'TAKEN']);
    });

    it('does not name what a Pod owns and did not ask about, nor what comes before its epoch', async () => {
      await claim(A, 'ONE', 'TWO');
      expect((await beat(A, []))?.lost).toEqual([]);
      expect((await beat(A, [{ symbol: 'ONE', epoch: 1 }]))?.lost).toEqual([]);
      expect((await beat(A, [{ symbol: 'ONE', epoch: 2 }]))?.lost).toEqual(['ONE']);
    });
  });

  describe('a view', () => {
    it('is everything at one moment: Pods, symbols, singletons, and the version of it', async () => {
      await ledger.ownership.setState(A, 'serving');
      await claim(A, 'TWO');
      await ledger.ownership.claimSingleton(B, 'account');
      await ledger.lapse(B);
      const view = await ledger.ownership.view();
      expect(view).toEqual({
        version: await ledger.reader.head('cluster'),
        pods: [
          { ...A, state: 'serving', live: true, heartbeatAgeMs: expect.any(Number), leaseLeftMs: expect.any(Number) },
          { ...B, state: 'joining', live: false, heartbeatAgeMs: expect.any(Number), leaseLeftMs: expect.any(Number) },
        ],
        symbols: [
          { symbol: 'ONE', owner: null, incarnation: null, epoch: 0, mode: 'starting' },
          { symbol: 'THREE', owner: null, incarnation: null, epoch: 0, mode: 'starting' },
          { symbol: 'TWO', owner: 'pod-a', incarnation: A.incarnation, epoch: 1, mode: 'starting' },
        ],
        // Its Pod's lease is over, and still it is named: who may take it follows from the Pods.
        singletons: [{ name: 'account', owner: 'pod-b', incarnation: B.incarnation, epoch: 1 }],
      });
      expect(view.pods[1]?.leaseLeftMs).toBeLessThan(0);
    });

    it('does not change when the cluster does', async () => {
      const view = await ledger.ownership.view();
      const copy = structuredClone(view);
      await claim(A, 'ONE');
      await ledger.ownership.leave(B);
      expect(view).toEqual(copy);
    });
  });
});
