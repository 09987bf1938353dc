/** The first line of the page: is it healthy. One quiet sentence when it is, a list when it is not. */
import { ageText } from '../format/age.ts';
import { saidBy } from '../format/said.ts';
import { t } from '../i18n/index.ts';
import type { Store } from '../store/types.ts';
import { type Attention, attentionOf, isSevere } from './attention.ts';

export function AttentionList({ store }: { readonly store: Store }) {
  const cluster = store.cluster.value;
  const found = attentionOf({
    connection: store.connection.value,
    now: store.now.value,
    account: store.account.value,
    cluster,
    symbols: store.symbols.value.map((symbol) => ({
      symbol,
      view: store.symbol(symbol).value,
      // Its age is looked at once a second; a tick changes nothing here.
      price: store.price(symbol).peek(),
    })),
  });
  if (found.length === 0) {
    // Nothing heard is not the same as nothing wrong.
    const isKnown = store.connection.value === 'live' && cluster !== undefined;
    return (
      <p class="fine">
        {!isKnown
          ? t('attention.waiting')
          : t('attention.fine', {
              pods: cluster.value.pods.filter(({ live }) => live).length,
              symbols: cluster.value.symbols.length,
            })}
      </p>
    );
  }
  return (
    <section class="attention" aria-label={t('attention.label')}>
      <ul>
        {found.map((item) => (
          <li key={keyOf(item)} class={isSevere(item) ? 'severe' : ''}>
            {attentionText(item)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function attentionText(item: Attention): string {
  const { type } = item;
  if ('ageMs' in item) {
    const age = ageText(item.ageMs);
    return t(`attention.${item.type}`, 'symbol' in item ? { age, symbol: item.symbol } : { age });
  }
  if ('stop' in item) {
    const values = { reason: item.stop.reason, said: saidBy(item.stop) };
    return t(`attention.${item.type}`, 'symbol' in item ? { ...values, symbol: item.symbol } : values);
  }
  const { type: _, ...values } = item;
  return t(`attention.${type}`, values);
}

function keyOf(item: Attention): string {
  const name = 'symbol' in item ? item.symbol : 'pod' in item ? item.pod : '';
  return `${item.type} ${name}`;
}
