/** The campaign: seeds from 1 on, more of them where there is time. Every seed that ever failed is kept beside it. */
import { describe, expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { type RunResult, World } from './world.ts';

const SEEDS = process.env.CI ? 1_000 : 200;
const STEPS = 300;

/** What failed, each with the command that shows it. */
function failuresOf(results: readonly RunResult[]): string[] {
  return results.flatMap(({ seed, violations }) =>
    violations.map(
      ({ step, invariant, what, expected, found }) =>
        `npm run sim -- --seed ${seed}: step ${step}: ${invariant}: ${what}: expected ${expected}, found ${found}`,
    ),
  );
}

describe('a cluster in which everything goes wrong', () => {
  it(`keeps I1 to I6 over ${SEEDS} seeds of ${STEPS} steps, and comes to rest`, async () => {
    const result = await runCampaign({ from: 1, seeds: SEEDS, steps: STEPS });
    expect(failuresOf(result.failures)).toEqual([]);
    // Faults that never happen prove nothing, nor do commands that are all refused.
    const { faults } = result;
    for (const kind of [
      'Pod crash',
      'Pod pause',
      'lease loss',
      'commit: lands late',
      'bus black hole',
      'peers split',
    ]) {
      expect(faults[kind], kind).toBeGreaterThan(0);
    }
    expect(result.accepted).toBeGreaterThan(result.commands / 2);
  });
});

describe('seeds that found something', () => {
  it.each(KEPT_SEEDS)('$seed: $found', async ({ seed, steps }) => {
    const result = await new World({ seed, steps }).run();
    expect(failuresOf([result])).toEqual([]);
  });
});

describe('a seed', () => {
  async function traceOf(seed: number): Promise<string> {
    const lines: string[] = [];
    await new World({ seed, steps: 150, trace: (line) => lines.push(line) }).run();
    return lines.join('\n');
  }

  it('is the same run every time, byte for byte, with or without a trace', async () => {
    for (const seed of [3, 8, 13]) {
      const first = await traceOf(seed);
      expect(first.length).toBeGreaterThan(1_000);
      expect(await traceOf(seed)).toBe(first);
      const silent = await new World({ seed, steps: 150 }).run();
      const traced = await new World({ seed, steps: 150, trace: () => undefined }).run();
      expect(silent).toEqual(traced);
    }
  });

  it('differs from its neighbour', async () => {
    expect(await traceOf(3)).not.toBe(await traceOf(4));
  });
});
