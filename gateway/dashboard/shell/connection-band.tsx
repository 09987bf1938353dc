/** A lost connection across the whole page, with since when. It heals by itself, and then it is gone. */
import { ageText } from '../format/age.ts';
import { formatClock } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import type { Store } from '../store/types.ts';

export function ConnectionBand({ store }: { readonly store: Store }) {
  if (store.connection.value !== 'lost') return null;
  const since = store.lostAt.value;
  return (
    <p class="band">
      {since === null
        ? t('connection.neverYet')
        : t('connection.lostSince', {
            time: `${formatClock(since, zone.value)} ${zone.value}`,
            age: ageText(store.now.value - since),
          })}
    </p>
  );
}
