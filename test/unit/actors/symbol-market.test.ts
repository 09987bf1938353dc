/** What a symbol knows of its market before, at and after its first candle. */
import { describe, expect, it } from 'vitest';
import { SymbolMarket } from '../../../actors/symbol/symbol-market.ts';
import { type Candle, MINUTE_MS } from '../../../domain/candle.ts';
import { MarketView } from '../../../domain/market-view.ts';

function flat(minute: number, close: number, volume = 1): Candle {
  return { openTime: minute * MINUTE_MS, open: close, high: close, low: close, close, volume };
}

describe('what a symbol knows of its market', () => {
  it('is nothing at first: no regime, so that nothing is entered', () => {
    const market = new SymbolMarket();
    expect([market.price, market.at, market.closedThrough, market.reading, market.lastCandle]).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
    expect(market.regime).toBe('UNKNOWN');
  });

  it('follows the price without closing a candle', () => {
    const market = new SymbolMarket();
    market.move(101, 5);
    expect([market.price, market.at, market.closedThrough, market.lastCandle]).toEqual([101, 5, undefined, undefined]);
  });

  it('is at the end of a candle that has closed', () => {
    const market = new SymbolMarket();
    const reading = market.observe(flat(3, 100));
    expect([market.price, market.at, market.closedThrough]).toEqual([100, 4 * MINUTE_MS, 3 * MINUTE_MS]);
    expect([market.reading, market.lastCandle]).toEqual([reading, flat(3, 100)]);
  });

  it('reads stored minutes as if they had come one by one, holes filled with flat ones', () => {
    const market = new SymbolMarket();
    const hours = Array.from({ length: 210 }, (_, hour) => 100 + hour);
    const minutes = [0, 1, 2, 5, 6].map((minute) => flat(60 + minute, 310 + minute));
    market.warmUp({ hours, minutes });
    const view = new MarketView();
    view.seedHours(hours);
    const whole = [...minutes.slice(0, 3), flat(63, 312, 0), flat(64, 312, 0), ...minutes.slice(3)];
    const readings = whole.map((candle) => view.observe(candle));
    expect(market.reading).toEqual(readings.at(-1));
    expect(market.regime).toBe('BULL');
  });
});
