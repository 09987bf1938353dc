/** The harness takes contenders in turn and compares them round by round: shown with contenders that only pretend. */
import { describe, expect, it } from 'vitest';
import { type Contender, closedLoop, interleave, type Slice } from '../../bench/harness/interleave.ts';

/** So many operations in a pretended second. */
const slice = (operations: number, latenciesMs: readonly number[] = [1]): Slice => ({
  operations,
  elapsedMs: 1_000,
  latenciesMs,
});

/** Has the next of `slices` each time it gets the load, and notes that it did. */
function pretender(name: string, slices: readonly Slice[], turns: string[] = []): Contender {
  let next = 0;
  return {
    name,
    async slice(durationMs) {
      turns.push(`${name} ${durationMs}`);
      const found = slices[next];
      next += 1;
      if (found === undefined) throw new Error(`${name} has no slice ${next}`);
      return found;
    },
  };
}

const settings = { scenario: 'hot/1', baseline: 'A', warmUpMs: 5, sliceMs: 50 };

describe('interleave', () => {
  it('warms each up once, then gives the load to each in turn, another one first in every round', async () => {
    const turns: string[] = [];
    const three = [slice(1), slice(1), slice(1)];
    const contenders = ['A', 'B', 'C'].map((name) => pretender(name, three, turns));
    await interleave({ ...settings, contenders, rounds: 2 });
    expect(turns).toEqual(['A 5', 'B 5', 'C 5', 'A 50', 'B 50', 'C 50', 'B 50', 'C 50', 'A 50']);
  });

  it('takes ratios within a round, so that a slow minute of the machine cancels out', async () => {
    // The machine halves its speed in every round; B is always twice as fast as A.
    const a = pretender('A', [slice(1), ...[400, 200, 100].map((operations) => slice(operations))]);
    const b = pretender('B', [slice(1), ...[800, 400, 200].map((operations) => slice(operations))]);
    const rows = await interleave({ ...settings, contenders: [a, b], rounds: 3 });
    expect(rows.map(({ contender, ratio, opsPerSecond }) => ({ contender, ratio, opsPerSecond }))).toEqual([
      { contender: 'A', ratio: 1, opsPerSecond: 200 },
      { contender: 'B', ratio: 2, opsPerSecond: 400 },
    ]);
    expect(rows.map(({ rates, spread, isBaseline }) => ({ rates, spread, isBaseline }))).toEqual([
      { rates: [400, 200, 100], spread: 1.5, isBaseline: true },
      { rates: [800, 400, 200], spread: 1.5, isBaseline: undefined },
    ]);
    // What is claimed is the ratio: it was the same in every round.
    expect(rows.map(({ ratioSpread }) => ratioSpread)).toEqual([undefined, 0]);
  });

  it('leaves the warm-up out of every figure', async () => {
    const a = pretender('A', [slice(1_000_000, [9_000]), slice(10, [1, 2]), slice(10, [3, 4])]);
    const [row] = await interleave({ ...settings, contenders: [a], rounds: 2 });
    expect(row).toMatchObject({ scenario: 'hot/1', opsPerSecond: 10, p50Ms: 2, p99Ms: 4, p99Ratio: 1 });
  });

  it('lets a contender warm up in its own way', async () => {
    const turns: string[] = [];
    const warmUp = async (durationMs: number) => turns.push(`A warms up ${durationMs}`);
    const a: Contender = { ...pretender('A', [slice(1)], turns), warmUp };
    await interleave({ ...settings, contenders: [a], rounds: 1 });
    expect(turns).toEqual(['A warms up 5', 'A 50']);
  });

  it('has no ratio without its baseline', async () => {
    const [row] = await interleave({ ...settings, contenders: [pretender('B', [slice(1), slice(1)])], rounds: 1 });
    expect(row).toMatchObject({ ratio: null, p99Ratio: null });
  });

  it('has no percentiles where nothing was timed, and no processor time where the clock stood still', async () => {
    const paused = { ...slice(10, []), hasPauses: true };
    const [row] = await interleave({ ...settings, contenders: [pretender('A', [paused, paused])], rounds: 1 });
    expect(row).toMatchObject({ p50Ms: null, p99Ms: null, p99Ratio: null });
    expect(row).not.toHaveProperty('cpuMicros');
  });

  it('says where and with whom something went wrong', async () => {
    const contenders = [pretender('A', [slice(1), slice(1)]), pretender('B', [slice(1)])];
    const failing = interleave({ ...settings, contenders, rounds: 1 });
    await expect(failing).rejects.toThrow('hot/1 B: B has no slice 2');
  });

  it.each([
    [3, false, ['3 acknowledged operations are not in the result']],
    [-1, false, ['1 operations are in the result that nobody acknowledged']],
    [3, true, undefined],
  ])('with %i lost by a contender that may lose (%s: %s)', async (lost, isLossy, faults) => {
    const verdict = async () => ({ lost, faults: [] });
    const a: Contender = { ...pretender('A', [slice(1), slice(1)]), isLossy, verdict };
    const [row] = await interleave({ ...settings, contenders: [a], rounds: 1 });
    expect(row?.lost).toBe(lost);
    expect(row?.faults).toEqual(faults);
  });

  it('asks for the verdict after the last slice, and tells faults only where there are some', async () => {
    const turns: string[] = [];
    const judged = (name: string, faults: readonly string[]): Contender => ({
      ...pretender(name, [slice(1), slice(1)], turns),
      async verdict() {
        turns.push(`${name} judged`);
        return { lost: 0, faults };
      },
    });
    const contenders = [judged('A', []), judged('B', ['one is missing'])];
    const [a, b] = await interleave({ ...settings, contenders, rounds: 1 });
    expect(turns.slice(-2)).toEqual(['A judged', 'B judged']);
    expect(a?.lost).toBe(0);
    expect(a).not.toHaveProperty('faults');
    expect(b).toMatchObject({ lost: 0, faults: ['one is missing'] });
  });
});

describe('closedLoop', () => {
  it('finishes and counts everything it began, at least one operation a caller', async () => {
    const begun = [0, 0, 0];
    let finished = 0;
    const { operations, latenciesMs } = await closedLoop(3, 0, async (caller) => {
      begun[caller] = (begun[caller] ?? 0) + 1;
      await Promise.resolve();
      finished += 1;
    });
    expect(begun.every((count) => count >= 1)).toBe(true);
    expect(operations).toBe(finished);
    expect(latenciesMs).toHaveLength(finished);
  });

  it('never has two operations of one caller under way', async () => {
    let underWay = 0;
    let most = 0;
    await closedLoop(1, 5, async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await Promise.resolve();
      underWay -= 1;
    });
    expect(most).toBe(1);
  });
});
