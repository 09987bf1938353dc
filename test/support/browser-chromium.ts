/**
 * Debian's Chromium, driven by playwright-core; scripts/install-test-servers.sh --browser installs it. Tests that need it
 * are skipped with the reason in their name where it is missing; in CI a missing browser is a failure.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const binary = findBinary();

/** True when the tests that need a browser can run. Throws in CI when they can't. */
export const hasChromium: boolean = binary !== undefined;
if (!hasChromium && process.env.CI)
  throw new Error('chromium is missing: run scripts/install-test-servers.sh --browser');
if (!hasChromium)
  console.warn('browser: chromium is missing, its tests are skipped (install-test-servers.sh --browser)');

export async function launchChromium(): Promise<Browser> {
  if (binary === undefined) throw new Error('chromium is missing: run scripts/install-test-servers.sh --browser');
  return chromium.launch({
    executablePath: binary,
    // Chromium refuses to sandbox for root, and a container's /dev/shm is small.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'],
  });
}

function findBinary(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'];
  return folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path));
}
