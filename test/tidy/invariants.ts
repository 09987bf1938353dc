/** docs/INVARIANTS.md promises a test for each invariant; this reads the promise. */

export const INVARIANTS_PAGE = 'docs/INVARIANTS.md';
export const INVARIANT_NAMES = Array.from({ length: 12 }, (_, index) => `I${index + 1}`);

/** An invariant starts its heading, list item or table row: `## I1 …`, `- I1 …`, `| **I1** | …`. */
const START = /^\s*(?:#+\s*|[-*]\s+|\|\s*)?\**(I\d{1,2})\b/;
const TEST_FILE = /\btest\/[\w./-]+\.ts\b/g;

/** One sentence for each invariant that names neither an existing test nor "pending". */
export function invariantProblems(page: string, exists: (file: string) => boolean): string[] {
  const sections = new Map<string, string>();
  let current: string | undefined;
  for (const line of page.split('\n')) {
    current = START.exec(line)?.[1] ?? current;
    if (current !== undefined) sections.set(current, `${sections.get(current) ?? ''}${line}\n`);
  }
  return INVARIANT_NAMES.flatMap((name) => {
    const text = sections.get(name);
    if (text === undefined) return [`${name} is missing`];
    const named = text.match(TEST_FILE) ?? [];
    if (named.length === 0 && !/\bpending\b/i.test(text)) return [`${name} names no test and is not pending`];
    return named.filter((file) => !exists(file)).map((file) => `${name} names ${file}, which does not exist`);
  });
}
