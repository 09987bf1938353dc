/** The top of every page: name, pages, how the connection is, the market's time with its zone, settings. */
import type { ReadonlySignal } from '@preact/signals';
import { formatClock } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { chooseLanguage, chooseZone, language, zone } from '../settings.ts';
import type { DashboardStore } from '../store/store.ts';
import type { Route } from './router.ts';
import { SettingsMenu } from './settings-menu.tsx';

export interface TopBarProps {
  readonly store: DashboardStore;
  readonly route: ReadonlySignal<Route>;
}

export function TopBar({ store, route }: TopBarProps) {
  return (
    <header class="top-bar">
      <a class="brand" href="#/">
        CoinPilot
      </a>
      <nav class="pages" aria-label={t('nav.label')}>
        <PageLink href="#/" label={t('nav.overview')} current={route.value.page === 'overview'} />
        <PageLink href="#/market" label={t('nav.market')} current={route.value.page === 'market'} />
      </nav>
      <ConnectionMark store={store} />
      <MarketClock store={store} />
      <button
        type="button"
        class="button bar-only"
        lang={language.value === 'ko' ? 'en' : 'ko'}
        onClick={() => chooseLanguage(language.value === 'ko' ? 'en' : 'ko')}
      >
        {language.value === 'ko' ? 'English' : '한국어'}
      </button>
      <SettingsMenu />
    </header>
  );
}

function PageLink({
  href,
  label,
  current,
}: {
  readonly href: string;
  readonly label: string;
  readonly current: boolean;
}) {
  return (
    <a href={href} aria-current={current ? 'page' : undefined}>
      {label}
    </a>
  );
}

/** The one place that speaks up by itself when the connection changes. */
function ConnectionMark({ store }: { readonly store: DashboardStore }) {
  const state = store.connection.value;
  return (
    <span class={`connection connection-${state}`} role="status">
      {t(`connection.${state}`)}
    </span>
  );
}

/** Pressing it changes the zone everywhere. */
function MarketClock({ store }: { readonly store: DashboardStore }) {
  const other = zone.value === 'UTC' ? 'KST' : 'UTC';
  return (
    <button type="button" class="button clock bar-only" title={t('clock.market')} onClick={() => chooseZone(other)}>
      <span class="visually-hidden">{t('clock.market')} </span>
      <span class="number">{formatClock(store.marketTime.value, zone.value)}</span> {zone.value}
    </button>
  );
}
