/** The equity curve over its drawdown. Loaded when it is shown: the chart's code is half of the page. */
import { effect, type ReadonlySignal } from '@preact/signals';
import {
  AreaSeries,
  createChart,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'preact/hooks';
import { fromNumber } from '../../../domain/money.ts';
import { formatPercent, formatPrice } from '../format/money.ts';
import { gainColour, language, theme } from '../settings.ts';
import type { EquitySeries, SeriesPoint } from './equity-series.ts';

export interface EquityChartProps {
  readonly series: ReadonlySignal<EquitySeries | undefined>;
}

export function EquityChart({ series }: EquityChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (place.current === null ? undefined : drawChart(place.current, series)), [series]);
  return <div class="equity-chart" ref={place} aria-hidden="true" />;
}

interface Lines {
  readonly equity: ISeriesApi<'Line'>;
  readonly drawdown: ISeriesApi<'Area'>;
}

function drawChart(place: HTMLElement, series: ReadonlySignal<EquitySeries | undefined>): () => void {
  const chart = createChart(place, {
    autoSize: true,
    handleScroll: false,
    handleScale: false,
    rightPriceScale: { borderVisible: false, entireTextOnly: true },
    timeScale: { borderVisible: false, timeVisible: true, fixLeftEdge: true, fixRightEdge: true },
    // Its link would lie in what is hidden from screen readers: ChartCredit stands beside the chart.
    layout: { attributionLogo: false, panes: { enableResize: false } },
  });
  const lines: Lines = {
    equity: chart.addSeries(LineSeries, { lineWidth: 2, priceLineVisible: false, priceFormat: krwFormat() }),
    drawdown: chart.addSeries(
      AreaSeries,
      { lineWidth: 1, priceLineVisible: false, lastValueVisible: false, priceFormat: percentFormat() },
      1,
    ),
  };
  chart.panes()[0]?.setStretchFactor(7);
  chart.panes()[1]?.setStretchFactor(3);
  const stopColours = effect(() => {
    // Read so that a change of either paints again.
    void theme.value;
    void gainColour.value;
    paint(chart, lines);
  });
  const stopData = effect(() => {
    lines.equity.setData(chartPoints(series.value?.equity));
    lines.drawdown.setData(chartPoints(series.value?.drawdown));
    chart.timeScale().fitContent();
  });
  const stopLanguage = effect(() => {
    chart.applyOptions({ localization: { locale: language.value === 'ko' ? 'ko-KR' : 'en-GB' } });
  });
  return () => {
    stopColours();
    stopData();
    stopLanguage();
    chart.remove();
  };
}

/** Colours are those of the style sheet, as they are at the moment. */
function paint(chart: IChartApi, { equity, drawdown }: Lines): void {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const red = colour('--red');
  chart.applyOptions({
    layout: {
      background: { color: colour('--surface') },
      textColor: colour('--muted'),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 12,
      panes: { separatorColor: colour('--line') },
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour('--line') } },
  });
  equity.applyOptions({ color: colour('--accent') });
  drawdown.applyOptions({ lineColor: red, topColor: `${red}00`, bottomColor: `${red}40`, invertFilledArea: true });
}

function chartPoints(points: readonly SeriesPoint[] | undefined): { time: UTCTimestamp; value: number }[] {
  return (points ?? []).map(({ time, value }) => ({ time: time as UTCTimestamp, value }));
}

function krwFormat() {
  return { type: 'custom' as const, minMove: 1, formatter: (value: number) => formatPrice(fromNumber(value)) };
}

function percentFormat() {
  return { type: 'custom' as const, minMove: 0.01, formatter: (value: number) => formatPercent(fromNumber(value)) };
}
