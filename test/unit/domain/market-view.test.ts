import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../domain/candle.ts';
import { MarketView, type Reading } from '../../../domain/market-view.ts';
import { candleAt } from './builders.ts';

const wavy = (minute: number): Candle => candleAt(minute, 100 + Math.sin(minute) * 3, { volume: 10 + (minute % 5) });

function observeAll(view: MarketView, candles: readonly Candle[]): Reading[] {
  return candles.map((candle) => view.observe(candle));
}

const minutes = (count: number, make: (minute: number) => Candle = wavy): Candle[] =>
  Array.from({ length: count }, (_, minute) => make(minute));

describe('a market view', () => {
  it('warms each indicator with the candle that completes it, never before', () => {
    const readings = observeAll(new MarketView(), minutes(201));
    const firstWith = (name: keyof Reading) => 1 + readings.findIndex((reading) => reading[name] !== undefined);
    expect({
      rsi7: firstWith('rsi7'),
      oversoldLow: firstWith('oversoldLow'),
      rsi14: firstWith('rsi14'),
      sma20: firstWith('sma20'),
      bollingerLower: firstWith('bollingerLower'),
      volumeRatio: firstWith('volumeRatio'),
      sma200: firstWith('sma200'),
    }).toEqual({ rsi7: 8, oversoldLow: 12, rsi14: 15, sma20: 20, bollingerLower: 20, volumeRatio: 21, sma200: 200 });
  });

  it('takes the oversold low over five candles, this one included', () => {
    const readings = observeAll(new MarketView(), minutes(40));
    const lows = readings.slice(30, 35).map((reading) => reading.rsi7 ?? Number.NaN);
    expect(readings[34]?.oversoldLow).toBe(Math.min(...lows));
  });

  it('divides the volume by the mean of the twenty before it, which leaves this one out', () => {
    const candles = minutes(21, (minute) => candleAt(minute, 100, { volume: minute === 20 ? 50 : 10 }));
    expect(observeAll(new MarketView(), candles)[20]?.volumeRatio).toBe(5);
  });

  it('gives a volume ratio of 0 when the twenty before had no volume', () => {
    const candles = minutes(21, (minute) => candleAt(minute, 100, { volume: minute === 20 ? 50 : 0 }));
    expect(observeAll(new MarketView(), candles)[20]?.volumeRatio).toBe(0);
  });

  it('remembers three volume ratios, this one last', () => {
    const readings = observeAll(new MarketView(), minutes(24));
    expect(readings[20]?.recentVolumeRatios).toEqual([readings[20]?.volumeRatio]);
    expect(readings[23]?.recentVolumeRatios).toEqual(readings.slice(21).map((reading) => reading.volumeRatio));
  });

  it('remembers a touch of the lower band for two candles, but not the candle itself', () => {
    const candles = minutes(45, (minute) => candleAt(minute, minute === 40 ? 80 : 100 + (minute % 2)));
    const readings = observeAll(new MarketView(), candles);
    expect((readings[40]?.candle.close ?? 0) <= (readings[40]?.bollingerLower ?? 0)).toBe(true);
    expect(readings.slice(39, 44).map((reading) => reading.touchedLowerBefore)).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('takes a close on the band for a touch: a flat market lies on its own band', () => {
    const readings = observeAll(
      new MarketView(),
      minutes(22, (minute) => candleAt(minute, 0.1)),
    );
    // The band exists from the 20th candle on, so the 21st is the first with a touch before it.
    expect(readings.slice(19).map((reading) => reading.touchedLowerBefore)).toEqual([false, true, true]);
  });

  it('already reads the new regime at the close of the candle that opens at :59', () => {
    const view = new MarketView();
    view.seedHours(Array.from({ length: 199 }, () => 100));
    const readings = observeAll(
      view,
      minutes(60, (minute) => candleAt(minute, 100)),
    );
    expect(readings[58]?.regime).toBe('UNKNOWN');
    expect(readings[59]?.regime).toBe('SIDEWAYS');
    expect([view.regime, view.regimeDistance, view.hours]).toEqual(['SIDEWAYS', 0, 200]);
  });

  it('counts a partial first hour as an hour', () => {
    const view = new MarketView();
    view.observe(candleAt(59, 100));
    expect(view.hours).toBe(1);
  });

  it('insists on every minute, once, in order, and on seeding first', () => {
    const view = new MarketView();
    expect(view.lastCandle).toBeUndefined();
    view.observe(candleAt(0, 100));
    expect(view.lastCandle).toEqual(candleAt(0, 100));
    expect(() => view.observe(candleAt(0, 100))).toThrow(/without holes/);
    expect(() => view.observe(candleAt(2, 100))).toThrow(/without holes/);
    expect(() => view.seedHours([100])).toThrow(/before the first/);
    expect(() => new MarketView().observe(candleAt(0.5, 100))).toThrow(/whole minute/);
  });
});
