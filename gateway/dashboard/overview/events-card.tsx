/** A list of what happened, newest first: all of it, or only what the engine thought. */
import type { FeedEvent } from '../../../protocol/feed.ts';
import { unbroken } from '../format/money.ts';
import { formatClock, formatDateTime, formatShortDateTime } from '../format/time.ts';
import { word } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import { Card } from '../ui/card.tsx';
import { eventLine, streamName } from './event-line.ts';

export interface EventsCardProps {
  readonly id: string;
  readonly title: string;
  /** Said while there is no event. */
  readonly empty: string;
  readonly events: readonly FeedEvent[];
  readonly class?: string;
}

/** What fits beside the rest; older events are the history page's. */
const SHOWN = 40;

export function EventsCard({ id, title, empty, events, class: className = '' }: EventsCardProps) {
  return (
    <Card id={id} title={title} class={`events ${className}`}>
      {events.length === 0 ? (
        <p class="quiet">{empty}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="events-scroll" tabIndex={0} aria-labelledby={id}>
          <ol>
            {events.slice(0, SHOWN).map((event) => (
              <EventItem key={`${event.stream} ${event.seq}`} event={event} />
            ))}
          </ol>
        </section>
      )}
    </Card>
  );
}

function EventItem({ event }: { readonly event: FeedEvent }) {
  return (
    <li class="event">
      <time class="number quiet" dateTime={event.at} title={formatDateTime(event.at, zone.value)}>
        <span class="event-day">{formatShortDateTime(event.at, zone.value).slice(0, 5)} </span>
        {formatClock(event.at, zone.value)}
      </time>
      <span class="event-stream">{streamName(event.stream)}</span>
      <span class="event-kind quiet">{word('kind', event.kind)}</span>
      <span class="event-line">{unbroken(eventLine(event))}</span>
    </li>
  );
}
