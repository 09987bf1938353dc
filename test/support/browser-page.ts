/**
 * A page of the dashboard as a person has it open: language, theme and width of their browser, and a record of everything
 * that should never happen there (errors, violations of the CSP, requests to anywhere else, a reload).
 */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

export interface PageOptions {
  /** Of the gateway, http. */
  readonly url: string;
  /** The part of the address behind it: `#/` is the overview. */
  readonly hash?: string;
  readonly language?: 'en' | 'ko';
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A table or a list as it is read: what stands in each row under each name. */
export type Row = Readonly<Record<string, string>>;

/** Generous: the machine that runs the tests does other things too. */
export const SHOWN_MS_MAX = 30_000;

const LOCALES = { en: 'en-US', ko: 'ko-KR' } as const;

export class DashboardPage {
  readonly page: Page;
  /** Errors on the console, exceptions and what the CSP forbade. */
  readonly problems: string[] = [];
  /** Addresses of requests and sockets that went to another host than the gateway's. */
  readonly foreign: string[] = [];
  /** Documents loaded: 1 until somebody reloads. */
  loads = 0;
  readonly #context: BrowserContext;
  readonly #url: string;

  /** Resolves when the page says that it is live, or asks for a token. */
  static async open(browser: Browser, options: PageOptions): Promise<DashboardPage> {
    const { url, hash = '#/', language = 'en', theme = 'light', width = 1440, height = 900 } = options;
    const context = await browser.newContext({
      locale: LOCALES[language],
      colorScheme: theme,
      viewport: { width, height },
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(SHOWN_MS_MAX);
    const opened = new DashboardPage(context, await context.newPage(), url);
    await opened.#watch();
    await opened.page.goto(url + hash);
    await opened.page.locator('.connection-live, form.sign-in').first().waitFor();
    return opened;
  }

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
  }

  /** To another page of the dashboard, as its links do. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  }

  /** A card by the id of its heading. */
  card(id: string): Locator {
    return this.page.locator(`section[aria-labelledby="${id}"]`);
  }

  /** Rows of a table by the names its cells carry; the first column is `''`. Read at one moment. */
  async rows(cardId: string): Promise<Row[]> {
    return this.card(cardId).evaluate((card) =>
      [...card.querySelectorAll('tbody tr')].map((row: Element) =>
        Object.fromEntries(
          [...row.querySelectorAll('th, td')].map((cell: Element) => [
            cell.getAttribute('data-label') ?? (cell.tagName === 'TH' ? '' : 'commands'),
            cell.textContent.trim(),
          ]),
        ),
      ),
    );
  }

  /** Opens the dialog of a command from the head of a market page, and fills in what it asks for. */
  async command(name: string, given: { readonly reason: string; readonly by: string; readonly typed?: string }) {
    await this.page.locator('.market-head').getByRole('button', { name, exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.locator('[name=reason]').fill(given.reason);
    await dialog.locator('[name=by]').fill(given.by);
    if (given.typed !== undefined) await dialog.locator('[name=typed]').fill(given.typed);
    return dialog;
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  async #watch(): Promise<void> {
    const { page, problems, foreign } = this;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('domcontentloaded', () => {
      this.loads += 1;
    });
    const noteHost = (address: string): void => {
      if (!address.startsWith('data:') && new URL(address).host !== new URL(this.#url).host) foreign.push(address);
    };
    page.on('request', (request) => noteHost(request.url()));
    page.on('websocket', (socket) => noteHost(socket.url()));
    await page.exposeFunction('noteViolation', (what: string) => problems.push(`CSP: ${what}`));
    await page.addInitScript(`addEventListener('securitypolicyviolation', (event) => {
      noteViolation(event.violatedDirective + ' ' + event.blockedURI);
    })`);
  }
}

/** What is looked at inside the page, as far as tests use it: they have no types of a browser. */
interface Element {
  readonly tagName: string;
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}
