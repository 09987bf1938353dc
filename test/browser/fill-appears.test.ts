/** A fill that anybody sends over NATS is on the screen at once, everywhere, without a reload (I7). */
import { afterEach, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-chromium.ts';
import { useEngine } from '../support/browser-engine.ts';
import type { DashboardPage } from '../support/browser-page.ts';

/** The promise is a second; a machine that runs other tests gets more, and the time is printed. */
const APPEARS_MS_MAX = 5_000;
const SYMBOL = 'KRW-XRP';
/** A quantity that stands nowhere else on the page. */
const QUANTITY = '123.4567';

describe.runIf(hasChromium)('a fill over NATS (needs chromium)', () => {
  const world = useEngine('fill appears');
  afterEach(() => world.closePages());

  it('appears on the overview and on the market page without a reload', async () => {
    const overview = await world.open();
    const market = await world.open({ hash: `#/market/${SYMBOL}` });
    await market.page.getByRole('heading', { level: 1, name: SYMBOL }).waitFor();
    const price = await world.price(SYMBOL);
    const inTable = overview.card('positions').getByRole('cell', { name: QUANTITY, exact: true });
    const inBox = market.card('market-position-title').getByText(QUANTITY, { exact: true });
    expect(await inTable.count()).toBe(0);
    expect(await inBox.count()).toBe(0);

    const sentAt = performance.now();
    const shown = Promise.all([inTable, inBox].map((place) => place.waitFor({ timeout: APPEARS_MS_MAX })));
    const { version } = await world.fill(SYMBOL, { side: 'buy', quantity: QUANTITY, price });
    const acknowledgedAt = performance.now();
    await shown;
    const after = (from: number): string => `${Math.round(performance.now() - from)} ms`;
    console.warn(
      `browser: a fill was on both pages ${after(sentAt)} after it was sent, ${after(acknowledgedAt)} after ok`,
    );

    const row = market
      .card('market-events-title')
      .locator('li')
      .filter({ hasText: `#${version}` });
    await row.filter({ hasText: QUANTITY }).waitFor();
    await overview.card('events').locator('li').filter({ hasText: QUANTITY }).waitFor();
    expectUntouched(overview);
    expectUntouched(market);
  });
});

function expectUntouched({ loads, problems, foreign }: DashboardPage): void {
  expect({ loads, problems, foreign }).toEqual({ loads: 1, problems: [], foreign: [] });
}
