/** A recorded market in which nothing happens: candles without movement, so that no rule ever trades beside a test. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MINUTES = 600;
const START = Date.UTC(2024, 0, 1);

/** The one symbol of the recording; tests add more by `cp.cluster.add`. */
export const FLAT_SYMBOL = 'KRW-BTC';

/** What one unit costs there, all the time. */
export const FLAT_PRICE = '100';

/** Cash for more fills than any test sends. */
export const PLENTY = '1000000000000';

/** Options that make `up` run on this market at the speed of life, with plenty of money. */
export async function flatMarket(folder: string): Promise<string[]> {
  const path = join(folder, 'flat.csv');
  const rows = Array.from({ length: MINUTES }, (_, minute) => {
    const at = new Date(START + minute * 60_000).toISOString().replace('T', ' ').replace('Z', '000');
    return `${at},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},${FLAT_PRICE},1`;
  });
  await writeFile(path, `timestamp,open,high,low,close,volume\n${rows.join('\n')}\n`);
  return ['--feed', `file:${path}`, '--symbol', FLAT_SYMBOL, '--speed', '1', '--balance', PLENTY];
}
