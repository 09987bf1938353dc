/**
 * `npm run screenshots [-- --out DIR]`: pictures of every page of the dashboard over the real engine on the demo market, at
 * phone and desktop width, light and dark, Korean and English. For people: look at them before a change of the page is done.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../test/support/browser-chromium.ts';
import { buildDashboard } from '../test/support/browser-dashboard.ts';
import { DashboardPage } from '../test/support/browser-page.ts';
import { EngineHome, type EngineProcess } from '../test/support/engine-process.ts';

interface Shown {
  readonly name: string;
  readonly hash: string;
  /** A button of the page that is pressed first, by its place among the head's commands. */
  readonly command?: number;
}

/** An hour of the market takes fifteen seconds: until something was bought and sold. */
const SPEED_UNTIL_TRADED = '240';
/** Slow enough that all pictures show nearly the same moment, fast enough that prices tick. */
const SPEED_SHOWN = '2';
const TRADED_MS_MAX = 300_000;
const POLL_MS = 100;
const WIDTHS = [390, 1_440] as const;
const HEIGHT = 900;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string', default: 'screenshots' } } });
  const folder = resolve(values.out);
  await mkdir(folder, { recursive: true });
  await buildDashboard();
  const home = await EngineHome.create(['--feed', 'demo', '--log-level', 'error']);
  const browser = await launchChromium();
  try {
    const { engine, held } = await trade(home);
    for (const file of await shootAll(browser, engine, folder, held)) process.stdout.write(`${file}\n`);
    await engine.kill('SIGTERM');
  } finally {
    await browser.close();
    await home.remove();
  }
}

/**
 * Runs the market until a trade is closed and a position is open, and slows it down. Again when the position was sold
 * meanwhile. Returns the engine that shows it, and the symbol.
 */
async function trade(home: EngineHome): Promise<{ readonly engine: EngineProcess; readonly held: string }> {
  const deadline = performance.now() + TRADED_MS_MAX;
  while (performance.now() < deadline) {
    const fast = await home.start('--speed', SPEED_UNTIL_TRADED);
    while (performance.now() < deadline && ((await heldIn(fast)) === undefined || !(await hasTraded(fast))))
      await delay(POLL_MS);
    await fast.kill('SIGTERM');
    const slow = await home.start('--speed', SPEED_SHOWN);
    const held = await heldIn(slow);
    if (held !== undefined) return { engine: slow, held };
    await slow.kill('SIGTERM');
  }
  throw new Error(`no position beside a closed trade within ${TRADED_MS_MAX} ms`);
}

async function heldIn(engine: EngineProcess): Promise<string | undefined> {
  const { positions } = await read<{ positions: { symbol: string; quantity: string }[] }>(engine, '/api/positions');
  return positions.find(({ quantity }) => quantity !== '0')?.symbol;
}

async function hasTraded(engine: EngineProcess): Promise<boolean> {
  return (await read<{ trades: unknown[] }>(engine, '/api/trades?limit=1')).trades.length > 0;
}

async function shootAll(browser: Browser, engine: EngineProcess, folder: string, held: string): Promise<string[]> {
  const market = `#/market/${held}`;
  const pages: readonly Shown[] = [
    { name: 'overview', hash: '#/' },
    { name: 'market-holding', hash: market },
    { name: 'market-watching', hash: `#/market/${held === 'KRW-BTC' ? 'KRW-ETH' : 'KRW-BTC'}` },
    { name: 'dialog-flatten', hash: market, command: 2 },
  ];
  const files: string[] = [];
  for (const language of ['en', 'ko'] as const) {
    for (const theme of ['light', 'dark'] as const) {
      for (const width of WIDTHS) {
        for (const { name, hash, command } of pages) {
          const options = { url: engine.ready.http, hash, language, theme, width, height: HEIGHT };
          const shown = await DashboardPage.open(browser, options);
          await whenDrawn(shown, hash);
          if (command !== undefined) await shown.page.locator('.market-head .buttons button').nth(command).click();
          const path = join(folder, `${name}-${language}-${theme}-${width}.png`);
          await shown.page.screenshot({ path, fullPage: command === undefined });
          files.push(path);
          await shown.close();
        }
      }
    }
  }
  return files;
}

/** Charts are drawn and the engine has told its state; what has no price yet waits for its next trade. */
async function whenDrawn({ page }: DashboardPage, hash: string): Promise<void> {
  if (hash === '#/') {
    await page.locator('.curve canvas').first().waitFor();
    await page.locator('.checks-marks').first().waitFor();
  } else {
    await page.locator('.market-chart-canvas canvas').first().waitFor();
    await page.locator('.market-chart-state').waitFor({ state: 'detached' });
    await page.locator('.market-last strong', { hasText: '₩' }).waitFor();
  }
  // Two frames: a chart paints in the one after its data.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

async function read<Answer>(engine: EngineProcess, path: string): Promise<Answer> {
  return (await (await fetch(engine.ready.http + path)).json()) as Answer;
}

await main();
