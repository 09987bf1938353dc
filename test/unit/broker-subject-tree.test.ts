import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPattern, isSubject } from '../../adapters/broker/subject.ts';
import { SubjectTree } from '../../adapters/broker/subject-tree.ts';

/** The definition, token by token. */
function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return subject.length === 0;
  const [token, ...others] = subject;
  if (token === undefined) return false;
  if (head === '>') return true;
  return (head === '*' || head === token) && matches(rest, others);
}

function treeOf(...patterns: string[]): SubjectTree<{ pattern: string }> {
  const tree = new SubjectTree<{ pattern: string }>();
  for (const pattern of patterns) tree.set(pattern, { pattern });
  return tree;
}

function matched(tree: SubjectTree<{ pattern: string }>, subject: string): string[] {
  return tree
    .match(subject)
    .map(({ pattern }) => pattern)
    .sort();
}

/** Few letters and few tokens, so that collisions are common; `a*` and `>b` are ordinary tokens. */
const literal = fc.constantFrom('a', 'b', 'c', 'a*', '>b');
const subjects = fc.array(literal, { minLength: 1, maxLength: 4 });
const patterns = fc
  .tuple(fc.array(fc.oneof(literal, fc.constant('*')), { maxLength: 4 }), fc.boolean())
  .map(([tokens, endsInRest]) => (endsInRest ? [...tokens, '>'] : tokens))
  .filter((tokens) => tokens.length > 0);

describe('the subject tree', () => {
  it('lets * stand for exactly one token and > for one or more', () => {
    const tree = treeOf('cp.*.fill', 'cp.>', '>', '*', 'cp');
    expect(matched(tree, 'cp.BTC.fill')).toEqual(['>', 'cp.*.fill', 'cp.>']);
    expect(matched(tree, 'cp.a.b.fill')).toEqual(['>', 'cp.>']);
    expect(matched(tree, 'cp')).toEqual(['*', '>', 'cp']);
  });

  it('takes a wildcard inside a longer token literally', () => {
    const tree = treeOf('a.b*', 'a.>b');
    expect(matched(tree, 'a.bc')).toEqual([]);
    expect(matched(tree, 'a.b*')).toEqual(['a.b*']);
    expect(matched(tree, 'a.>b')).toEqual(['a.>b']);
  });

  it('keeps the patterns below and above a removed one', () => {
    const tree = treeOf('a', 'a.b', 'a.b.c', 'a.>');
    expect(tree.delete('a.b')).toBe(true);
    expect(tree.delete('a.b')).toBe(false);
    expect(tree.delete('a.b.x')).toBe(false);
    expect(matched(tree, 'a.b')).toEqual(['a.>']);
    expect(matched(tree, 'a.b.c')).toEqual(['a.>', 'a.b.c']);
    expect(matched(tree, 'a')).toEqual(['a']);
    expect(tree.size).toBe(3);
  });

  it('agrees with the definition after any history of additions and removals', () => {
    const change = fc.record({ pattern: patterns, adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.array(subjects, { maxLength: 10 }), (changes, asked) => {
        const tree = new SubjectTree<{ pattern: string }>();
        const model = new Map<string, readonly string[]>();
        for (const { pattern, adds } of changes) {
          const text = pattern.join('.');
          if (adds) tree.set(text, { pattern: text });
          else expect(tree.delete(text)).toBe(model.has(text));
          if (adds) model.set(text, pattern);
          else model.delete(text);
          expect(tree.get(text)?.pattern).toBe(adds ? text : undefined);
        }
        expect(tree.size).toBe(model.size);
        for (const subject of asked) {
          const expected = [...model].filter(([, pattern]) => matches(pattern, subject)).map(([text]) => text);
          expect(matched(tree, subject.join('.'))).toEqual(expected.sort());
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('subjects', () => {
  it.each(['a', 'a.b', 'a*b', 'a.b>', '코인.BTC'])('accepts %s to publish to', (subject) => {
    expect(isSubject(subject)).toBe(true);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', '*', '>', 'a.*', 'a.>', '*.a'])('refuses "%s" to publish to', (subject) => {
    expect(isSubject(subject)).toBe(false);
  });

  it.each(['a', '*', '>', 'a.>', '*.a', 'a.*.>', '*.*'])('accepts %s to subscribe to', (pattern) => {
    expect(isPattern(pattern)).toBe(true);
  });

  it.each(['', '.', 'a.', '.a', 'a..b', '>.a', 'a.>.b'])('refuses "%s" to subscribe to', (pattern) => {
    expect(isPattern(pattern)).toBe(false);
  });
});
