import { signal } from '@preact/signals';
import { describe, expect, it, vi } from 'vitest';
import { ChartData } from '../../../gateway/dashboard/market/chart-data.ts';
import type { Aged, Connection, Price, Store, SymbolView } from '../../../gateway/dashboard/store/types.ts';
import type { CandleJson, FeedEvent } from '../../../protocol/feed.ts';
import { fillOf, SYMBOL, viewOf } from './market-builders.ts';

const candleAt = (minute: number, close: number): CandleJson => ({
  openTime: `2026-01-31T09:0${minute}:00.000Z`,
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});
const fillAt = (seq: number): FeedEvent => fillOf(seq, 'buy', '0.1', '2026-01-31T09:01:00.000Z');

/** A store by hand: what the tests set is what the data hears. */
function storeWith(stored: { candles: CandleJson[]; fills: FeedEvent[] }) {
  const connection = signal<Connection>('live');
  const candle = signal<CandleJson | undefined>(undefined);
  const price = signal<Price | undefined>(undefined);
  const view = signal<Aged<SymbolView> | undefined>(undefined);
  const listeners = new Set<(event: FeedEvent) => void>();
  const loads: string[] = [];
  const store = {
    connection,
    events: signal<readonly FeedEvent[]>([]),
    symbol: () => view,
    price: () => price,
    candle: () => candle,
    onEvent: (_: string, listener: (event: FeedEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    candles: (symbol: string) => {
      loads.push(symbol);
      return Promise.resolve(stored.candles);
    },
    fills: () => Promise.resolve([...stored.fills].reverse()),
  } as unknown as Store;
  return { store, connection, candle, price, view, listeners, loads };
}

const loaded = (data: ChartData) => vi.waitFor(() => expect(data.load.value.phase).toBe('ready'));
const closes = (data: ChartData): number[] => data.candles.value.map(({ close }) => close);

describe('the data of a chart', () => {
  it('keeps what was heard while the history was loading', async () => {
    const { store, candle, listeners } = storeWith({ candles: [candleAt(0, 100)], fills: [fillAt(1)] });
    const data = new ChartData(store, SYMBOL);
    const stop = data.start();
    candle.value = candleAt(1, 101);
    for (const hear of listeners) hear(fillAt(2));
    await loaded(data);
    expect(closes(data)).toEqual([100, 101]);
    expect(data.fills.value.map(({ seq }) => seq)).toEqual([1, 2]);
    stop();
  });

  it('loads again when the connection comes back: nobody tells the candles that closed meanwhile', async () => {
    const stored = { candles: [candleAt(0, 100)], fills: [] as FeedEvent[] };
    const { store, connection, loads } = storeWith(stored);
    const data = new ChartData(store, SYMBOL);
    const stop = data.start();
    await loaded(data);
    connection.value = 'lost';
    stored.candles = [candleAt(0, 100), candleAt(1, 101), candleAt(2, 102)];
    connection.value = 'live';
    await vi.waitFor(() => expect(closes(data)).toEqual([100, 101, 102]));
    expect(loads).toHaveLength(2);
    stop();
  });

  it('runs no candle of a close: that one is over', async () => {
    const { store, price } = storeWith({ candles: [candleAt(0, 100)], fills: [] });
    const data = new ChartData(store, SYMBOL);
    const stop = data.start();
    await loaded(data);
    price.value = { value: '100', heardAt: 0, closedAt: '2026-01-31T09:01:00.000Z' };
    expect(data.running.value).toBeUndefined();
    price.value = { value: '101', heardAt: 0 };
    expect(data.running.value).toMatchObject({ close: 101 });
    stop();
  });

  it('runs a candle after the last closed one and begins anew when it closes', async () => {
    const { store, candle, price } = storeWith({ candles: [candleAt(0, 100)], fills: [] });
    const data = new ChartData(store, SYMBOL);
    const stop = data.start();
    await loaded(data);
    for (const value of ['103', '99', '101']) price.value = { value, heardAt: 0 };
    const openTime = Date.parse('2026-01-31T09:01:00.000Z');
    // Opened by the first price after the load, 103.
    expect(data.running.value).toEqual({ openTime, open: 103, high: 103, low: 99, close: 101 });
    candle.value = candleAt(1, 101);
    price.value = { value: '102', heardAt: 1 };
    expect(data.running.value).toMatchObject({ openTime: openTime + 60_000, high: 102 });
    stop();
  });

  it('repeats the same levels and bands while the engine says the same, so that nothing is drawn for nothing', () => {
    const { store, view } = storeWith({ candles: [], fills: [] });
    const data = new ChartData(store, SYMBOL);
    const parts = { quantity: '1', cost: '100', exits: { stop: '95', target: '105', stopReason: 'STOP_LOSS' } };
    view.value = { value: viewOf(parts), heardAt: 1 };
    const levels = data.levels.value;
    view.value = { value: viewOf(parts), heardAt: 2 };
    expect(levels).toHaveLength(3);
    expect(data.levels.value).toBe(levels);
  });

  it('shows a failed load and hears nothing more after it was stopped', async () => {
    const { store, candle } = storeWith({ candles: [], fills: [] });
    const failing = { ...store, candles: () => Promise.reject(new Error('503')) } as Store;
    const data = new ChartData(failing, SYMBOL);
    const stop = data.start();
    await vi.waitFor(() => expect(data.load.value).toEqual({ phase: 'failed', message: '503' }));
    stop();
    candle.value = candleAt(1, 101);
    expect(data.candles.value).toEqual([]);
  });
});
