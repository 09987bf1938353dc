/** Every invariant names the test that enforces it. */
import { describe, expect, it } from 'vitest';
import { readFiles } from './files.ts';
import { INVARIANT_NAMES, INVARIANTS_PAGE, invariantProblems } from './invariants.ts';

const files = readFiles();

describe('every invariant', () => {
  it('names an existing test or says that it is pending', () => {
    const page = files.get(INVARIANTS_PAGE);
    expect(page, `${INVARIANTS_PAGE} is there`).toBeDefined();
    expect(invariantProblems(page ?? '', (file) => files.has(file))).toEqual([]);
  });
});

describe('the check of invariants', () => {
  const page = (lines: Readonly<Record<string, string>>): string =>
    INVARIANT_NAMES.map((name) => `- **${name}** rule\n  Enforced by: ${lines[name] ?? 'pending'}`).join('\n');
  const exists = (file: string): boolean => file === 'test/unit/a.test.ts';

  it('takes existing tests and the word pending, in lists, headings and tables', () => {
    expect(invariantProblems(page({ I1: '`test/unit/a.test.ts`' }), exists)).toEqual([]);
    expect(invariantProblems(INVARIANT_NAMES.map((name) => `| ${name} | pending |`).join('\n'), exists)).toEqual([]);
    expect(
      invariantProblems(INVARIANT_NAMES.map((name) => `## ${name}: rule\n\ntest/unit/a.test.ts`).join('\n'), exists),
    ).toEqual([]);
  });

  it('finds a missing invariant, a missing test and a test that does not exist', () => {
    expect(invariantProblems(page({ I2: 'nobody' }), exists)).toEqual(['I2 names no test and is not pending']);
    expect(invariantProblems(page({ I12: 'test/unit/gone.test.ts' }), exists)).toEqual([
      'I12 names test/unit/gone.test.ts, which does not exist',
    ]);
    expect(invariantProblems('', exists)).toHaveLength(INVARIANT_NAMES.length);
  });
});
