/** A recorded market in which nothing happens: candles without movement, so that no rule ever trades beside a test. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** So long the market lasts in real seconds, at least: longer than any test looks at it. */
const SECONDS = 300;
const MINUTES_MIN = 600;
const START = Date.UTC(2024, 0, 1);

/** The one symbol of the recording; tests add more by `cp.cluster.add`. */
export const FLAT_SYMBOL = 'KRW-BTC';

/** What one unit costs there, all the time. */
export const FLAT_PRICE = '100';

/** Cash for more fills than any test sends. */
export const PLENTY = '1000000000000';

/**
 * Options that make `up` run on this market, with plenty of money. `speed` is market seconds a second: 1 shows one price
 * for as long as a test looks, 600 ten candles a second, so that market orders fill at the next one.
 */
export async function flatMarket(folder: string, speed = 1): Promise<string[]> {
  const path = join(folder, 'flat.csv');
  const rows = Array.from({ length: Math.max(MINUTES_MIN, (speed * SECONDS) / 60) }, (_, minute) => {
    const at = new Date(START + minute * 60_000).toISOString().replace('T', ' ').replace('Z', '000');
    return `${at},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},1`;
  });
  await writeFile(path, `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`);
  return ['--feed', `file:${path}`, '--symbol', FLAT_SYMBOL, '--speed', String(speed), '--balance', PLENTY];
}
