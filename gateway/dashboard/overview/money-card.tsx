/** Am I making money: equity, the day, everything since the start, and the curve with its drawdown. */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Units } from '../../../domain/money.ts';
import { formatKrw, formatPercent, unitsOf } from '../format/money.ts';
import { formatDateTime, zoneOffsetMs } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { zone } from '../settings.ts';
import { LazyPart } from '../shell/lazy-part.tsx';
import type { EquityRange } from '../store/equity-history.ts';
import type { DashboardStore } from '../store/store.ts';
import type { AccountView } from '../store/types.ts';
import { Age } from '../ui/age.tsx';
import { Profit, ProfitShare } from '../ui/amount.tsx';
import { Card } from '../ui/card.tsx';
import { ChartCredit } from '../ui/chart-credit.tsx';
import { Segmented } from '../ui/segmented.tsx';
import type { EquityChartProps } from './equity-chart.tsx';
import { type EquitySeries, equitySeries } from './equity-series.ts';

const RANGES: readonly EquityRange[] = ['day', 'week', 'all'];

export function MoneyCard({ store }: { readonly store: DashboardStore }) {
  const history = store.equityHistory;
  const range = (
    <Segmented
      name="equity-range"
      legend={t('money.range')}
      hideLegend
      value={history.range.value}
      options={RANGES.map((value) => ({ value, label: t(`money.range.${value}`) }))}
      onChoose={(value) => void history.choose(value)}
    />
  );
  return (
    <Card id="money" title={t('money.title')} class="money" aside={range}>
      <div class="money-parts">
        <Figures store={store} />
        <Curve store={store} />
      </div>
    </Card>
  );
}

function Figures({ store }: { readonly store: DashboardStore }) {
  const aged = store.account.value;
  const account = aged?.value;
  const { today, invested, total, deposited } = profitsOf(account);
  const drawdown = store.equity.value?.maxDrawdown;
  return (
    <dl class="figures">
      <Figure name={t('money.equity')} class="figure-main">
        <strong class="number">{formatKrw(account?.equity)}</strong>
        <Age store={store} heardAt={aged?.heardAt} isState />
      </Figure>
      <Figure name={t('money.today')} class="figure-second">
        <Profit amount={today} />
        <ProfitShare part={today} whole={invested} />
      </Figure>
      <Figure name={t('money.realizedToday')}>
        <Profit amount={account?.day.profit} />
      </Figure>
      <Figure name={t('money.total')}>
        <Profit amount={total} />
        <ProfitShare part={total} whole={deposited} />
      </Figure>
      <Figure name={t('money.drawdown')}>
        <span class="number">{formatPercent(drawdown)}</span>
      </Figure>
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

function Figure({ name, class: className = '', children }: FigureProps) {
  return (
    <div class={`figure ${className}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface Profits {
  /** The engine's own word: cash that was moved that day is not in it. */
  readonly today: Units | undefined;
  /** What it was made with: the day's reference and that cash. */
  readonly invested: Units | undefined;
  readonly total: Units | undefined;
  readonly deposited: Units | undefined;
}

function profitsOf(account: AccountView | undefined): Profits {
  const equity = unitsOf(account?.equity);
  const reference = unitsOf(account?.referenceEquity);
  const moved = unitsOf(account?.day.netDeposits);
  const deposits = unitsOf(account?.deposits);
  const withdrawals = unitsOf(account?.withdrawals);
  const deposited = deposits === undefined || withdrawals === undefined ? undefined : deposits - withdrawals;
  return {
    today: unitsOf(account?.day.equityProfit),
    invested: reference === undefined || moved === undefined ? undefined : reference + moved,
    total: equity === undefined || deposited === undefined ? undefined : equity - deposited,
    deposited,
  };
}

function Curve({ store }: { readonly store: DashboardStore }) {
  const series = useMemo(() => computed(() => equitySeries(store.equity.value, zoneOffsetMs(zone.value))), [store]);
  const failed = store.equityHistory.failed.value;
  return (
    <figure class="curve">
      {series.value === undefined ? (
        <p class="quiet curve-empty">{t(failed ? 'money.curveFailed' : 'money.noCurve')}</p>
      ) : (
        <LazyPart load={loadChart} props={{ series }} />
      )}
      <figcaption>
        <span class="legend legend-equity">{t('money.legend.equity')}</span>
        <span class="legend legend-drawdown">{t('money.legend.drawdown')}</span>
        <ChartCredit />
        <CurveInWords store={store} series={series} />
      </figcaption>
    </figure>
  );
}

/** What the chart shows, for those who don't see it. */
function CurveInWords({
  store,
  series,
}: {
  readonly store: DashboardStore;
  readonly series: ReadonlySignal<EquitySeries | undefined>;
}) {
  const shown = series.value;
  const points = store.equity.value?.points;
  if (shown === undefined || points === undefined) return null;
  return (
    <span class="visually-hidden">
      {t('money.chart', {
        from: formatDateTime(points[0]?.at, zone.value),
        to: formatDateTime(points.at(-1)?.at, zone.value),
        zone: zone.value,
        low: formatKrw(shown.lowest),
        high: formatKrw(shown.highest),
        now: formatKrw(shown.last),
        drawdown: formatPercent(store.equity.value?.maxDrawdown),
      })}
    </span>
  );
}

async function loadChart(): Promise<ComponentType<EquityChartProps>> {
  return (await import('./equity-chart.tsx')).EquityChart;
}
