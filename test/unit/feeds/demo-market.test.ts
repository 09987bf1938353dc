import { describe, expect, it } from 'vitest';
import { DEMO_HISTORY_START, DEMO_LIVE_START, DemoMarket } from '../../../adapters/feeds/demo-market.ts';
import { DEMO_SYMBOLS } from '../../../adapters/feeds/demo-profile.ts';
import { type Candle, DAY_MS, HOUR_MS, type MarketTrade, MINUTE_MS } from '../../../domain/candle.ts';
import { CandleBuilder, fillGap, pricePath } from '../../../domain/candle-series.ts';
import { decideEntry } from '../../../domain/entry.ts';
import { candleExit, type OpenTrade, travel } from '../../../domain/exits.ts';
import { isOnTick, upbitKrw } from '../../../domain/instrument.ts';
import { MarketView } from '../../../domain/market-view.ts';
import { fromNumber } from '../../../domain/money.ts';
import { PRESETS } from '../../../domain/preset.ts';

function minutes(market: DemoMarket, from: number, until: number): Candle[] {
  const candles: Candle[] = [];
  for (let openTime = from; openTime < until; openTime += MINUTE_MS) {
    const candle = market.candle(openTime);
    if (candle !== undefined) candles.push(candle);
  }
  return candles;
}

describe('the demo market', () => {
  it('is the same for the same seed and another for another', () => {
    const day = (seed: number) => {
      const market = new DemoMarket({ seed, symbol: 'KRW-ETH' });
      const candles = minutes(market, DEMO_LIVE_START, DEMO_LIVE_START + DAY_MS);
      return JSON.stringify([candles, candles.map((candle) => market.trades(candle))]);
    };
    expect(day(7)).toBe(day(7));
    expect(day(7)).not.toBe(day(8));
  });

  it('gives any minute again, whatever was asked before', () => {
    const times = Array.from(
      { length: 400 },
      (_, index) => DEMO_HISTORY_START + ((index * 7_919) % 30_000) * MINUTE_MS,
    );
    const wandering = new DemoMarket({ seed: 3, symbol: 'KRW-XRP' });
    const asked = times.map((openTime) => wandering.candle(openTime));
    const ordered = new DemoMarket({ seed: 3, symbol: 'KRW-XRP' });
    const expected = new Map([...times].sort((one, other) => one - other).map((time) => [time, ordered.candle(time)]));
    expect(asked).toEqual(times.map((time) => expected.get(time)));
  });

  it('is far apart for symbols that are no more than a letter apart', () => {
    const closes = (symbol: string) =>
      minutes(new DemoMarket({ seed: 1, symbol }), DEMO_LIVE_START, DEMO_LIVE_START + HOUR_MS);
    expect(closes('KRW-AAA').map(({ close }) => close)).not.toEqual(closes('KRW-AAB').map(({ close }) => close));
  });

  it.each([...DEMO_SYMBOLS, 'KRW-SHIB', 'KRW-ZZZ'])(
    'of %s has trades on the tick that make exactly its candle',
    (symbol) => {
      const market = new DemoMarket({ seed: 1, symbol });
      const instrument = upbitKrw(symbol);
      for (const candle of minutes(market, DEMO_LIVE_START, DEMO_LIVE_START + 12 * HOUR_MS)) {
        const trades = market.trades(candle);
        const builder = new CandleBuilder();
        for (const trade of trades) builder.add(trade);
        expect(builder.closeThrough(candle.openTime + MINUTE_MS)).toEqual([candle]);
        expect(trades.length).toBeGreaterThanOrEqual(4);
        expect(trades.length).toBeLessThanOrEqual(12);
        expect(trades.every(({ price }) => isOnTick(instrument, fromNumber(price)))).toBe(true);
        expect(isSubsequence(pricePath(candle), trades)).toBe(true);
        expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(trades.length);
      }
    },
  );

  it('has minutes without trades, bursts of volume and stretches of calm', () => {
    const candles = minutes(
      new DemoMarket({ seed: 1, symbol: 'KRW-BTC' }),
      DEMO_LIVE_START,
      DEMO_LIVE_START + 3 * DAY_MS,
    );
    const missing = (3 * DAY_MS) / MINUTE_MS - candles.length;
    // 0.4 % of 4,320 minutes are 17; five standard deviations are 21.
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThan(38);
    const volumes = candles.map(({ volume }) => volume).sort((one, other) => one - other);
    const middle = volumes[volumes.length / 2 - ((volumes.length / 2) % 1)] ?? 0;
    expect(volumes.at(-1)).toBeGreaterThan(4 * middle);
  });

  it('stays within sight of the prices people know', () => {
    const levels = { 'KRW-BTC': 150e6, 'KRW-XRP': 3_000, 'KRW-DOGE': 300 };
    for (const [symbol, level] of Object.entries(levels)) {
      for (const { high, low } of minutes(
        new DemoMarket({ seed: 1, symbol }),
        DEMO_HISTORY_START,
        DEMO_LIVE_START + 30 * DAY_MS,
      )) {
        expect(high).toBeLessThan(level * 1.5);
        expect(low).toBeGreaterThan(level / 1.5);
      }
    }
  });
});

describe('the default preset on the demo market', () => {
  const days = 7;
  const results = DEMO_SYMBOLS.map((symbol) => backtest(symbol, days));
  const trades = results.flatMap((result) => result.trades);

  it('completes a trade within the first 40 live minutes', () => {
    const first = Math.min(...trades.map(({ exitTime }) => exitTime));
    expect(first - DEMO_LIVE_START).toBeLessThanOrEqual(40 * MINUTE_MS);
  });

  it('completes 20 to 60 trades a day over the default symbols', () => {
    expect(trades.length / days).toBeGreaterThanOrEqual(20);
    expect(trades.length / days).toBeLessThanOrEqual(60);
  });

  it('leaves by every reason the strategy lives from', () => {
    const reasons = new Set<string>(trades.map(({ reason }) => reason));
    expect([...reasons]).toEqual(
      expect.arrayContaining(['TAKE_PROFIT', 'RSI_OVERBOUGHT', 'STOP_LOSS', 'TRAILING_STOP']),
    );
  });

  it('sees all three regimes, and each symbol more than one', () => {
    expect(new Set(results.flatMap(({ regimes }) => [...regimes]))).toEqual(new Set(['BULL', 'SIDEWAYS', 'BEAR']));
    for (const { regimes } of results) expect(regimes.size).toBeGreaterThan(1);
  });

  it('is neither a money machine nor hopeless after fees and slippage', () => {
    const sum = (gains: readonly number[]) => gains.reduce((one, other) => one + other, 0);
    const won = sum(trades.map(({ gain }) => gain).filter((gain) => gain > 0));
    const lost = -sum(trades.map(({ gain }) => gain).filter((gain) => gain < 0));
    expect(won / lost).toBeGreaterThan(0.8);
    expect(won / lost).toBeLessThan(1.6);
  });
});

/** The strategy's own rules on one symbol, without risk limits: decisions at a close fill at the next open. */
function backtest(symbol: string, days: number) {
  const preset = PRESETS['v3.3'];
  const slippage = 0.0005;
  const fees = 0.001;
  const market = new DemoMarket({ seed: 1, symbol });
  const view = new MarketView();
  const trades: { exitTime: number; reason: string; gain: number }[] = [];
  const regimes = new Set<string>();
  let open: OpenTrade | undefined;
  let pending: string | undefined;
  let previous: Candle | undefined;
  const leave = (price: number, exitTime: number, reason: string): void => {
    if (open === undefined) return;
    trades.push({ exitTime, reason, gain: (price * (1 - slippage) * 1e8) / Number(open.entryPrice) - 1 - fees });
    open = undefined;
  };
  const step = (candle: Candle): void => {
    if (pending === 'enter') {
      const entryPrice = fromNumber(candle.open * (1 + slippage));
      open = { entryPrice, entryTime: candle.openTime, entryRegime: view.regime, highWaterMark: entryPrice };
    } else if (pending !== undefined) {
      leave(candle.open, candle.openTime, pending);
    }
    pending = undefined;
    const [first, ...path] = pricePath(candle);
    let from = first;
    for (const to of path) {
      if (open === undefined) break;
      const { trade, exit } = travel(open, from, to, view.regime, preset);
      open = trade;
      if (exit !== undefined) leave(Number(exit.price) / 1e8, candle.openTime, exit.reason);
      from = to;
    }
    const reading = view.observe(candle);
    if (candle.openTime < DEMO_LIVE_START) return;
    regimes.add(reading.regime);
    if (open !== undefined) pending = candleExit(open, reading, preset);
    else if (decideEntry(reading, preset) === 'ENTER') pending = 'enter';
  };
  for (const candle of minutes(market, DEMO_HISTORY_START, DEMO_LIVE_START + days * DAY_MS)) {
    if (previous !== undefined) for (const flat of fillGap(previous, candle)) step(flat);
    step(candle);
    previous = candle;
  }
  return { trades, regimes };
}

function isSubsequence(path: readonly number[], trades: readonly MarketTrade[]): boolean {
  let found = 0;
  for (const { price } of trades) if (price === path[found]) found += 1;
  return found === path.length;
}
