/** What the page knows at this moment of what a command is about, for its plan. */
import { STALE_MS } from '../format/age.ts';
import type { Store } from '../store/types.ts';
import type { CommandTarget, KnownState } from './command-plan.ts';
import { isHeld } from './position-numbers.ts';

/** Reads signals: a component that calls it follows them, so the numbers are of now until the command is sent. */
export function knownState(store: Store, target: CommandTarget): KnownState {
  const symbols = store.symbols.value;
  const account = store.account.value?.value;
  if (target.target === 'account') {
    const holding = symbols.filter((symbol) => {
      const view = store.symbol(symbol).value?.value;
      return view !== undefined && isHeld(view.position);
    }).length;
    return { view: undefined, price: undefined, account, symbols: symbols.length, holding };
  }
  const price = store.price(target.symbol).value;
  const age = price === undefined ? 0 : store.now.value - price.heardAt;
  return {
    view: store.symbol(target.symbol).value?.value,
    price:
      price === undefined
        ? undefined
        : {
            value: price.value,
            ageSeconds: age > STALE_MS ? Math.floor(age / 1_000) : null,
            closedAt: price.closedAt ?? null,
          },
    account,
    symbols: symbols.length,
    holding: 0,
  };
}
