/** A server with tokens: nobody sees anything without one, and who may only look is told so when trying to command. */
import { afterEach, describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-chromium.ts';
import { useEngine } from '../support/browser-engine.ts';
import type { DashboardPage } from '../support/browser-page.ts';
import { CONTROL_TOKEN, READ_TOKEN, TOKENS } from '../support/gateway-process.ts';

/** Each with a test of its own: they run in any order. */
const SYMBOL = 'KRW-SOL';
const HALTED = 'KRW-DOGE';
const REASON = { reason: 'only to see', by: 'Test' };

describe.runIf(hasChromium)('a dashboard behind tokens (needs chromium)', () => {
  const world = useEngine('browser tokens', TOKENS);
  afterEach(() => world.closePages());

  async function signIn({ page }: DashboardPage, token: string): Promise<void> {
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  it('asks for a token, says when it is the wrong one, and shows nothing before', async () => {
    const page = await world.open();
    await page.page.getByText('This engine asks for a token.').waitFor();
    expect(await page.page.locator('section.card').count()).toBe(0);
    await signIn(page, 'certainly-not-the-token');
    await page.page.getByText('The engine did not accept this token.').waitFor();
    expect(await page.page.locator('section.card').count()).toBe(0);
    await signIn(page, READ_TOKEN);
    await page.page.locator('.connection-live').waitFor();
    await page.card('symbols').getByRole('rowheader', { name: SYMBOL }).waitFor();
    expect(page.loads, 'without a reload').toBe(1);
    // A refused request is answered 401, which the browser itself writes to the console.
    expect(page.problems.filter((problem) => !problem.includes('401'))).toEqual([]);
    expect(page.page.url()).not.toContain(READ_TOKEN);
  });

  it('refuses the command of a reader and says which token it takes', async () => {
    const page = await world.open({ hash: `#/market/${SYMBOL}` });
    await signIn(page, READ_TOKEN);
    const dialog = await page.command('Pause…', REASON);
    await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
    await dialog.getByText('The engine refused: nothing changed.').waitFor();
    await dialog.getByText('Your token may only read. Sign in with the control token.').waitFor();
    expect(await world.sql("select 1 from journal where symbol = $1 and kind = 'mode'", [SYMBOL])).toEqual([]);
    expect(await world.get(SYMBOL)).not.toMatchObject({ mode: 'paused' });
  });

  it('obeys the control token', async () => {
    const page = await world.open({ hash: `#/market/${HALTED}` });
    await signIn(page, CONTROL_TOKEN);
    const dialog = await page.command('Halt…', { ...REASON, typed: HALTED });
    await dialog.getByRole('button', { name: 'Halt', exact: true }).click();
    await dialog.getByText('Halted.').waitFor();
    expect(await world.get(HALTED)).toMatchObject({ mode: 'halted', haltedReason: REASON.reason });
  });
});
