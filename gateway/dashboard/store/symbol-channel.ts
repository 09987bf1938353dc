/** One symbol of the store: its signals, fed by its channel, and the listeners that want each event once and in order. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { formatDecimal, fromNumber } from '../../../domain/money.ts';
import type { CandleJson, FeedEvent } from '../../../protocol/feed.ts';
import type { ChannelHandlers } from './feed-source.ts';
import { type Json, objectOf, textOf } from './json.ts';
import { afterSymbolEvent, afterSymbolState, fromSymbolSnapshot } from './symbol-view.ts';
import type { Aged, Price, SymbolView } from './types.ts';

export interface SymbolChannelOptions {
  readonly symbol: string;
  readonly now: () => number;
  readonly onEvent: (event: FeedEvent) => void;
  /** Market time went on to this moment (ISO-8601, UTC). */
  readonly onMarketTime: (at: string) => void;
}

export class SymbolChannel {
  readonly #options: SymbolChannelOptions;
  readonly #view = signal<Aged<SymbolView> | undefined>(undefined);
  readonly #price = signal<Price | undefined>(undefined);
  readonly #candle = signal<CandleJson | undefined>(undefined);
  /** When the last `state` was heard; undefined before the first. */
  #stateHeardAt: number | undefined;
  readonly #listeners = new Set<(event: FeedEvent) => void>();

  constructor(options: SymbolChannelOptions) {
    this.#options = options;
  }

  get view(): ReadonlySignal<Aged<SymbolView> | undefined> {
    return this.#view;
  }

  get price(): ReadonlySignal<Price | undefined> {
    return this.#price;
  }

  get candle(): ReadonlySignal<CandleJson | undefined> {
    return this.#candle;
  }

  listen(listener: (event: FeedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly handlers: ChannelHandlers = {
    snapshot: ({ data, seq }) => {
      const { symbol } = this.#options;
      this.#set(fromSymbolSnapshot(symbol, data, seq, this.#view.value?.value));
      this.#startFrom(objectOf(data.lastClose));
    },
    event: (event) => {
      const before = this.#view.value;
      if (before !== undefined) this.#set(afterSymbolEvent(before.value, event));
      this.#options.onEvent(event);
      for (const listener of this.#listeners) listener(event);
    },
    state: ({ data }) => {
      const before = this.#view.value;
      if (before === undefined) return;
      this.#stateHeardAt = this.#options.now();
      this.#set(afterSymbolState(before.value, data));
    },
    tick: ({ price, at }) => {
      this.#price.value = { value: price, heardAt: this.#options.now() };
      this.#options.onMarketTime(at);
    },
    candle: ({ candle }) => {
      this.#candle.value = candle;
      // A feed of candles alone still has a last price: the close.
      this.#price.value = { value: formatDecimal(fromNumber(candle.close)), heardAt: this.#options.now() };
    },
  };

  /** Until a trade is heard, the close of the newest candle is the best that is known. */
  #startFrom(lastClose: Json | undefined): void {
    const [value, closedAt] = [textOf(lastClose?.price), textOf(lastClose?.at)];
    if (value === null || closedAt === null) return;
    const known = this.#price.value;
    if (known === undefined || known.closedAt !== undefined) {
      this.#price.value = { value, closedAt, heardAt: known?.heardAt ?? this.#options.now() };
    }
  }

  /** Exits and checks are as old as the last `state`: an event or a snapshot says nothing of them, so it makes nothing younger. */
  #set(value: SymbolView): void {
    this.#view.value = { value, heardAt: this.#stateHeardAt ?? this.#options.now() };
  }
}
