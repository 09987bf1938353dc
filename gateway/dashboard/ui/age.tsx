/** How old a value is, shown once it is stale. It keeps its place while it has nothing to say, so that nothing jumps. */
import { ageText, STALE_MS, STATE_STALE_MS } from '../format/age.ts';
import type { Store } from '../store/types.ts';

export interface AgeProps {
  readonly store: Store;
  /** Undefined: nothing was heard yet, so there is no age. */
  readonly heardAt: number | undefined;
  /** What the engine says of itself, and not a price that should tick. */
  readonly isState?: boolean;
}

export function Age({ store, heardAt, isState = false }: AgeProps) {
  const age = heardAt === undefined ? 0 : store.now.value - heardAt;
  return <span class="age">{age > (isState ? STATE_STALE_MS : STALE_MS) ? ageText(age) : ''}</span>;
}
