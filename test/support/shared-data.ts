/**
 * Real market data lies beside the checkout, not in it. Locally a test that needs it is skipped with the reason in its
 * name; in CI a missing file is a failure.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = process.env.COINPILOT_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));

export function sharedFile(name: string): string {
  return `${root}/${name}`;
}

/** True when the tests that need recorded data can run. Throws in CI when they can't. */
export const hasSharedData: boolean = (() => {
  const present = existsSync(sharedFile('data/btc-perp-1m.csv'));
  if (!present && process.env.CI) throw new Error('recorded market data is missing beside the checkout (../shared)');
  return present;
})();
