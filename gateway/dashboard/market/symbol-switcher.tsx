/** Every symbol with its last price and regime, as links: tab or arrow keys move, enter opens. */
import { formatPrice } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';
import { marketHref } from '../shell/router.ts';
import type { Store } from '../store/types.ts';
import { PriceAge } from '../ui/price-age.tsx';
import { RegimeMark } from './regime-mark.tsx';

interface SwitcherProps {
  readonly store: Store;
  readonly selected: string;
}

export function SymbolSwitcher({ store, selected }: SwitcherProps) {
  return (
    <nav class="market-switcher" aria-label={t('market.symbols')}>
      <ul onKeyDown={moveFocus}>
        {store.symbols.value.map((symbol) => (
          <SymbolLink key={symbol} store={store} symbol={symbol} isSelected={symbol === selected} />
        ))}
      </ul>
    </nav>
  );
}

function SymbolLink({ store, symbol, isSelected }: { store: Store; symbol: string; isSelected: boolean }) {
  const view = store.symbol(symbol).value?.value;
  const price = store.price(symbol).value;
  const regime = view?.explain?.regime ?? view?.position.regime ?? 'UNKNOWN';
  return (
    <li>
      <a href={marketHref(symbol)} aria-current={isSelected ? 'page' : undefined}>
        <span class="market-switcher-name">{symbol}</span>
        <span class="market-switcher-price number">
          {price === undefined ? t('market.noPrice') : formatPrice(price.value)}
        </span>
        <span class="market-switcher-regime">
          <RegimeMark regime={regime} />
          {word('regime', regime)}
        </span>
        <PriceAge store={store} price={price} />
      </a>
    </li>
  );
}

/** Arrow keys, Home and End go along the links; tab still visits each. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLUListElement }): void {
  const links = [...event.currentTarget.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const target = {
    ArrowRight: Math.min(at + 1, links.length - 1),
    ArrowLeft: Math.max(at - 1, 0),
    Home: 0,
    End: links.length - 1,
  }[event.key];
  if (at === -1 || target === undefined) return;
  event.preventDefault();
  links[target]?.focus();
}
