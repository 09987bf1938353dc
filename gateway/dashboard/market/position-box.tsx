/** What is held of the symbol, what it is worth at the last price, and how far its ends are away. */
import type { ComponentChildren } from 'preact';
import { formatKrw, formatPercent, formatPrice, formatQuantity } from '../format/money.ts';
import { formatDateTime } from '../format/time.ts';
import { t, word } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import type { Store, SymbolView } from '../store/types.ts';
import { Profit, ProfitPercent } from '../ui/amount.tsx';
import { Card } from '../ui/card.tsx';
import { PriceAge } from '../ui/price-age.tsx';
import { isHeld, positionNumbers } from './position-numbers.ts';

interface BoxProps {
  readonly store: Store;
  readonly symbol: string;
}

export function PositionBox({ store, symbol }: BoxProps) {
  const view = store.symbol(symbol).value?.value;
  return (
    <Card id="market-position-title" title={t('market.position')}>
      {view === undefined ? (
        <p class="quiet">{t('market.waiting')}</p>
      ) : isHeld(view.position) ? (
        <Held store={store} symbol={symbol} view={view} />
      ) : (
        <>
          <p class="quiet">{t('market.position.none')}</p>
          <dl class="market-numbers">
            <Realized amount={view.position.realizedPnl} />
          </dl>
        </>
      )}
    </Card>
  );
}

function Held({ store, symbol, view }: BoxProps & { readonly view: SymbolView }) {
  const price = store.price(symbol).value;
  const { position, exits } = view;
  const numbers = positionNumbers(position, price?.value, exits);
  return (
    <dl class="market-numbers">
      <Entry name={t('market.position.profit')} isLarge>
        <PriceAge store={store} price={price} /> <Profit amount={numbers.profit} />{' '}
        <ProfitPercent percent={numbers.profitPercent} />
      </Entry>
      <Entry name={t('market.position.quantity')}>{formatQuantity(position.quantity)}</Entry>
      <Entry name={t('market.position.average')}>{formatPrice(position.averagePrice)}</Entry>
      <Entry name={t('market.price')}>{formatPrice(price?.value)}</Entry>
      <Entry name={t('market.position.value')}>{formatKrw(numbers.value)}</Entry>
      {exits === null ? (
        <p class="quiet market-numbers-note">{t('market.position.noExits')}</p>
      ) : (
        <>
          <Entry name={`${t('market.position.stop')} (${word('reason', exits.stopReason)})`}>
            {formatPrice(exits.stop)} <Away percent={numbers.stopDistancePercent} />
          </Entry>
          <Entry name={t('market.position.target')}>
            {formatPrice(exits.target)} <Away percent={numbers.targetDistancePercent} />
          </Entry>
        </>
      )}
      {position.highWaterMark !== null && (
        <Entry name={t('market.position.mark')}>{formatPrice(position.highWaterMark)}</Entry>
      )}
      {position.openedAt !== null && (
        <Entry name={t('market.position.since')}>
          {formatDateTime(position.openedAt, zone.value)} {zone.value}
        </Entry>
      )}
      <Realized amount={position.realizedPnl} />
    </dl>
  );
}

function Realized({ amount }: { readonly amount: string }) {
  return (
    <Entry name={t('market.position.realized')}>
      <Profit amount={amount} />
    </Entry>
  );
}

function Away({ percent }: { readonly percent: string | null }) {
  if (percent === null) return null;
  return <span class="quiet market-away">{t('market.position.away', { percent: formatPercent(percent) })}</span>;
}

interface EntryProps {
  readonly name: string;
  readonly isLarge?: boolean;
  readonly children: ComponentChildren;
}

function Entry({ name, isLarge = false, children }: EntryProps) {
  return (
    <div class={isLarge ? 'market-number market-number-large' : 'market-number'}>
      <dt>{name}</dt>
      <dd class="number">{children}</dd>
    </div>
  );
}
