/** The chart of a symbol with its legend, its text alternative, and what it says while there is nothing to draw. */
import { effect, type ReadonlySignal, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatPrice } from '../format/money.ts';
import { zoneOffsetMs } from '../format/time.ts';
import { t } from '../i18n/index.ts';
import { gainColour, language, theme, zone } from '../settings.ts';
import { Card } from '../ui/card.tsx';
import './candle-chart.css';
import { withRunning } from './chart-candles.ts';
import type { ChartData } from './chart-data.ts';
import { ChartLegend } from './chart-legend.tsx';
import { readPalette } from './chart-palette.ts';
import { ChartSummary } from './chart-summary.tsx';
import type { ChartContent, ChartView } from './chart-view.ts';
import { fillMarkers } from './fill-markers.ts';
import { levelTitle } from './level-title.ts';

interface ChartProps {
  readonly data: ChartData;
}

export function CandleChart({ data }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const fitLevels = useSignal(true);
  const view = useSignal<ChartView | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);

  useEffect(() => {
    let isGone = false;
    let stop = (): void => {};
    void openView(host.current).then(
      (opened) => {
        if (opened === undefined || isGone) {
          opened?.remove();
          return;
        }
        view.value = opened;
        const stopFollowing = follow(opened, data, fitLevels);
        stop = () => {
          stopFollowing();
          opened.remove();
        };
      },
      (error: unknown) => {
        failure.value = String(error);
      },
    );
    return () => {
      isGone = true;
      view.value = undefined;
      stop();
    };
  }, [data, fitLevels, view, failure]);

  return (
    <Card
      id="market-chart-title"
      title={t('market.chart')}
      class="market-chart"
      aside={
        <ChartControls
          hasLevels={data.levels.value.length > 0}
          fitLevels={fitLevels}
          onLatest={() => view.value?.showLatest()}
        />
      }
    >
      <figure>
        <div class="market-chart-frame">
          <div class="market-chart-canvas" ref={host} aria-hidden="true" />
          <ChartState data={data} failure={failure.value} />
        </div>
        <ChartSummary data={data} />
      </figure>
      <ChartLegend data={data} />
    </Card>
  );
}

interface ControlsProps {
  readonly hasLevels: boolean;
  readonly fitLevels: Signal<boolean>;
  readonly onLatest: () => void;
}

function ChartControls({ hasLevels, fitLevels, onLatest }: ControlsProps) {
  return (
    <div class="market-chart-controls">
      {hasLevels && (
        <label>
          <input
            type="checkbox"
            checked={fitLevels.value}
            onChange={(event) => {
              fitLevels.value = event.currentTarget.checked;
            }}
          />
          {t('market.chart.fitLevels')}
        </label>
      )}
      <button type="button" class="button" onClick={onLatest}>
        {t('market.chart.latest')}
      </button>
    </div>
  );
}

/** Said over the empty chart; a failed load leaves what was drawn before and says so below it. */
function ChartState({ data, failure }: { readonly data: ChartData; readonly failure: string | undefined }) {
  const load = data.load.value;
  const message = failure ?? (load.phase === 'failed' ? load.message : undefined);
  if (message !== undefined) {
    return (
      <p class="market-chart-state" role="alert">
        {t('market.chart.failed', { message })}{' '}
        <button type="button" class="button" onClick={() => void data.reload()}>
          {t('market.chart.again')}
        </button>
      </p>
    );
  }
  if (data.candles.value.length > 0) return null;
  return (
    <p class="market-chart-state">{t(load.phase === 'loading' ? 'market.chart.loading' : 'market.chart.empty')}</p>
  );
}

async function openView(host: HTMLElement | null): Promise<ChartView | undefined> {
  const { createChartView } = await import('./chart-view.ts');
  return host?.isConnected === true ? createChartView(host, readPalette(document.documentElement)) : undefined;
}

/**
 * Draws again when what is drawn changes, once a frame however much that is; a tick alone moves only the running candle.
 * The chart is for the eye, so a page in the background draws nothing until it is looked at.
 */
function follow(view: ChartView, data: ChartData, fitLevels: ReadonlySignal<boolean>): () => void {
  let frame = 0;
  const stops = [
    effect(() => {
      // Named, so that this follows them: they are read when the frame comes, and by then the page has the new colours.
      void [
        data.load.value,
        data.candles.value,
        data.fills.value,
        data.levels.value,
        data.bands.value,
        fitLevels.value,
      ];
      void [zone.value, theme.value, gainColour.value, language.value];
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        view.paint(readPalette(document.documentElement));
        // What is heard before the history is there would be all the chart shows, and its width would stay.
        if (data.load.peek().phase !== 'loading') view.draw(contentOf(data, fitLevels.peek()));
      });
    }),
    effect(() => {
      const running = data.running.value;
      if (running !== undefined) view.tick(running);
    }),
  ];
  return () => {
    cancelAnimationFrame(frame);
    for (const stop of stops) stop();
  };
}

function contentOf(data: ChartData, fitLevels: boolean): ChartContent {
  const candles = withRunning(data.candles.peek(), data.running.peek());
  return {
    candles,
    markers: fillMarkers(data.fills.peek(), candles[0]?.openTime ?? Number.POSITIVE_INFINITY),
    levels: data.levels.peek(),
    bands: data.bands.peek(),
    offsetMs: zoneOffsetMs(zone.peek()),
    fitLevels,
    levelTitle,
    formatPrice: (price) => formatPrice(price.toFixed(8)),
  };
}
