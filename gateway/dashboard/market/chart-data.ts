/**
 * What the chart of one symbol draws, as signals: candles, the running candle, fills, and what was heard of the regime.
 *
 * Loaded when it starts and again whenever the connection comes back: candles that closed meanwhile are told by nobody. What is
 * heard while a load is under way is kept, and merged over what the load brings.
 */
import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { FeedEvent } from '../../../protocol/feed.ts';
import type { Store } from '../store/types.ts';
import { type ChartCandle, chartCandle, mergeCandles, runCandle } from './chart-candles.ts';
import { distinctFills, withFill } from './fill-markers.ts';
import { type PriceLevel, priceLevels } from './price-levels.ts';
import { observation, observedRegime, type RegimeBand, type RegimeObservation, regimeBands } from './regime-bands.ts';

/** Eight hours: more than fits a wide screen at a readable width, less than a request may ask for. */
export const CANDLES_SHOWN = 480;
/** More than the chart can show entries and exits for. */
const FILLS_LOADED = 200;
const FILLS_MAX = 1_000;
const OBSERVATIONS_MAX = 200;

export type LoadState =
  | { readonly phase: 'loading' | 'ready' }
  | { readonly phase: 'failed'; readonly message: string };

export class ChartData {
  readonly symbol: string;
  readonly load = signal<LoadState>({ phase: 'loading' });
  /** Closed ones, oldest first. */
  readonly candles = signal<readonly ChartCandle[]>([]);
  readonly running = signal<ChartCandle | undefined>(undefined);
  /** Oldest first, each once. */
  readonly fills = signal<readonly FeedEvent[]>([]);
  readonly bands: ReadonlySignal<readonly RegimeBand[]>;
  readonly levels: ReadonlySignal<readonly PriceLevel[]>;

  readonly #store: Store;
  readonly #explained = signal<readonly RegimeObservation[]>([]);
  /** Raised by every load and by the stop: an answer to an older question is dropped. */
  #question = 0;

  constructor(store: Store, symbol: string) {
    this.#store = store;
    this.symbol = symbol;
    const told = computed(() =>
      store.events.value.flatMap((event) => (event.stream === symbol ? (observedRegime(event) ?? []) : [])),
    );
    this.bands = unlessEqual(() => regimeBands([...told.value, ...this.#explained.value]));
    this.levels = unlessEqual(() => priceLevels(store.symbol(symbol).value?.value));
  }

  /** Follows the store until the returned function is called. */
  start(): () => void {
    let isFirst = true;
    const stops = [
      effect(() => {
        // The first load waits for nothing: history may be there while the feed is still connecting.
        if (this.#store.connection.value === 'live' || isFirst) void this.reload();
        isFirst = false;
      }),
      effect(() => this.#heardCandle()),
      effect(() => this.#heardPrice()),
      effect(() => this.#heardExplain()),
      this.#store.onEvent(this.symbol, (event) => {
        this.fills.value = withFill(this.fills.peek(), event, FILLS_MAX);
      }),
    ];
    return () => {
      this.#question += 1;
      for (const stop of stops) stop();
    };
  }

  /** Never rejects: a failure is shown, with what was loaded before still there. */
  async reload(): Promise<void> {
    this.#question += 1;
    const question = this.#question;
    try {
      const [candles, fills] = await Promise.all([
        this.#store.candles(this.symbol, CANDLES_SHOWN),
        this.#store.fills(this.symbol, FILLS_LOADED),
      ]);
      if (question !== this.#question) return;
      batch(() => {
        this.candles.value = mergeCandles(candles.map(chartCandle), this.candles.peek(), CANDLES_SHOWN);
        this.fills.value = distinctFills([...fills, ...this.fills.peek()]).slice(-FILLS_MAX);
        this.load.value = { phase: 'ready' };
      });
    } catch (error) {
      if (question !== this.#question) return;
      this.load.value = { phase: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  #heardCandle(): void {
    const candle = this.#store.candle(this.symbol).value;
    if (candle === undefined) return;
    this.candles.value = mergeCandles(this.candles.peek(), [chartCandle(candle)], CANDLES_SHOWN);
  }

  #heardPrice(): void {
    const last = this.#store.price(this.symbol).value;
    const price = Number(last?.value);
    const lastClosed = this.candles.value.at(-1);
    // A close is of a candle that is over.
    if (lastClosed === undefined || !Number.isFinite(price) || last?.closedAt !== undefined) return;
    this.running.value = runCandle(this.running.peek(), lastClosed, price);
  }

  #heardExplain(): void {
    const explain = this.#store.symbol(this.symbol).value?.value.explain;
    const seen = observation(explain?.regime, explain?.at);
    const earlier = this.#explained.peek();
    if (seen === undefined || earlier.at(-1)?.at === seen.at) return;
    this.#explained.value = [...earlier, seen].slice(-OBSERVATIONS_MAX);
  }
}

/** The same object for as long as its content is the same: the engine repeats itself twice a second, and a redraw is dear. */
function unlessEqual<T extends object>(compute: () => T): ReadonlySignal<T> {
  let last: { readonly value: T; readonly text: string } | undefined;
  return computed(() => {
    const value = compute();
    const text = JSON.stringify(value);
    if (last?.text !== text) last = { value, text };
    return last.value;
  });
}
