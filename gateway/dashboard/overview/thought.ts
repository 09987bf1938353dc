/** Why a symbol has no entry, from its entry checks: how many pass, and the first that does not. Pure. */
import type { EntryCheck, SymbolView } from '../store/types.ts';

export interface Thought {
  readonly decision: string;
  readonly reason: string;
  readonly passed: number;
  readonly all: number;
  /** The check that names the reason, with its numbers; undefined where the reason is no check. */
  readonly failing: EntryCheck | undefined;
}

export function thoughtOf(view: SymbolView | undefined): Thought | undefined {
  const explain = view?.explain;
  if (explain === null || explain === undefined) return undefined;
  const { decision, reason, checks } = explain;
  return {
    decision,
    reason,
    passed: checks.filter(({ pass }) => pass).length,
    all: checks.length,
    failing: checks.find(({ name, pass }) => name === reason && !pass),
  };
}

/** The symbol with the fewest checks left to pass, of those that could enter; undefined while nothing was decided. */
export function closestToEntry<T extends { readonly thought: Thought | undefined }>(
  symbols: readonly T[],
): (T & { readonly thought: Thought }) | undefined {
  const waiting = symbols.filter((item): item is T & { readonly thought: Thought } => {
    return item.thought !== undefined && item.thought.all > 0 && item.thought.decision === 'NO_ENTRY';
  });
  const left = ({ thought }: { readonly thought: Thought }) => thought.all - thought.passed;
  return [...waiting].sort((a, b) => left(a) - left(b))[0];
}
