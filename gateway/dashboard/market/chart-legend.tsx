/** What the signs of the chart mean, and what the page does not know. */
import { formatPrice } from '../format/money.ts';
import { t, word } from '../i18n/index.ts';
import { ChartCredit } from '../ui/chart-credit.tsx';
import type { ChartData } from './chart-data.ts';
import { levelTitle } from './level-title.ts';
import { RegimeMark } from './regime-mark.tsx';

export function ChartLegend({ data }: { readonly data: ChartData }) {
  const levels = data.levels.value;
  const regimes = [...new Set(data.bands.value.map((band) => band.regime))];
  return (
    <div class="market-legend">
      <h3 class="visually-hidden">{t('market.legend')}</h3>
      <ul>
        <li>
          <span aria-hidden="true">↑</span> {t('market.chart.buy')}
        </li>
        <li>
          <span aria-hidden="true">↓</span> {t('market.chart.sell')}
        </li>
        {levels.map((level) => (
          <li key={level.kind}>
            <span class={`market-line market-line-${level.kind}`} aria-hidden="true" /> {levelTitle(level)}{' '}
            {formatPrice(level.price.toFixed(8))}
          </li>
        ))}
        {regimes.map((regime) => (
          <li key={regime}>
            <RegimeMark regime={regime} /> {word('regime', regime)}
          </li>
        ))}
      </ul>
      <p class="quiet">
        {t('market.legend.regime')} {t('market.legend.running')} <ChartCredit />
      </p>
    </div>
  );
}
