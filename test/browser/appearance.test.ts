/** Every page in both languages and both themes: readable, complete, reachable by keyboard, and quiet towards the world. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contrastFaults, pageTexts, sidewaysFaults, tabFaults, textFaults } from '../support/browser-audit.ts';
import { hasChromium } from '../support/browser-chromium.ts';
import { useEngine } from '../support/browser-engine.ts';
import type { DashboardPage } from '../support/browser-page.ts';
import { command } from '../support/wire.ts';

const HELD = 'KRW-XRP';
const PAUSED = 'KRW-DOGE';
const PAGES = [
  { name: 'overview', hash: '#/' },
  { name: 'market', hash: `#/market/${HELD}` },
  { name: 'market of a paused symbol', hash: `#/market/${PAUSED}` },
] as const;
/** Where each command is offered, in the order of the buttons: pause, resume, flatten, halt. */
const OFFERED = [HELD, PAUSED, HELD, HELD] as const;
const LANGUAGES = ['en', 'ko'] as const;
const THEMES = ['light', 'dark'] as const;
/** The narrowest phones that are still sold. */
const NARROW = 360;
const WIDE = 1_440;

const variants = PAGES.flatMap((page) =>
  LANGUAGES.flatMap((language) => THEMES.map((theme) => ({ ...page, language, theme }))),
);

describe.runIf(hasChromium)('the look of the pages (needs chromium)', () => {
  const world = useEngine('browser appearance');
  // Something of everything: a position, a pause, a fill and a command among the events.
  beforeAll(async () => {
    await world.fill(HELD, { side: 'buy', quantity: '250.5', price: await world.price(HELD) });
    await command(world.nc, `cp.symbol.${PAUSED}.pause`, { reason: 'looked at by the tests', by: 'Test' });
  });
  afterEach(() => world.closePages());

  it.each(variants)('of the $name in $language, $theme: complete, readable, inside a phone', async (variant) => {
    const { hash, language, theme } = variant;
    const page = await world.open({ hash, language, theme, width: NARROW, height: 780 });
    await whenFilled(page, hash);
    expect(await page.page.locator('html').getAttribute('lang')).toBe(language);
    expect(await page.page.locator('html').getAttribute('data-theme')).toBe(theme);
    const faults = async () => [
      ...textFaults(await pageTexts(page.page), language),
      ...(await contrastFaults(page.page)),
      ...(await sidewaysFaults(page.page)),
    ];
    expect(await faults(), 'on a phone').toEqual([]);
    await page.page.locator('details.menu > summary').click();
    expect(await faults(), 'on a phone with its settings open').toEqual([]);
    await page.page.setViewportSize({ width: WIDE, height: 900 });
    expect(await faults(), 'on a desktop').toEqual([]);
    expect({ problems: page.problems, foreign: page.foreign }).toEqual({ problems: [], foreign: [] });
  });

  it.each(LANGUAGES)('of the dialogs in %s: complete and readable', async (language) => {
    const page = await world.open({ hash: '#/', language, theme: 'dark', width: NARROW, height: 780 });
    for (const [index, symbol] of OFFERED.entries()) {
      const hash = `#/market/${symbol}`;
      await page.go(hash);
      await whenFilled(page, hash);
      await page.page.locator('.market-head .buttons button').nth(index).click();
      await page.page.getByRole('dialog').waitFor();
      const faults = [
        ...textFaults(await pageTexts(page.page), language),
        ...(await contrastFaults(page.page)),
        ...(await sidewaysFaults(page.page)),
      ];
      expect(faults, `dialog ${index}`).toEqual([]);
      await page.page.keyboard.press('Escape');
      await page.page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(page.problems).toEqual([]);
  });

  it.each(PAGES)('reaches everything on the $name by Tab, and shows where it is', async ({ hash }) => {
    const page = await world.open({ hash });
    await whenFilled(page, hash);
    expect(await tabFaults(page.page)).toEqual([]);
    // What is hidden from screen readers must not be where a keyboard can go.
    expect(await page.page.locator('[aria-hidden="true"] :is(a, button, input, [tabindex])').count()).toBe(0);
  });

  it('changes language, clock and theme without a reload, and keeps them', async () => {
    const page = await world.open({ language: 'en', theme: 'light' });
    await page.page.getByRole('button', { name: '한국어' }).click();
    await page.page.getByRole('heading', { name: '포지션' }).waitFor();
    await page.page.locator('details.menu > summary').click();
    await page.page.getByText('어둡게').click();
    const root = page.page.locator('html');
    expect([await root.getAttribute('lang'), await root.getAttribute('data-theme')]).toEqual(['ko', 'dark']);
    expect(page.loads).toBe(1);
    await page.page.reload();
    await page.page.getByRole('heading', { name: '포지션' }).waitFor();
    expect([await root.getAttribute('lang'), await root.getAttribute('data-theme')]).toEqual(['ko', 'dark']);
  });
});

async function whenFilled(page: DashboardPage, hash: string): Promise<void> {
  if (hash === '#/') {
    await page.card('positions').locator('tbody tr').first().waitFor();
    await page.page.locator('.curve canvas').first().waitFor();
  } else {
    await page.page.locator('.market-chart-canvas canvas').first().waitFor();
    await page.page.locator('.market-facts').waitFor();
    await page.page.locator('.market-chart-state').waitFor({ state: 'detached' });
    await page.page.locator(hash.endsWith(HELD) ? '.market-number-large' : '.market-stop').waitFor();
  }
}
