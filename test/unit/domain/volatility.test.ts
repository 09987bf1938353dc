import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../domain/candle.ts';
import { VOLATILITY_CLOSES_MAX, VolatilityForecast, volatilityOf } from '../../../domain/volatility.ts';

const MIDNIGHT = Date.parse('2024-03-02T00:00:00Z');
/** Closes that rise and fall by about so many percent, never twice the same way. */
function closes(count: number, percent: number): number[] {
  let price = 100;
  return Array.from({ length: count }, (_, hour) => {
    price *= Math.exp((percent / 100) * Math.SQRT2 * Math.sin(hour * 2.4));
    return price;
  });
}

function tracker(hours: readonly number[]): VolatilityForecast {
  const forecast = new VolatilityForecast();
  for (const close of hours) forecast.closeHour(close);
  return forecast;
}

describe('volatilityOf', () => {
  it('halves the size above 2 percent an hour, and not below', () => {
    expect(volatilityOf(closes(500, 2.2))).toMatchObject({ factor: 0.5 });
    expect(volatilityOf(closes(500, 1.8))).toMatchObject({ factor: 1 });
    expect(volatilityOf(closes(500, 2.2)).forecast).toBeGreaterThan(2);
    expect(volatilityOf(closes(500, 1.8)).forecast).toBeLessThan(2);
  });

  it('needs a hundred returns, and moving ones', () => {
    expect(volatilityOf(closes(100, 3))).toEqual({ factor: 1, forecast: null });
    expect(volatilityOf(closes(101, 3)).forecast).not.toBeNull();
    expect(volatilityOf(Array.from({ length: 500 }, () => 100))).toEqual({ factor: 1, forecast: null });
    expect(volatilityOf([])).toEqual({ factor: 1, forecast: null });
  });

  it('forgets what is older than 2,160 hours', () => {
    const recent = closes(2_161, 1);
    expect(volatilityOf([...closes(300, 9), ...recent])).toEqual(volatilityOf(recent));
    expect(volatilityOf([1, ...recent.slice(1)])).not.toEqual(volatilityOf(recent));
  });
});

describe('VolatilityForecast', () => {
  const hours = closes(400, 1);
  const wild = closes(40, 8);

  it('is that of the hours closed by 00:05, through the whole day', () => {
    const forecast = tracker(hours);
    const known = volatilityOf(hours);
    expect(forecast.at(MIDNIGHT + 5 * MINUTE_MS)).toEqual(known);
    for (let hour = 1; hour <= 24; hour += 1) {
      forecast.closeHour(wild[hour] as number);
      expect(forecast.at(MIDNIGHT + hour * HOUR_MS)).toEqual(known);
    }
    expect(forecast.at(MIDNIGHT + 24 * HOUR_MS + 4 * MINUTE_MS)).toEqual(known);
    const next = forecast.at(MIDNIGHT + 24 * HOUR_MS + 5 * MINUTE_MS);
    expect(next).toEqual(volatilityOf([...hours, ...wild.slice(1, 25)]));
    expect(next).not.toEqual(known);
  });

  it('is the same after a start in the middle of the day as without one', () => {
    const running = tracker(hours);
    running.at(MIDNIGHT + 10 * MINUTE_MS);
    const started = tracker(hours);
    for (const close of wild.slice(0, 15)) {
      running.closeHour(close);
      started.closeHour(close);
    }
    const afternoon = MIDNIGHT + 15 * HOUR_MS + 7 * MINUTE_MS;
    expect(started.at(afternoon)).toEqual(running.at(afternoon));
  });

  it('does not see the hours since midnight when they are all there is', () => {
    expect(tracker(wild.slice(0, 10)).at(MIDNIGHT + 12 * HOUR_MS)).toEqual({ factor: 1, forecast: null });
  });

  it('keeps as many hours as it needs, to the end of the day', () => {
    const long = closes(VOLATILITY_CLOSES_MAX + 50, 1);
    const all = tracker(long);
    const kept = tracker(long.slice(-VOLATILITY_CLOSES_MAX));
    const lastMinute = MIDNIGHT + 24 * HOUR_MS + 4 * MINUTE_MS;
    expect(kept.at(lastMinute)).toEqual(all.at(lastMinute));
    expect(kept.at(lastMinute)).toEqual(volatilityOf(long.slice(0, -24)));
  });
});
