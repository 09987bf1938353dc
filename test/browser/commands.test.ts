/** What a person commands from the page is spelled out, carried out, kept with who and why, and a refusal is told in words. */
import { afterEach, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-chromium.ts';
import { useEngine } from '../support/browser-engine.ts';
import type { DashboardPage } from '../support/browser-page.ts';
import { until } from '../support/engine-process.ts';

interface ModeRow {
  readonly command: string;
  readonly reason: string;
  readonly by: string;
  readonly mode: string;
}

const NAME = 'Kim Test';
const SOLD_MS_MAX = 30_000;

describe.runIf(hasChromium)('a command from the page (needs chromium)', () => {
  const world = useEngine('browser commands');
  afterEach(() => world.closePages());

  async function journal(symbol: string): Promise<ModeRow[]> {
    const rows = await world.sql<{ body: string }>(
      "select body from journal where symbol = $1 and kind = 'mode' order by seq",
      [symbol],
    );
    return rows.map(({ body }) => JSON.parse(body) as ModeRow);
  }

  /** The box of a position on the market page holds this. */
  const held = (page: DashboardPage, text: string) =>
    page.card('market-position-title').getByText(text, { exact: true });

  it('pauses and resumes a symbol, and keeps who and why', async () => {
    const symbol = 'KRW-SOL';
    const page = await world.open({ hash: `#/market/${symbol}` });
    const other = await world.open();
    const pausing = await page.command('Pause…', { reason: 'exchange maintenance at noon', by: NAME });
    await pausing.getByText(`No new entries in ${symbol}, by the strategy or by hand.`).waitFor();
    expect(await journal(symbol), 'nothing is done before it is confirmed').toEqual([]);
    await pausing.getByRole('button', { name: 'Pause', exact: true }).click();
    await pausing.getByText(`Paused. ${symbol} is Paused now.`).waitFor();
    await pausing.getByRole('button', { name: 'Close' }).click();

    await page.page.locator('.market-stop', { hasText: 'exchange maintenance at noon' }).waitFor();
    await page.page.locator('.market-facts').getByText('Paused', { exact: true }).waitFor();
    await other.page.getByText(`${symbol} makes no entries: exchange maintenance at noon`).waitFor();
    expect(await world.get(symbol)).toMatchObject({ mode: 'paused', pausedReason: 'exchange maintenance at noon' });
    expect(await journal(symbol)).toMatchObject([
      { command: 'pause', mode: 'paused', reason: 'exchange maintenance at noon', by: NAME },
    ]);

    // Who comes later sees who it was, and when.
    await page.page.reload();
    await page.page.locator('.market-stop', { hasText: /at noon \(Kim Test, \d\d-\d\d \d\d:\d\d UTC\)/ }).waitFor();

    const resuming = await page.command('Resume…', { reason: 'maintenance is over', by: NAME });
    await resuming.getByText('Ends the pause “exchange maintenance at noon”.').waitFor();
    await resuming.getByRole('button', { name: 'Resume', exact: true }).click();
    await resuming.getByText(`Resumed. ${symbol} is Watching now.`).waitFor();
    await resuming.getByRole('button', { name: 'Close' }).click();
    await page.page.locator('.market-stop').waitFor({ state: 'detached' });
    expect((await journal(symbol)).at(-1)).toMatchObject({
      command: 'resume',
      reason: 'maintenance is over',
      by: NAME,
    });
    expect([page.problems, other.problems]).toEqual([[], []]);
  });

  it('asks for reason, name and the typed symbol before it sells a position', async () => {
    const symbol = 'KRW-XRP';
    await world.fill(symbol, { side: 'buy', quantity: '100', price: await world.price(symbol) });
    const page = await world.open({ hash: `#/market/${symbol}` });
    await held(page, '100').waitFor();

    const dialog = await page.command('Flatten…', { reason: '', by: '', typed: 'KRW-BTC' });
    const sell = dialog.getByRole('button', { name: 'Sell everything' });
    await sell.click();
    await dialog.getByText('Say why: the reason is kept.').waitFor();
    await dialog.getByText('Say who you are.').waitFor();
    await dialog.getByText(`That is not ${symbol}.`).waitFor();
    await dialog.getByText(/^Sells 100 XRP at market: about ₩/).waitFor();
    expect(await journal(symbol)).toEqual([]);

    await dialog.locator('[name=reason]').fill('enough for today');
    await dialog.locator('[name=by]').fill(NAME);
    await dialog.locator('[name=typed]').fill(symbol);
    await sell.click();
    await dialog.getByText('Accepted.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.card('market-position-title').getByText('Holds nothing.').waitFor();
    const quantity = async () => {
      const [row] = await world.sql<{ quantity: string }>('select quantity::text from positions where symbol = $1', [
        symbol,
      ]);
      return Number(row?.quantity);
    };
    await until(
      async () => (await quantity()) === 0,
      SOLD_MS_MAX,
      () => `not sold: ${world.engine.log.slice(-2_000)}`,
    );
    expect(await journal(symbol)).toMatchObject([{ command: 'flatten', reason: 'enough for today', by: NAME }]);
    await page.card('market-events-title').locator('li', { hasText: 'Sell 100' }).waitFor();
    expect(page.problems).toEqual([]);
  });

  it('tells a refusal in words, and what it left unchanged', async () => {
    const symbol = 'KRW-DOGE';
    // Worth far less than the 5,000 KRW that the venue takes at least.
    await world.fill(symbol, { side: 'buy', quantity: '1', price: await world.price(symbol) });
    const page = await world.open({ hash: `#/market/${symbol}` });
    await held(page, '1').waitFor();
    const dialog = await page.command('Flatten…', { reason: 'sweep the dust', by: NAME, typed: symbol });
    await dialog.getByRole('button', { name: 'Sell everything' }).click();
    await dialog.getByText('The engine refused: nothing changed.').waitFor();
    await dialog.getByText('A limit of risk or of the venue forbids it.').waitFor();
    await dialog.getByText('below the minimum order of the venue').waitFor();
    expect(await journal(symbol)).toEqual([]);
    // A refused POST is answered 409, which the browser itself writes to the console.
    expect(page.problems.filter((problem) => !problem.includes('409'))).toEqual([]);
  });

  it('changes nothing when it is cancelled by Escape', async () => {
    const page = await world.open();
    const halt = page.card('account').getByRole('button', { name: 'Halt the account' });
    await halt.click();
    await page.page.getByRole('dialog').getByText('Nothing is sold.').waitFor();
    await page.page.keyboard.press('Escape');
    await page.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await halt.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);
    expect(await journal('account')).toEqual([]);
  });
});
