/** The chart in one sentence, for those who can't see it and for those who want the numbers. */
import { formatPrice } from '../format/money.ts';
import { formatShortDateTime } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import { priceRange, withRunning } from './chart-candles.ts';
import type { ChartData } from './chart-data.ts';

export function ChartSummary({ data }: { readonly data: ChartData }) {
  const candles = withRunning(data.candles.value, data.running.value);
  const range = priceRange(candles);
  const [first, newest] = [candles[0], candles.at(-1)];
  if (range === undefined || first === undefined || newest === undefined) return null;
  const write = (price: number): string => formatPrice(price.toFixed(8));
  return (
    <figcaption class="quiet">
      {t('market.chart.summary', {
        symbol: data.symbol,
        last: write(newest.close),
        low: write(range.low),
        high: write(range.high),
        from: formatShortDateTime(first.openTime, zone.value),
        to: formatShortDateTime(newest.openTime, zone.value),
        zone: zone.value,
        fills: data.fills.value.length,
      })}
    </figcaption>
  );
}
