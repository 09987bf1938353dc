/** What happened to the symbol, newest first: fills of its history and every row that comes while the page is open. */
import type { FeedEvent } from '../../../protocol/feed.ts';
import { unbroken } from '../format/money.ts';
import { formatClock, formatShortDateTime } from '../format/time.ts';
import { t, word } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import type { Store } from '../store/types.ts';
import { Card } from '../ui/card.tsx';
import type { ChartData } from './chart-data.ts';
import { eventText } from './event-text.ts';
import { latestEvents } from './latest-events.ts';

/** More than a screen holds; older ones are the history page's. */
const EVENTS_SHOWN = 50;

interface ListProps {
  readonly store: Store;
  readonly symbol: string;
  readonly data: ChartData;
}

export function EventList({ store, symbol, data }: ListProps) {
  const events = latestEvents(symbol, [store.events.value, data.fills.value], EVENTS_SHOWN);
  return (
    <Card id="market-events-title" title={t('market.events', { symbol })} class="market-events">
      {events.length === 0 ? (
        <p class="quiet">{t('market.events.none')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by the keyboard to be read
        <ol tabIndex={0} aria-labelledby="market-events-title">
          {events.map((event) => (
            <EventItem key={event.seq} event={event} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function EventItem({ event }: { readonly event: FeedEvent }) {
  const at = `${formatShortDateTime(event.at, zone.value).slice(0, 6)}${formatClock(event.at, zone.value)}`;
  return (
    <li>
      <time class="number" dateTime={event.at}>
        {at}
      </time>
      <span class={`market-kind market-kind-${event.kind}`}>{word('kind', event.kind)}</span>
      <span class="quiet market-seq">#{event.seq}</span>
      <span class="market-event-text">{unbroken(eventText(event))}</span>
    </li>
  );
}
