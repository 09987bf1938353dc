/** The tests bite: each rule of the engine that is taken out is missed at once, by the auditor or by the contract suite. */
import { describe, expect, inject, it } from 'vitest';
import type { CampaignResult } from './campaign.ts';
import { applyPatch, MUTATIONS, type Patch, patchedTree, SQL_MUTATIONS } from './mutations.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** Within so many seeds a mutation must be caught; most are by the first. */
const SEEDS_MAX = 150;
const UNPATCHED_SEEDS = 30;
/** A mutation is caught when so many seeds have failed: one may have failed for another reason. */
const FAILURES = 3;

const CONTRACT = ['commit', 'ownership', 'reservations', 'lock-step'].map(
  (name) => `test/contract/ledger-${name}.test.ts`,
);

async function inPatchedTree(patches: readonly Patch[], args: readonly string[], env = {}): Promise<CommandResult> {
  const tree = await patchedTree(patches);
  try {
    return await runCommand(tree.folder, args, env);
  } finally {
    await tree.remove();
  }
}

async function simulate(patches: readonly Patch[], ...args: readonly string[]): Promise<CampaignResult> {
  const run = await inPatchedTree(patches, ['--import', 'tsx', 'test/sim/main.ts', '--json', ...args]);
  expect(run.errors).toBe('');
  return JSON.parse(run.output) as CampaignResult;
}

describe('the simulator', () => {
  it('finds nothing in an unpatched copy', async () => {
    const { violations } = await simulate([], '--seeds', String(UNPATCHED_SEEDS));
    expect(violations).toBe(0);
  });

  it.each(MUTATIONS)('notices an engine $name ($invariant)', async ({ patches, invariant }) => {
    const { failures } = await simulate(patches, '--seeds', String(SEEDS_MAX), '--failures', String(FAILURES));
    const found = failures.flatMap(({ violations }) => violations.map((violation) => violation.invariant));
    expect(found).toContain(invariant);
  });
});

describe('the contract suite on a real Postgres', () => {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'integration', '--reporter', 'json'];
  const suite = (patches: readonly Patch[]) =>
    inPatchedTree(patches, [...vitest, ...CONTRACT], { TEST_DATABASE_URL: inject('postgres').adminUrl });
  const failedOf = ({ output }: CommandResult): string[] => {
    const { testResults } = JSON.parse(output.slice(output.indexOf('{'))) as {
      readonly testResults: readonly {
        readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
      }[];
    };
    const all = testResults.flatMap((file) => file.assertionResults);
    // A suite that could not run at all would fail for the wrong reason.
    expect(all.length).toBeGreaterThan(20);
    const failed = all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    expect(failed.length).toBeLessThan(all.length / 2);
    return failed;
  };

  it('passes in an unpatched copy', async () => {
    expect(failedOf(await suite([]))).toEqual([]);
  });

  it.each(SQL_MUTATIONS)('notices a schema $name', async ({ patches }) => {
    const failed = failedOf(await suite(patches));
    expect(failed.filter((name) => name.includes('postgres'))).not.toEqual([]);
    // The memory twin of the same copy is sound.
    expect(failed.filter((name) => name.includes('on memory'))).toEqual([]);
  });
});

describe('a patch', () => {
  const patch = { file: 'a.ts', find: 'x', replace: 'y' };

  it('replaces what is there once', () => {
    expect(applyPatch('a x b', patch)).toBe('a y b');
  });

  it.each(['a b', 'x x'])('is an error in "%s"', (code) => {
    expect(() => applyPatch(code, patch)).toThrow('a.ts has "x"');
  });
});
