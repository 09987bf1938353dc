/** Placement: every Pod computes the same, nobody has too much, and a change of members moves no more than it must. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from '../../supervisors/cluster/placement.ts';

const symbols = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 120 });
const pods = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 });
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

function shuffled<T>(items: readonly T[], order: readonly number[]): T[] {
  return items
    .map((item, index) => ({ item, at: order[index % order.length] ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function loads(placement: ReadonlyMap<string, string>): ReadonlyMap<string, number> {
  const load = new Map<string, number>();
  for (const pod of placement.values()) load.set(pod, (load.get(pod) ?? 0) + 1);
  return load;
}

/** Where a symbol would be if it were alone: the Pod it ranks first. */
const firstChoice = (symbol: string, members: readonly string[]) => place([symbol], members).get(symbol);

/** Symbols that go from one placement to another, without those of `except`. */
function moved(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, except: string): string[] {
  return [...before]
    .filter(([symbol, pod]) => pod !== except && after.get(symbol) !== except && after.get(symbol) !== pod)
    .map(([symbol]) => symbol);
}

describe('placement', () => {
  it('gives every symbol to one of the members', () => {
    fc.assert(
      fc.property(symbols, pods, (wanted, members) => {
        const placement = place(wanted, members);
        expect([...placement.keys()].sort()).toEqual(wanted.toSorted());
        for (const pod of placement.values()) expect(members).toContain(pod);
      }),
    );
  });

  it('gives nobody more than ceil(1.1 × symbols / Pods)', () => {
    fc.assert(
      fc.property(symbols, pods, (wanted, members) => {
        const most = Math.ceil((1.1 * wanted.length) / members.length);
        for (const load of loads(place(wanted, members)).values()) expect(load).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('is the same whatever the order, however often a name is named, and asked again', () => {
    fc.assert(
      fc.property(symbols, pods, fc.array(fc.double(), { minLength: 1 }), (wanted, members, order) => {
        const placement = place(wanted, members);
        expect(place(shuffled(wanted, order), [...shuffled(members, order), ...members])).toEqual(placement);
        expect(place(wanted, members)).toEqual(placement);
      }),
    );
  });

  it('moves only the symbols of a Pod that leaves, beside those that the bound pushes', () => {
    fc.assert(
      fc.property(symbols, pods, fc.nat(), (wanted, members, which) => {
        fc.pre(members.length > 1);
        const leaver = members[which % members.length] ?? '';
        const rest = members.filter((pod) => pod !== leaver);
        const [before, after] = [place(wanted, members), place(wanted, rest)];
        for (const symbol of moved(before, after, leaver)) {
          const first = firstChoice(symbol, members);
          // Full Pods sent it on in one placement or the other.
          expect(before.get(symbol) === first && after.get(symbol) === first).toBe(false);
        }
      }),
    );
  });

  it('moves symbols only to a Pod that joins, beside those that the bound pushes', () => {
    fc.assert(
      fc.property(symbols, pods, fc.string({ minLength: 1 }), (wanted, members, newcomer) => {
        fc.pre(!members.includes(newcomer));
        const [before, after] = [place(wanted, members), place(wanted, [...members, newcomer])];
        for (const symbol of moved(before, after, newcomer)) {
          const first = firstChoice(symbol, [...members, newcomer]);
          expect(before.get(symbol) === first && after.get(symbol) === first).toBe(false);
        }
      }),
    );
  });

  it.each([
    [5_000, 4],
    [5_000, 8],
    [1_000, 3],
    [200, 3],
  ])('of %i symbols over %i Pods moves little more than the share of one Pod when one goes', (count, size) => {
    const [wanted, members] = [names('KRW-S', count), names('pod', size)];
    const before = place(wanted, members);
    for (const leaver of members) {
      const after = place(
        wanted,
        members.filter((pod) => pod !== leaver),
      );
      // A tenth of everything is what the bound leaves free; what it pushes is a fraction of that.
      expect(moved(before, after, leaver).length).toBeLessThan(count / 20);
    }
  });

  it('spreads names that differ in one digit: every Pod has its share within the bound', () => {
    for (const size of [2, 3, 8]) {
      const load = loads(place(names('KRW-S', 5_000), names('coinpilot', size)));
      expect(load.size).toBe(size);
      for (const each of load.values()) expect(each).toBeGreaterThan((0.8 * 5_000) / size);
    }
  });

  it('gives nothing to nobody', () => {
    expect(place(['KRW-BTC'], [])).toEqual(new Map());
    expect(place([], ['pod-a'])).toEqual(new Map());
  });
});
