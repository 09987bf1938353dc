/** The audit of pages finds what it looks for: otherwise a clean report would say nothing. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contrastFaults, pageTexts, sidewaysFaults, tabFaults, textFaults } from '../support/browser-audit.ts';
import { hasChromium, launchChromium } from '../support/browser-chromium.ts';

describe.runIf(hasChromium)('the audit of a page (needs chromium)', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 360, height: 600 } });
  });
  afterAll(() => browser?.close());

  const show = (body: string, style = '') =>
    page.setContent(`<html lang="ko"><head><style>${style}</style></head><body>${body}</body></html>`);

  it('finds keys, unfilled places, codes without words and the other language', async () => {
    await show(
      '<p>positions.title</p><p>{count} Pods</p><i title="RSI7_NEW"></i><p>Positions</p><b lang="en">Cash</b>',
    );
    expect(textFaults(await pageTexts(page), 'ko')).toEqual([
      'the key positions.title is shown',
      'unfinished: {count} Pods',
      'unfinished: RSI7_NEW',
      'English on the Korean page: Positions',
    ]);
    await show('<p lang="en">포지션</p><p lang="en">Positions</p>');
    expect(textFaults(await pageTexts(page), 'en')).toEqual(['Korean on the English page: 포지션']);
  });

  it('finds pale texts, also through a transparent surface', async () => {
    await show(
      '<p style="color:#777">pale</p><p style="color:#767676">fine</p><div style="background:#0008"><p style="color:#555">dim</p></div>',
      'body { background: #fff }',
    );
    // #777 on white is the first grey below 4.5 : 1, #767676 the last above.
    expect((await contrastFaults(page)).map((fault) => fault.replace(/^[\d.]+ : 1 for /, ''))).toEqual([
      '"pale"',
      '"dim"',
    ]);
  });

  it('finds what is wider than the window', async () => {
    await show('<p class="wide" style="width:500px">x</p>');
    expect((await sidewaysFaults(page)).join()).toContain('P.wide');
    await show('<div style="overflow-x:auto"><p style="width:500px">x</p></div>');
    expect(await sidewaysFaults(page)).toEqual([]);
  });

  it('finds what Tab does not reach, and a focus that does not show', async () => {
    await show(
      '<button>one</button><button class="hidden">two</button><button tabindex="-1">three</button>',
      '.hidden { outline: none }',
    );
    expect(await tabFaults(page)).toEqual([
      'focus is not visible on BUTTON "two"',
      'Tab does not reach BUTTON "three"',
    ]);
  });
});
