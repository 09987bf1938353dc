/** The hours of a symbol's market, for charts: minutes would be as large as the recording. */
import { type Candle, closesHour, HOUR_MS } from '../../domain/candle.ts';

export interface Bar {
  /** When its first minute opens. */
  readonly at: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export class HourBars {
  readonly #closed: Bar[] = [];
  #forming: { -readonly [Key in keyof Bar]: Bar[Key] } | undefined;

  take(candle: Candle): void {
    const { openTime, open, high, low, close } = candle;
    const bar = this.#forming;
    if (bar === undefined) this.#forming = { at: Math.floor(openTime / HOUR_MS) * HOUR_MS, open, high, low, close };
    else {
      if (high > bar.high) bar.high = high;
      if (low < bar.low) bar.low = low;
      bar.close = close;
    }
    if (closesHour(candle)) this.#close();
  }

  /** Every hour so far, the last one as far as it has come. */
  get bars(): readonly Bar[] {
    return this.#forming === undefined ? this.#closed : [...this.#closed, this.#forming];
  }

  #close(): void {
    if (this.#forming !== undefined) this.#closed.push(this.#forming);
    this.#forming = undefined;
  }
}

/** Neighbours made into one bar each, until there are no more than `barsMax`. */
export function coarser(bars: readonly Bar[], barsMax: number): readonly Bar[] {
  const width = Math.ceil(bars.length / barsMax);
  if (width <= 1) return bars;
  return Array.from({ length: Math.ceil(bars.length / width) }, (_, index) => {
    const part = bars.slice(index * width, (index + 1) * width);
    const [first] = part as [Bar];
    return {
      at: first.at,
      open: first.open,
      high: Math.max(...part.map(({ high }) => high)),
      low: Math.min(...part.map(({ low }) => low)),
      close: (part.at(-1) as Bar).close,
    };
  });
}
