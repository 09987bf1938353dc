/**
 * The strategy core against an independent implementation: the recorded market must give the golden trades and funnel.
 * The driver below is STRATEGY's "How a backtest fills" and nothing more: no money, no risk, no AI, no fees.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../domain/candle.ts';
import { pricePath } from '../../domain/candle-series.ts';
import { decideEntry, funnelKey } from '../../domain/entry.ts';
import { candleExit, type ExitReason, type OpenTrade, travel } from '../../domain/exits.ts';
import { MarketView } from '../../domain/market-view.ts';
import { fromNumber, toNumber, type Units } from '../../domain/money.ts';
import { PRESETS, type Preset } from '../../domain/preset.ts';
import type { Regime } from '../../domain/regime.ts';
import { hasSharedData, sharedFile } from '../support/shared-data.ts';

interface DrivenTrade {
  readonly entryTime: number;
  readonly entryPrice: number;
  readonly exitTime: number;
  readonly exitPrice: number;
  readonly reason: ExitReason;
  readonly regime: Regime;
}

interface GoldenTrade {
  readonly entry_time: number;
  readonly entry_price: number;
  readonly exit_time: number;
  readonly exit_price: number;
  readonly reason: string;
  readonly regime: string;
}

interface Golden {
  readonly candles: number;
  readonly trades: readonly GoldenTrade[];
  readonly open: boolean;
  readonly funnel: Readonly<Record<string, number>>;
}

function drive(candles: readonly Candle[], preset: Preset) {
  const view = new MarketView();
  const trades: DrivenTrade[] = [];
  const funnel: Record<string, number> = {};
  let open: OpenTrade | undefined;
  let pendingEntry: Regime | undefined;
  let pendingExit: ExitReason | undefined;

  const close = (trade: OpenTrade, exitTime: number, reason: ExitReason, price: Units) => {
    const { entryTime, entryPrice, entryRegime: regime } = trade;
    trades.push({
      entryTime,
      entryPrice: toNumber(entryPrice),
      exitTime,
      exitPrice: toNumber(price),
      reason,
      regime,
    });
    open = undefined;
    pendingExit = undefined;
  };

  for (const candle of candles) {
    const entryPrice = fromNumber(candle.open);
    if (open && pendingExit) close(open, candle.openTime, pendingExit, entryPrice);
    if (pendingEntry) {
      open = { entryPrice, entryTime: candle.openTime, entryRegime: pendingEntry, highWaterMark: entryPrice };
      pendingEntry = undefined;
    }
    let from = candle.open;
    for (const to of pricePath(candle)) {
      if (!open) break;
      const moved = travel(open, from, to, view.regime, preset);
      open = moved.trade;
      if (moved.exit) close(open, candle.openTime, moved.exit.reason, moved.exit.price);
      from = to;
    }
    const reading = view.observe(candle);
    if (open) {
      pendingExit = candleExit(open, reading, preset);
    } else {
      const outcome = decideEntry(reading, preset);
      const key = funnelKey(reading, outcome);
      funnel[key] = (funnel[key] ?? 0) + 1;
      if (outcome === 'ENTER') pendingEntry = reading.regime;
    }
  }
  return { trades, funnel, open: open !== undefined };
}

function recordedCandles(): Candle[] {
  const rows = readFileSync(sharedFile('data/btc-perp-1m.csv'), 'utf8').trim().split('\n').slice(1);
  return rows.map((row) => {
    const [time = '', ...numbers] = row.split(',');
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers.map(Number);
    return { openTime: Date.parse(`${time.replace(' ', 'T')}Z`), open, high, low, close, volume };
  });
}

describe.skipIf(!hasSharedData)('the golden file (needs recorded market data beside the checkout)', () => {
  it('gives the same trades and the same funnel under v3.3', () => {
    const golden = JSON.parse(readFileSync(sharedFile('golden/btc-perp-1m.v3.3.json'), 'utf8')) as Golden;
    const candles = recordedCandles();
    const driven = drive(candles, PRESETS['v3.3']);

    expect(candles).toHaveLength(golden.candles);
    expect(driven.trades).toHaveLength(37);
    expect(driven.open).toBe(golden.open);
    expect(driven.funnel).toEqual(golden.funnel);
    expect(
      driven.trades.map(({ entryTime, exitTime, reason, regime }) => ({ entryTime, exitTime, reason, regime })),
    ).toEqual(
      golden.trades.map((trade) => ({
        entryTime: trade.entry_time * 1_000,
        exitTime: trade.exit_time * 1_000,
        reason: trade.reason,
        regime: trade.regime,
      })),
    );
    for (const [index, trade] of golden.trades.entries()) {
      expect(Math.abs((driven.trades[index]?.entryPrice ?? 0) / trade.entry_price - 1)).toBeLessThan(1e-6);
      expect(Math.abs((driven.trades[index]?.exitPrice ?? 0) / trade.exit_price - 1)).toBeLessThan(1e-6);
    }
  });

  it('never trades v3.3 rules before the regime is known', () => {
    const { trades, funnel } = drive(recordedCandles().slice(0, 11_998), PRESETS['v3.3']);
    expect(trades).toEqual([]);
    expect(funnel).toEqual({ 'UNKNOWN/WARMING_UP': 20, 'UNKNOWN/REGIME_UNKNOWN': 11_978 });
  });
});
