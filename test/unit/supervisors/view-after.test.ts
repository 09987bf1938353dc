/** The view made by events is the view the ledger would tell, whatever happens in the cluster. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterEvent, ClusterEventBody, ClusterView, Owner } from '../../../protocol/ports/ownership.ts';
import { viewAfter } from '../../../supervisors/cluster/view-after.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { LEASE_MS, owner } from '../../support/ledger-groups.ts';
import { type Ledger, memoryLedger } from '../../support/ledger-implementations.ts';

const OWNERS = ['pod-a', 'pod-b', 'pod-c'].flatMap((pod) => [owner(pod), owner(pod, 2)]);
const SYMBOLS = ['ONE', 'TWO', 'THREE'];

type Change = (ownership: Ledger['ownership'], by: Owner, other: Owner, symbol: string) => Promise<ClusterEvent>;

const CHANGES: Readonly<Record<string, Change>> = {
  register: (ownership, by) => ownership.register(by, LEASE_MS),
  serve: (ownership, by) => ownership.setState(by, 'serving'),
  drain: (ownership, by) => ownership.setState(by, 'draining'),
  leave: (ownership, by) => ownership.leave(by),
  expire: (ownership, by, other) => ownership.expire(other, by, 0),
  claim: async (ownership, by, _, symbol) => (await ownership.claim(by, [symbol])).event,
  release: (ownership, by, _, symbol) => ownership.release(by, [symbol]),
  add: (ownership, _, __, symbol) => ownership.addSymbols([symbol]),
  remove: async (ownership, _, __, symbol) => {
    const result = await ownership.removeSymbol(symbol);
    return result.type === 'removed' ? result.event : undefined;
  },
  claimAccount: async (ownership, by) => (await ownership.claimSingleton(by, 'account'))?.event,
};

const step = fc.record({
  change: fc.constantFrom(...Object.keys(CHANGES)),
  by: fc.constantFrom(...OWNERS),
  other: fc.constantFrom(...OWNERS),
  symbol: fc.constantFrom(...SYMBOLS),
});

/** Ages grow between two reads; placement and claims look at the rest. */
const comparable = ({ pods, ...view }: ClusterView) => ({
  ...view,
  pods: pods.map(({ pod, incarnation, state, live }) => ({ pod, incarnation, state, live })),
});

describe('viewAfter', () => {
  it('makes what the ledger tells, or leaves it to be read', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { ownership } = memoryLedger(new FakeClock());
        let view = await ownership.view();
        for (const { change, by, other, symbol } of steps) {
          const event = await CHANGES[change]?.(ownership, by, other, symbol);
          const told = await ownership.view();
          if (event === undefined) {
            expect(comparable(view)).toEqual(comparable(told));
            continue;
          }
          const next = viewAfter(view, { ...(JSON.parse(event.body ?? '') as ClusterEventBody), seq: event.seq });
          if (next !== undefined) made += 1;
          view = next ?? told;
          expect(comparable(view)).toEqual(comparable(told));
        }
      }),
      { numRuns: 200 },
    );
    expect(made).toBeGreaterThan(0);
  });

  it('makes nothing when an event is missing before this one, or was seen', () => {
    const view: ClusterView = { version: 4, pods: [], symbols: [], singletons: [] };
    for (const seq of [3, 4, 6]) expect(viewAfter(view, { change: 'released', symbols: ['ONE'], seq })).toBeUndefined();
    expect(viewAfter(view, { change: 'released', symbols: ['ONE'], seq: 5 })).toMatchObject({ version: 5 });
  });
});
