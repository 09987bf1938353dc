/** The frame of the page: top bar, connection, the page of the route, and the one command dialog. */
import type { ReadonlySignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { t } from '../i18n/index.ts';
import { CommandDialogHost } from '../market/command-dialog.tsx';
import { OverviewPage } from '../overview/overview-page.tsx';
import type { DashboardStore } from '../store/store.ts';
import type { Store } from '../store/types.ts';
import { ConnectionBand } from './connection-band.tsx';
import { LazyPart } from './lazy-part.tsx';
import type { Route } from './router.ts';
import { SignIn } from './sign-in.tsx';
import { TopBar } from './top-bar.tsx';

export interface AppProps {
  readonly store: DashboardStore;
  readonly route: ReadonlySignal<Route>;
}

export function App({ store, route }: AppProps) {
  return (
    <div class="app" data-connection={store.connection.value}>
      <button type="button" class="skip button" onClick={skipToContent}>
        {t('nav.skip')}
      </button>
      <TopBar store={store} route={route} />
      <ConnectionBand store={store} />
      <main id="content" tabIndex={-1}>
        {store.access.value === 'open' ? <Page store={store} route={route.value} /> : <SignIn store={store} />}
      </main>
      <CommandDialogHost />
    </div>
  );
}

function Page({ store, route }: { readonly store: DashboardStore; readonly route: Route }) {
  if (route.page === 'overview') return <OverviewPage store={store} />;
  if (route.page === 'unknown') return <p class="quiet">{t('page.notFound')}</p>;
  const symbol = route.symbol ?? store.symbols.value[0];
  if (symbol === undefined) return <p class="quiet">{t('page.loading')}</p>;
  return <LazyPart load={loadMarket} props={{ store, symbol }} />;
}

async function loadMarket(): Promise<ComponentType<{ store: Store; symbol: string }>> {
  return (await import('../market/market-page.tsx')).MarketPage;
}

/** A button and no link: the part of the address behind # names the page. */
function skipToContent(): void {
  document.getElementById('content')?.focus();
}
