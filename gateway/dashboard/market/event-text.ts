/** A journal row in one line. A kind or code without words is shown as the engine wrote it. */

import type { FeedEvent } from '../../../protocol/feed.ts';
import { formatKrw, formatPrice, formatQuantity } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';

export function eventText(event: FeedEvent): string {
  switch (event.kind) {
    case 'fill':
      return fillText(event);
    case 'order':
      return t('market.event.order', {
        side: word('side', read(event, 'side')),
        status: word('status', read(event, 'status')),
      });
    case 'decision':
      return decisionText(event);
    case 'signal':
      return signalText(event);
    case 'mode':
      return modeText(event);
    default:
      return word('kind', event.kind);
  }
}

function fillText(event: FeedEvent): string {
  const values = {
    side: word('side', read(event, 'side')),
    quantity: formatQuantity(read(event, 'quantity')),
    price: formatPrice(read(event, 'price')),
  };
  if (event.side !== 'sell') return t('market.event.fill', values);
  return t('market.event.fillRealized', { ...values, realized: formatKrw(read(event, 'realized'), { signed: true }) });
}

/** A refusal names a code, an exit its reason; an entry needs none. */
function decisionText(event: FeedEvent): string {
  const decision = word('decision', read(event, 'decision'));
  const why = read(event, 'code') || read(event, 'reason');
  if (why !== '') return t('market.event.decision', { decision, reason: word('reason', why) });
  return t('market.event.decisionOnly', { decision, price: formatPrice(read(event, 'price')) });
}

function signalText(event: FeedEvent): string {
  const trade = event.trade;
  if (typeof trade !== 'object' || trade === null) return word('signal', read(event, 'signal'));
  const { profit, reason } = trade as { readonly profit?: unknown; readonly reason?: unknown };
  return t('market.event.closed', {
    profit: formatKrw(typeof profit === 'string' ? profit : undefined, { signed: true }),
    reason: word('reason', typeof reason === 'string' ? reason : '–'),
  });
}

/** A row of the supervisor has no command: it says only what holds now. */
function modeText(event: FeedEvent): string {
  const command = read(event, 'command');
  if (command === '') return read(event, 'haltedReason') || word('kind', event.kind);
  const by = read(event, 'by');
  const values = { command: word('command', command), reason: read(event, 'reason') };
  return by === '' ? t('market.event.commandUnnamed', values) : t('market.event.command', { ...values, by });
}

/** Empty for a field that is not there, or is no text. */
function read(event: FeedEvent, field: string): string {
  const value = event[field];
  return typeof value === 'string' ? value : '';
}
