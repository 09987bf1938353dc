/** How old a price is: the age of one that was heard, the time of one that is the close of a candle. */
import { formatShortDateTime } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import type { Price, Store } from '../store/types.ts';
import { Age } from './age.tsx';

export function PriceAge({ store, price }: { readonly store: Store; readonly price: Price | undefined }) {
  if (price?.closedAt === undefined) return <Age store={store} heardAt={price?.heardAt} />;
  return <span class="age">{t('price.close', { time: formatShortDateTime(price.closedAt, zone.value) })}</span>;
}
