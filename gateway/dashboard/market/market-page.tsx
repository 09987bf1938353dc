/** The market page of one symbol: what it costs, what the engine thinks of it, what is held, and the commands for it. */
import { useEffect, useMemo } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { Store } from '../store/types.ts';
import { CandleChart } from './candle-chart.tsx';
import { ChartData } from './chart-data.ts';
import { EntryChecks } from './entry-checks.tsx';
import { EventList } from './event-list.tsx';
import './market.css';
import { OpenOrders } from './open-orders.tsx';
import { PositionBox } from './position-box.tsx';
import { SymbolHead } from './symbol-head.tsx';
import { SymbolSwitcher } from './symbol-switcher.tsx';

export interface MarketPageProps {
  readonly store: Store;
  readonly symbol: string;
}

export function MarketPage({ store, symbol }: MarketPageProps) {
  const symbols = store.symbols.value;
  const isLost = store.connection.value === 'lost';
  // Before the symbols are known, none is missing.
  const isMissing = (symbols.length > 0 || store.cluster.value !== undefined) && !symbols.includes(symbol);
  return (
    <div class={isLost ? 'market market-lost' : 'market'}>
      <SymbolSwitcher store={store} selected={symbol} />
      {isMissing ? (
        <p class="card">{t('market.missing', { symbol })}</p>
      ) : (
        <SymbolBody key={symbol} store={store} symbol={symbol} />
      )}
    </div>
  );
}

function SymbolBody({ store, symbol }: MarketPageProps) {
  const data = useMemo(() => new ChartData(store, symbol), [store, symbol]);
  useEffect(() => data.start(), [data]);
  return (
    <>
      <SymbolHead store={store} symbol={symbol} />
      <div class="market-grid">
        <CandleChart data={data} />
        <div class="market-side">
          <PositionBox store={store} symbol={symbol} />
          <OpenOrders store={store} symbol={symbol} />
        </div>
        <EntryChecks store={store} symbol={symbol} />
        <EventList store={store} symbol={symbol} data={data} />
      </div>
    </>
  );
}
