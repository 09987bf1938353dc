import { describe, expect, it } from 'vitest';
import { mergeCandles, priceRange, runCandle, withRunning } from '../../../gateway/dashboard/market/chart-candles.ts';
import { distinctFills, fillMarkers, withFill } from '../../../gateway/dashboard/market/fill-markers.ts';
import { priceLevels } from '../../../gateway/dashboard/market/price-levels.ts';
import { observation, observedRegime, regimeBands } from '../../../gateway/dashboard/market/regime-bands.ts';
import { eventOf, fillOf, viewOf } from './market-builders.ts';

const MINUTE = 60_000;
const candle = (minute: number, close = 100) => ({
  openTime: minute * MINUTE,
  open: close,
  high: close,
  low: close,
  close,
});

describe('chart candles', () => {
  it('keeps each minute once, sorted, the later word correcting the earlier one', () => {
    const merged = mergeCandles([candle(1), candle(3)], [candle(2), candle(3, 105)], 10);
    expect(merged.map(({ openTime, close }) => [openTime / MINUTE, close])).toEqual([
      [1, 100],
      [2, 100],
      [3, 105],
    ]);
  });

  it('keeps the newest when there are more than the chart shows', () => {
    expect(mergeCandles([candle(1), candle(2)], [candle(3)], 2).map(({ openTime }) => openTime / MINUTE)).toEqual([
      2, 3,
    ]);
  });

  it('runs in the minute after the last closed candle, whatever the clock of the browser says', () => {
    const first = runCandle(undefined, candle(7), 100);
    expect(first).toEqual({ openTime: 8 * MINUTE, open: 100, high: 100, low: 100, close: 100 });
    const later = runCandle(runCandle(first, candle(7), 104), candle(7), 98);
    expect(later).toEqual({ openTime: 8 * MINUTE, open: 100, high: 104, low: 98, close: 98 });
  });

  it('begins anew when its minute has closed, and never stands before a closed candle', () => {
    const running = runCandle(undefined, candle(7), 100);
    expect(runCandle(running, candle(8), 101).openTime).toBe(9 * MINUTE);
    expect(withRunning([candle(7), candle(8)], running)).toHaveLength(2);
    expect(withRunning([candle(7)], running)).toHaveLength(2);
  });

  it('has no range without candles', () => {
    expect(priceRange([])).toBeUndefined();
    expect(priceRange([candle(1, 90), candle(2, 110)])).toEqual({ low: 90, high: 110 });
  });
});

describe('fill markers', () => {
  it('joins fills of one candle and side', () => {
    const fills = [
      fillOf(1, 'buy', '0.1', '1970-01-01T00:01:05.000Z'),
      fillOf(2, 'buy', '0.2', '1970-01-01T00:01:59.999Z'),
      fillOf(3, 'sell', '0.3', '1970-01-01T00:02:00.000Z'),
    ];
    expect(fillMarkers(fills, 0)).toEqual([
      { openTime: MINUTE, side: 'buy' },
      { openTime: 2 * MINUTE, side: 'sell' },
    ]);
  });

  it('marks a fill once when history and the feed both tell it', () => {
    const fill = fillOf(5, 'buy', '0.1', '1970-01-01T00:01:00.000Z');
    expect(fillMarkers([fill, fill], 0)).toHaveLength(1);
    expect(withFill([fill], fill, 10)).toHaveLength(1);
  });

  it('leaves out what lies before the first candle, and rows that are no fills', () => {
    const early = fillOf(1, 'buy', '0.1', '1970-01-01T00:00:59.000Z');
    const order = eventOf(2, 'order', { side: 'buy', quantity: '1' });
    const unreadable = eventOf(3, 'fill', { side: 'buy', quantity: 'much' });
    expect(fillMarkers([early, order, unreadable], MINUTE)).toEqual([]);
    expect(withFill([], order, 10)).toEqual([]);
  });

  it('keeps fills in the order of their rows, the newest when there are too many', () => {
    const [first, second, third] = [1, 2, 3].map((seq) => fillOf(seq, 'buy', '1', '1970-01-01T00:01:00.000Z')) as [
      ReturnType<typeof fillOf>,
      ReturnType<typeof fillOf>,
      ReturnType<typeof fillOf>,
    ];
    expect(distinctFills([third, first]).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(withFill([first, third], second, 2).map(({ seq }) => seq)).toEqual([2, 3]);
  });
});

describe('regime bands', () => {
  const HOUR = 3_600_000;

  it('paints the whole hour around one word of the engine, and nothing beside it', () => {
    expect(regimeBands([{ at: 2.5 * HOUR, regime: 'BULL' }])).toEqual([
      { from: 2 * HOUR, to: 3 * HOUR, regime: 'BULL' },
    ]);
  });

  it('gives the close of an hour to the hour that begins: its regime holds from then on', () => {
    expect(regimeBands([{ at: 3 * HOUR, regime: 'BEAR' }])[0]?.from).toBe(3 * HOUR);
  });

  it('joins neighbours of one regime and never bridges an hour nobody spoke of', () => {
    const bands = regimeBands([
      { at: 4 * HOUR, regime: 'BULL' },
      { at: 1 * HOUR, regime: 'BULL' },
      { at: 2 * HOUR, regime: 'BULL' },
      { at: 5 * HOUR, regime: 'SIDEWAYS' },
    ]);
    expect(bands).toEqual([
      { from: 1 * HOUR, to: 3 * HOUR, regime: 'BULL' },
      { from: 4 * HOUR, to: 5 * HOUR, regime: 'BULL' },
      { from: 5 * HOUR, to: 6 * HOUR, regime: 'SIDEWAYS' },
    ]);
  });

  it('lets the later of two words about one hour count, in whatever order they are heard', () => {
    const early = { at: HOUR, regime: 'BULL' as const };
    const late = { at: HOUR + 60_000, regime: 'BEAR' as const };
    expect(regimeBands([late, early])[0]?.regime).toBe('BEAR');
  });

  it('hears decisions and closed trades, and draws nothing for an unknown regime', () => {
    const decision = eventOf(1, 'decision', { regime: 'BULL' }, '1970-01-01T02:30:00.000Z');
    expect(observedRegime(decision)).toEqual({ at: 2.5 * HOUR, regime: 'BULL' });
    const trade = { regime: 'BEAR', entryTime: '1970-01-01T01:00:00.000Z' };
    expect(observedRegime(eventOf(2, 'signal', { signal: 'TRADE_CLOSED', trade }))).toEqual({
      at: HOUR,
      regime: 'BEAR',
    });
    expect(observedRegime(eventOf(3, 'decision', { regime: 'UNKNOWN' }))).toBeUndefined();
    expect(observedRegime(eventOf(4, 'fill', { regime: 'BULL' }))).toBeUndefined();
    expect(observation('BULL', 'yesterday')).toBeUndefined();
  });
});

describe('price levels', () => {
  const exits = { stop: '91200000', target: '97850000', stopReason: 'TRAILING_STOP' };

  it('draws average, stop and target while something is held', () => {
    const levels = priceLevels(viewOf({ quantity: '0.5', cost: '47500000', exits }));
    expect(levels.map(({ kind, price }) => [kind, price])).toEqual([
      ['average', 95_000_000],
      ['stop', 91_200_000],
      ['target', 97_850_000],
    ]);
  });

  it('draws nothing when flat, and only the average of a position from outside', () => {
    expect(priceLevels(viewOf({ exits }))).toEqual([]);
    expect(priceLevels(viewOf({ quantity: '0.5', cost: '47500000' })).map(({ kind }) => kind)).toEqual(['average']);
    expect(priceLevels(undefined)).toEqual([]);
  });
});
