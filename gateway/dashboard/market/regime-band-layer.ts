/** Paints regimes behind the candles: a layer of lightweight-charts below its grid, from the first bar of a band to its last. */
import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts';
import type { ChartPalette } from './chart-palette.ts';
import type { RegimeBand } from './regime-bands.ts';

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];

/** How strong a band is: seen, and never mistaken for a candle. */
const BAND_OPACITY = 0.07;
/** At the lower edge the same colour stands full, so that a band is also a line and not a tint only. */
const EDGE_PX = 3;

export class RegimeBandLayer implements ISeriesPrimitive<Time> {
  #attached: SeriesAttachedParameter<Time> | undefined;
  #bands: readonly RegimeBand[] = [];
  #palette: ChartPalette | undefined;
  readonly #views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => ({ draw: (target) => this.#draw(target) }) },
  ];

  attached(parameter: SeriesAttachedParameter<Time>): void {
    this.#attached = parameter;
  }

  detached(): void {
    this.#attached = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }

  /** Times of the bands in milliseconds on the chart's clock. */
  show(bands: readonly RegimeBand[], palette: ChartPalette): void {
    this.#bands = bands;
    this.#palette = palette;
    this.#attached?.requestUpdate();
  }

  #draw(target: Target): void {
    const [attached, palette] = [this.#attached, this.#palette];
    if (attached === undefined || palette === undefined) return;
    const spans = this.#spans(attached);
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const { left, right, regime } of spans) {
        context.fillStyle = palette.regimes[regime];
        context.globalAlpha = BAND_OPACITY;
        context.fillRect(left, 0, right - left, mediaSize.height);
        context.globalAlpha = 1;
        context.fillRect(left, mediaSize.height - EDGE_PX, right - left, EDGE_PX);
      }
    });
  }

  /** The time scale has a place for bars only, so a band reaches from the first bar inside it to the last. */
  #spans({ chart, series }: SeriesAttachedParameter<Time>) {
    const scale = chart.timeScale();
    const half = scale.options().barSpacing / 2;
    const times = series.data().map((bar) => Number(bar.time) * 1_000);
    return this.#bands.flatMap(({ from, to, regime }) => {
      const first = times.find((time) => time >= from && time < to);
      const last = times.findLast((time) => time >= from && time < to);
      if (first === undefined || last === undefined) return [];
      const left = scale.timeToCoordinate((first / 1_000) as Time);
      const right = scale.timeToCoordinate((last / 1_000) as Time);
      return left === null || right === null ? [] : [{ left: left - half, right: right + half, regime }];
    });
  }
}
