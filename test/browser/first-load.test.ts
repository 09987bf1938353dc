/** What a first visit costs: every byte of the page, its chart included, compressed, over the network as Chromium counts it. */
import { afterEach, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-chromium.ts';
import { useEngine } from '../support/browser-engine.ts';

/** Issue 5: "First load ≤ 150 kB gzipped in all". */
const BYTES_MAX = 150_000;
const SYMBOL = 'KRW-BTC';

interface Loaded {
  readonly url: string;
  readonly encoding: string;
  bytes: number;
}

describe.runIf(hasChromium)('a first visit (needs chromium)', () => {
  const world = useEngine('browser first load');
  afterEach(() => world.closePages());

  it('transfers at most 150 kB until overview and market are drawn', async () => {
    // The browser's own cache is empty: every page of the tests is a new profile.
    const page = await world.open({ hash: '#/none' });
    const network = await page.page.context().newCDPSession(page.page);
    const loaded = new Map<string, Loaded>();
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    // What a browser without brotli takes: plain http to another machine is offered gzip only.
    await network.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } });
    network.on('Network.responseReceived', ({ requestId, response }) => {
      const encoding = String(response.headers['content-encoding'] ?? response.headers['Content-Encoding'] ?? 'none');
      loaded.set(requestId, { url: new URL(response.url).pathname, encoding, bytes: 0 });
    });
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const file = loaded.get(requestId);
      if (file !== undefined) file.bytes = encodedDataLength;
    });
    await page.page.reload();
    await page.go('#/');
    await page.page.locator('.curve canvas').first().waitFor();
    await page.go(`#/market/${SYMBOL}`);
    await page.page.locator('.market-chart-canvas canvas').first().waitFor();
    await page.page.locator('.market-chart-state').waitFor({ state: 'detached' });

    const files = [...loaded.values()].filter(({ url }) => !url.startsWith('/api/'));
    const data = [...loaded.values()].filter(({ url }) => url.startsWith('/api/'));
    const sum = (list: readonly Loaded[]): number => list.reduce((bytes, file) => bytes + file.bytes, 0);
    console.warn(`browser: ${sum(files)} bytes of page, ${sum(data)} bytes of data`);
    console.warn([...files, ...data].map(({ url, encoding, bytes }) => `  ${url} ${encoding} ${bytes}`).join('\n'));
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter(({ url }) => /\.(?:js|css)$/.test(url)).map(({ encoding }) => encoding)).not.toContain('none');
    expect(sum(files) + sum(data)).toBeLessThanOrEqual(BYTES_MAX);
  });
});
