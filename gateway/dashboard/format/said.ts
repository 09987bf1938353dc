/** Who said something and when, for behind its reason: " (Kim, 11-23 14:05 KST)". Empty when neither is known. */
import { word } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import { formatShortDateTime } from './time.ts';

export function saidBy({ by, at }: { readonly by: string | null; readonly at: string | null }): string {
  const parts = [
    ...(by === null ? [] : [word('by', by)]),
    ...(at === null ? [] : [`${formatShortDateTime(at, zone.value)} ${zone.value}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
