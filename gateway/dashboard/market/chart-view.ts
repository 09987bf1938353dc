/**
 * The drawing of the chart: a thin skin over lightweight-charts, which knows nothing of stores and signals. Loaded only when
 * a chart is opened (`import('./chart-view.ts')`): the library is larger than the rest of the page.
 */
import {
  type AutoscaleInfo,
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  type IPriceLine,
  LineStyle,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { ChartCandle } from './chart-candles.ts';
import type { ChartPalette } from './chart-palette.ts';
import type { FillMarker } from './fill-markers.ts';
import type { PriceLevel } from './price-levels.ts';
import { RegimeBandLayer } from './regime-band-layer.ts';
import type { RegimeBand } from './regime-bands.ts';

/** Everything a redraw needs. Times are UTC milliseconds; `offsetMs` moves them to the reader's clock. */
export interface ChartContent {
  readonly candles: readonly ChartCandle[];
  readonly markers: readonly FillMarker[];
  readonly levels: readonly PriceLevel[];
  readonly bands: readonly RegimeBand[];
  readonly offsetMs: number;
  /** Whether the price scale reaches to the levels, even where they are far away. */
  readonly fitLevels: boolean;
  readonly levelTitle: (level: PriceLevel) => string;
  readonly formatPrice: (price: number) => string;
}

export interface ChartView {
  draw(content: ChartContent): void;
  /** The running candle only: cheap, for every tick. One that is older than what was drawn is of no use any more. */
  tick(candle: ChartCandle): void;
  paint(palette: ChartPalette): void;
  /** Back to the newest candles. */
  showLatest(): void;
  remove(): void;
}

const MARGIN_BARS = 4;
/** At first a candle is so wide, in pixels: as many are shown as have room, and an hour of them on the narrowest screen. */
const FIRST_BAR_PX = 5;
const FIRST_BARS_MIN = 60;

export function createChartView(host: HTMLElement, firstPalette: ChartPalette): ChartView {
  const chart = createChart(host, {
    autoSize: true,
    // Its link would lie in what is hidden from screen readers: ChartCredit stands beside the chart.
    layout: { attributionLogo: false, fontFamily: getComputedStyle(host).fontFamily, fontSize: 12 },
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { timeVisible: true, secondsVisible: false, rightOffset: MARGIN_BARS },
    rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.08 } },
    // The page scrolls with the wheel and with one finger; the chart takes pinches and horizontal drags.
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
    handleScale: { mouseWheel: false },
  });
  const series = chart.addSeries(CandlestickSeries, { priceLineVisible: true, lastValueVisible: true });
  const markers = createSeriesMarkers(series, []);
  const bands = new RegimeBandLayer();
  series.attachPrimitive(bands);

  let palette = firstPalette;
  let content: ChartContent | undefined;
  let lines: IPriceLine[] = [];
  let isFirst = true;

  const view: ChartView = {
    draw(next) {
      // Whoever looks at the newest candle goes on doing so; whoever has scrolled back is left there.
      const isFollowing = chart.timeScale().scrollPosition() >= 0;
      content = next;
      series.setData(next.candles.map((candle) => bar(candle, next.offsetMs)));
      series.applyOptions({
        priceFormat: { type: 'custom', formatter: next.formatPrice, minMove: 0.00000001 },
        autoscaleInfoProvider: (original: () => AutoscaleInfo | null) =>
          next.fitLevels ? reaching(original(), next.levels) : original(),
      });
      drawOverlays(next);
      if (isFirst && next.candles.length > 0) {
        isFirst = false;
        view.showLatest();
      } else if (isFollowing) {
        chart.timeScale().scrollToPosition(MARGIN_BARS, false);
      }
    },
    tick(candle) {
      const newest = content?.candles.at(-1);
      if (content === undefined || newest === undefined || candle.openTime < newest.openTime) return;
      // Not older than the last tick either: ticks of a symbol come in order.
      series.update(bar(candle, content.offsetMs));
    },
    paint(next) {
      palette = next;
      chart.applyOptions({
        layout: { background: { type: ColorType.Solid, color: next.surface }, textColor: next.muted },
        grid: { vertLines: { color: next.grid }, horzLines: { color: next.grid } },
        rightPriceScale: { borderColor: next.line },
        timeScale: { borderColor: next.line },
      });
      series.applyOptions({
        upColor: next.gain,
        downColor: next.loss,
        wickUpColor: next.gain,
        wickDownColor: next.loss,
        borderVisible: false,
      });
      if (content !== undefined) drawOverlays(content);
    },
    showLatest() {
      const count = content?.candles.length ?? 0;
      const shown = Math.max(FIRST_BARS_MIN, Math.floor(host.clientWidth / FIRST_BAR_PX));
      chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, count - shown), to: count + MARGIN_BARS });
    },
    remove: () => chart.remove(),
  };

  function drawOverlays(next: ChartContent): void {
    markers.setMarkers(
      next.markers.map((marker) => ({
        time: chartTime(marker.openTime, next.offsetMs),
        position: marker.side === 'buy' ? ('belowBar' as const) : ('aboveBar' as const),
        shape: marker.side === 'buy' ? ('arrowUp' as const) : ('arrowDown' as const),
        color: palette.text,
      })),
    );
    for (const line of lines) series.removePriceLine(line);
    lines = next.levels.map((level) =>
      series.createPriceLine({
        price: level.price,
        color: { average: palette.accent, stop: palette.caution, target: palette.text }[level.kind],
        lineWidth: level.kind === 'average' ? 1 : 2,
        lineStyle: level.kind === 'average' ? LineStyle.Dotted : LineStyle.Dashed,
        axisLabelVisible: true,
        title: next.levelTitle(level),
      }),
    );
    bands.show(
      next.bands.map(({ from, to, regime }) => ({ from: from + next.offsetMs, to: to + next.offsetMs, regime })),
      palette,
    );
  }

  view.paint(firstPalette);
  return view;
}

function bar({ openTime, open, high, low, close }: ChartCandle, offsetMs: number) {
  return { time: chartTime(openTime, offsetMs), open, high, low, close };
}

/** The library knows UTC only: the reader's clock is a shift of all times (Korea has no summer time). */
function chartTime(openTime: number, offsetMs: number): UTCTimestamp {
  return ((openTime + offsetMs) / 1_000) as UTCTimestamp;
}

function reaching(info: AutoscaleInfo | null, levels: readonly PriceLevel[]) {
  if (info === null || info.priceRange === null || levels.length === 0) return info;
  const prices = levels.map((level) => level.price);
  const { minValue, maxValue } = info.priceRange;
  return {
    ...info,
    priceRange: { minValue: Math.min(minValue, ...prices), maxValue: Math.max(maxValue, ...prices) },
  };
}
