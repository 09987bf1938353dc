/** The real engine on the demo market and a browser in front of it, for a test file: its own database, state and browser. */
import { connect, type NatsConnection } from 'nats';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchChromium } from './browser-chromium.ts';
import { buildDashboard } from './browser-dashboard.ts';
import { DashboardPage, type PageOptions } from './browser-page.ts';
import { EngineHome, type EngineProcess } from './engine-process.ts';
import { sql } from './ledger-audit.ts';
import { createDatabase, type TestDatabase } from './postgres.ts';
import { ask, command, type Reply, uuidv7 } from './wire.ts';

/** As fast as the clock: what a test does is seen among little else. */
const MARKET = ['--feed', 'demo', '--speed', '1'];

export class BrowserEngine {
  engine!: EngineProcess;
  nc!: NatsConnection;
  readonly #name: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #pages: DashboardPage[] = [];
  #browser: Browser | undefined;
  #database: TestDatabase | undefined;
  #home: EngineHome | undefined;

  constructor(name: string, environment: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#environment = environment;
  }

  async start(): Promise<void> {
    await buildDashboard();
    this.#browser = await launchChromium();
    this.#database = await createDatabase(this.#name);
    this.#home = await EngineHome.create([...MARKET, '--database-url', this.#database.url], this.#environment);
    this.engine = await this.#home.start();
    this.nc = await connect({ servers: this.engine.ready.nats });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.nc?.close();
    await this.#home?.remove();
    await this.#database?.drop();
  }

  async open(options: Omit<PageOptions, 'url'> = {}): Promise<DashboardPage> {
    if (this.#browser === undefined) throw new Error('the browser was not started');
    const page = await DashboardPage.open(this.#browser, { url: this.engine.ready.http, ...options });
    this.#pages.push(page);
    return page;
  }

  async closePages(): Promise<void> {
    for (const page of this.#pages.splice(0)) await page.close();
  }

  sql<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (this.#database === undefined) throw new Error('there is no database');
    return sql<Row>(this.#database.url, text, values);
  }

  /** The last price by the ledger's candles. */
  async price(symbol: string): Promise<string> {
    const [row] = await this.sql<{ close: string }>(
      'select close::text from candles where symbol = $1 order by open_time desc limit 1',
      [symbol],
    );
    if (row === undefined) throw new Error(`no candle of ${symbol} is stored`);
    return row.close;
  }

  /** Records an execution made elsewhere, over NATS, and returns the engine's reply. */
  fill(symbol: string, fill: { readonly side: 'buy' | 'sell'; readonly quantity: string; readonly price: string }) {
    return command<Reply & { readonly version: number }>(this.nc, `cp.symbol.${symbol}.fill`, {
      reason: undefined,
      id: uuidv7(),
      ...fill,
    });
  }

  get(symbol: string): Promise<Reply> {
    return ask(this.nc, `cp.symbol.${symbol}.get`);
  }
}

/** Registers the hooks; called inside `describe`. `environment`: tokens and the like. */
export function useEngine(name: string, environment: Readonly<Record<string, string>> = {}): BrowserEngine {
  const world = new BrowserEngine(name, environment);
  beforeAll(() => world.start());
  afterAll(() => world.stop());
  return world;
}
