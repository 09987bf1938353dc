/** One screen that answers: am I making money, what do I hold, what is it thinking, is it healthy. */
import { t } from '../i18n/index.ts';
import type { DashboardStore } from '../store/store.ts';
import { AccountCard } from './account-card.tsx';
import { AttentionList } from './attention-list.tsx';
import { EventsCard } from './events-card.tsx';
import { HealthCard } from './health-card.tsx';
import { MoneyCard } from './money-card.tsx';
import { PositionsCard } from './positions-card.tsx';
import { SymbolsCard } from './symbols-card.tsx';

export function OverviewPage({ store }: { readonly store: DashboardStore }) {
  return (
    <div class="overview">
      <h1 class="visually-hidden">{t('overview.title')}</h1>
      <AttentionList store={store} />
      <div class="stack">
        <MoneyCard store={store} />
        <PositionsCard store={store} />
        <SymbolsCard store={store} />
      </div>
      <div class="stack side">
        <AccountCard store={store} />
        <HealthCard store={store} />
        <DecisionsCard store={store} />
      </div>
      <AllEventsCard store={store} />
    </div>
  );
}

function DecisionsCard({ store }: { readonly store: DashboardStore }) {
  return (
    <EventsCard
      id="decisions"
      title={t('decisions.title')}
      empty={t('decisions.empty')}
      events={store.decisions.value}
      class="decisions"
    />
  );
}

function AllEventsCard({ store }: { readonly store: DashboardStore }) {
  return <EventsCard id="events" title={t('events.title')} empty={t('events.empty')} events={store.events.value} />;
}
