/** A recorded market in which nothing happens: candles without movement, so that no rule ever trades beside a test. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** So long the market lasts in real seconds, at least: longer than any test looks at it. */
const SECONDS = 300;
const MINUTES_MIN = 600;
const START = Date.UTC(2024, 0, 1);

/** The symbol of the recording; tests add symbols without prices by `cp.cluster.add`. */
export const FLAT_SYMBOL = 'KRW-BTC';

/** What one unit costs there, all the time. */
export const FLAT_PRICE = '100';

/** Cash for more fills than any test sends. */
export const PLENTY = '1000000000000';

export interface FlatMarketOptions {
  /** Market seconds a second: 1 shows one price for as long as a test looks, 600 ten candles a second. */
  readonly speed?: number;
  readonly symbols?: readonly string[];
}

/** Options that make `up` run on this market, with plenty of money. */
export async function flatMarket(folder: string, options: FlatMarketOptions = {}): Promise<string[]> {
  const { speed = 1, symbols = [FLAT_SYMBOL] } = options;
  const rows = Array.from({ length: Math.max(MINUTES_MIN, (speed * SECONDS) / 60) }, (_, minute) => {
    const at = new Date(START + minute * 60_000).toISOString().replace('T', ' ').replace('Z', '000');
    return `${at},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},1`;
  });
  const paths = symbols.map((symbol) => join(folder, `${symbol}.csv`));
  for (const path of paths) await writeFile(path, `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`);
  const feed = ['--feed', `file:${paths.join(',')}`, '--symbol', symbols.join(',')];
  return [...feed, '--speed', String(speed), '--balance', PLENTY];
}
