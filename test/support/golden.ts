/** The golden file (STRATEGY.md): what an independent implementation gives for the recorded month under v3.3. */
import { readFileSync } from 'node:fs';
import type { ClosedTradeJson } from '../../domain/trade.ts';
import { sharedFile } from './shared-data.ts';

export interface Golden {
  readonly candles: number;
  readonly trades: readonly {
    readonly entry_time: number;
    readonly entry_price: number;
    readonly exit_time: number;
    readonly exit_price: number;
    readonly reason: string;
    readonly regime: string;
  }[];
  readonly funnel: Readonly<Record<string, number>>;
}

/** Relative; the golden file's prices are floats. */
const PRICE_TOLERANCE = 1e-6;

export function readGolden(): Golden {
  return JSON.parse(readFileSync(sharedFile('golden/btc-perp-1m.v3.3.json'), 'utf8')) as Golden;
}

/** What differs from the golden trades, in sentences; none when every trade is the same. */
export function differsFromGolden(trades: readonly ClosedTradeJson[], golden: Golden): string[] {
  const differences: string[] = [];
  if (trades.length !== golden.trades.length)
    differences.push(`${trades.length} trades instead of ${golden.trades.length}`);
  for (const [index, expected] of golden.trades.entries()) {
    const trade = trades[index];
    if (trade === undefined) break;
    const told = `${trade.entryTime} ${trade.exitTime} ${trade.reason} ${trade.regime}`;
    const wanted = `${iso(expected.entry_time)} ${iso(expected.exit_time)} ${expected.reason} ${expected.regime}`;
    if (told !== wanted) differences.push(`trade ${index}: ${told} instead of ${wanted}`);
    for (const [price, other] of [
      [trade.entryPrice, expected.entry_price],
      [trade.exitPrice, expected.exit_price],
    ] as const) {
      if (!(Math.abs(Number(price) / other - 1) < PRICE_TOLERANCE))
        differences.push(`trade ${index}: price ${price} instead of ${other}`);
    }
  }
  return differences;
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
