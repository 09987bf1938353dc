/**
 * Programmer errors. An invariant that fails kills the actor it fails in; its supervisor rebuilds the actor from the
 * ledger. Business refusals are values, never invariants.
 */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Asserts `condition`; `rule` states the rule positively ("a fill has a positive quantity"). */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new InvariantError(`invariant broken: ${rule}`);
}
