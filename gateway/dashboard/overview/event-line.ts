/** A row of any stream in one line: symbols as the market page writes them, account and cluster here. */
import type { FeedEvent } from '../../../protocol/feed.ts';
import { formatKrw } from '../format/money.ts';
import { TEXTS, type TextKey, t, word } from '../i18n/index.ts';
import { eventText } from '../market/event-text.ts';
import { textOf } from '../store/json.ts';

export function eventLine(event: FeedEvent): string {
  if (event.stream === 'account') return accountLine(event);
  if (event.stream === 'cluster') return clusterLine(event);
  return eventText(event);
}

/** Where it happened: a symbol by its name. */
export function streamName(stream: string): string {
  return stream === 'account' || stream === 'cluster' ? t(`events.stream.${stream}`) : stream;
}

function accountLine(event: FeedEvent): string {
  const code = textOf(event.command);
  if (code === null) return word('kind', event.kind);
  const command = word('command', code);
  const amount = textOf(event.amount);
  if (amount !== null) return t('event.cash', { command, amount: formatKrw(amount) });
  const reason = textOf(event.reason) ?? '';
  const name = textOf(event.by);
  return name === null ? t('event.account', { command, reason }) : t('event.accountBy', { command, reason, name });
}

function clusterLine(event: FeedEvent): string {
  const change = textOf(event.change) ?? event.kind;
  const key = `change.${change}`;
  if (!(key in TEXTS)) return change;
  return t(key as TextKey, { pod: textOf(event.pod) ?? '', symbols: symbolsOf(event).join(', ') });
}

function symbolsOf(event: FeedEvent): readonly string[] {
  const { symbols, claimed } = event as { readonly symbols?: unknown; readonly claimed?: unknown };
  const list = Array.isArray(symbols) ? symbols : Array.isArray(claimed) ? claimed : [];
  return list.map((item: unknown) => {
    const held = item as { readonly symbol?: unknown } | null;
    return typeof item === 'string' ? item : String(held?.symbol ?? '?');
  });
}
