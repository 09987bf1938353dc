/** Orders of the symbol that are not over. */
import { formatKrw, formatPrice, formatQuantity } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';
import type { Store } from '../store/types.ts';
import { Card } from '../ui/card.tsx';

type Order = Readonly<Record<string, unknown>>;

export function OpenOrders({ store, symbol }: { readonly store: Store; readonly symbol: string }) {
  const orders = store.symbol(symbol).value?.value.openOrders ?? [];
  return (
    <Card id="market-orders-title" title={t('market.orders')}>
      {orders.length === 0 ? <p class="quiet">{t('market.orders.none')}</p> : <OrderTable orders={orders} />}
    </Card>
  );
}

function OrderTable({ orders }: { readonly orders: readonly Order[] }) {
  return (
    <div class="market-scroll number">
      <table>
        <thead>
          <tr>
            <th scope="col">{t('market.orders.side')}</th>
            <th scope="col">{t('market.orders.status')}</th>
            <th scope="col" class="align-right">
              {t('market.orders.wanted')}
            </th>
            <th scope="col" class="align-right">
              {t('market.orders.filled')}
            </th>
            <th scope="col" class="align-right">
              {t('market.orders.price')}
            </th>
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={text(order.id)}>
              <td>{word('side', text(order.side) ?? '–')}</td>
              <td>{word('status', text(order.status) ?? '–')}</td>
              <td class="align-right">{wanted(order)}</td>
              <td class="align-right">{formatQuantity(text(order.filledQuantity))}</td>
              <td class="align-right">{priceOf(order)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A market buy spends an amount; every other order trades a quantity. */
function wanted(order: Order): string {
  const quantity = text(order.quantity);
  return quantity === undefined ? formatKrw(text(order.amount)) : formatQuantity(quantity);
}

function priceOf(order: Order): string {
  const limit = text(order.price);
  return limit === undefined ? t('market.orders.market') : formatPrice(limit);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
