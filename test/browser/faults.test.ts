/**
 * The gateway and then the owning Pod are killed while fills flow: the page that was open all the time says so, heals by
 * itself, and is complete and correct at the end. Guards against a page that looks alive and shows the past (I7).
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatPrice, formatQuantity } from '../../gateway/dashboard/format/money.ts';
import { hasChromium, launchChromium } from '../support/browser-chromium.ts';
import { buildDashboard } from '../support/browser-dashboard.ts';
import { DashboardPage, type Row } from '../support/browser-page.ts';
import { SEED } from '../support/chaos.ts';
import { Cluster, SETTLED_MS_MAX } from '../support/cluster.ts';
import { until } from '../support/engine-process.ts';
import { FillClients } from '../support/fill-clients.ts';
import { TestGateway } from '../support/gateway-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { symbols } from '../support/wire.ts';

const PODS = ['pod-a', 'pod-b'];
const SYMBOLS = 4;
/** Fills acknowledged between two faults: shows that events really flow. */
const ACKNOWLEDGED = 40;
/** A lost last event is noticed by the heads, polled twice a second, and read: this is far more. */
const ARRIVED_MS_MAX = 15_000;
/** More than the list of a symbol shows at once of what is looked at here. */
const EVENTS_COMPARED = 30;

describe.runIf(hasChromium && hasNatsServer)('an open page under faults (needs chromium and nats-server)', () => {
  let database: TestDatabase;
  let cluster: Cluster;
  let gateway: TestGateway;
  let browser: Browser;
  let clients: FillClients | undefined;

  beforeAll(async () => {
    await buildDashboard();
    browser = await launchChromium();
    database = await createDatabase('browser faults');
    cluster = await Cluster.start({ databaseUrl: database.url, symbols: symbols(SYMBOLS) });
    await cluster.grow(PODS);
    await cluster.fund();
    gateway = await TestGateway.start({ databaseUrl: database.url, natsUrl: cluster.broker.url });
  });

  afterAll(async () => {
    clients?.kill();
    await browser?.close();
    await gateway?.remove();
    await cluster?.stop();
    await database?.drop();
  });

  const explain = (): string => `${cluster.explain()}\n${gateway.process.log.slice(-2_000)}`;

  it('stays complete and correct when the gateway and then the owner are killed in mid-stream', async () => {
    const watched = cluster.symbols[0]!;
    const overview = await DashboardPage.open(browser, { url: gateway.url });
    const market = await DashboardPage.open(browser, { url: gateway.url, hash: `#/market/${watched}` });
    const pages = [overview, market];
    clients = FillClients.start([
      {
        url: cluster.broker.url,
        symbols: cluster.symbols,
        seed: SEED,
        client: 'typed',
        concurrency: 4,
        thinkMs: 40,
        giveUpMs: 2 * SETTLED_MS_MAX,
      },
    ]);
    const works = () => clients?.acknowledge(ACKNOWLEDGED, SETTLED_MS_MAX, explain);
    await works();

    await gateway.kill();
    for (const { page } of pages) await page.locator('.band').getByText('Connection lost at').waitFor();
    await works();
    await gateway.restart();
    for (const { page } of pages) await page.locator('.band').waitFor({ state: 'detached' });
    await works();

    const { owner } = await cluster.row(watched);
    await cluster.pod(owner as string).kill();
    await cluster.whenServed();
    await works();
    const survivor = cluster.running[0]!;
    await market.page.locator('.market-facts').getByText(survivor).waitFor();
    await overview.page.getByText(`Pod ${owner} does not answer.`).waitFor();
    await cluster.add(owner as string);
    await cluster.whenShared();
    await works();

    await clients.stop();
    clients = undefined;
    await expectAgreement('positions', () => overview.rows('positions').then(heldAsShown), heldInLedger);
    await expectAgreement(
      'events',
      () => eventsAsShown(market),
      () => eventsInLedger(watched),
    );
    for (const page of pages) {
      expect(page.loads, 'nobody reloaded').toBe(1);
      expect(page.foreign).toEqual([]);
      // The browser itself notes connections that were refused while the gateway was away.
      expect(page.problems.filter((problem) => !/WebSocket connection|ERR_CONNECTION|503/.test(problem))).toEqual([]);
      await page.close();
    }
  });

  /** The page says in time what the ledger says, and both are something. */
  async function expectAgreement<Seen>(what: string, shown: () => Promise<Seen[]>, stored: () => Promise<Seen[]>) {
    const wanted = await stored();
    expect(wanted.length).toBeGreaterThan(0);
    let seen: Seen[] = [];
    await until(
      async () => {
        seen = await shown();
        return JSON.stringify(seen) === JSON.stringify(wanted);
      },
      ARRIVED_MS_MAX,
      () => `${what}: ${JSON.stringify(seen)} is shown, ${JSON.stringify(wanted)} is stored\n${explain()}`,
    );
  }

  /** Of the tables, as the page writes numbers. */
  async function heldInLedger(): Promise<string[]> {
    const rows = await sql<{ symbol: string; quantity: string; average: string }>(
      database.url,
      `select symbol, trim_scale(quantity)::text quantity, trim_scale(round(cost / quantity, 8))::text average from positions
       where quantity > 0 order by symbol`,
    );
    return rows.map(({ symbol, quantity, average }) =>
      [symbol, formatQuantity(quantity), formatPrice(average)].join(' '),
    );
  }

  async function eventsInLedger(symbol: string): Promise<string[]> {
    const rows = await sql<{ seq: string }>(
      database.url,
      'select seq::text from journal where symbol = $1 order by journal.seq desc limit $2',
      [symbol, EVENTS_COMPARED],
    );
    return rows.map(({ seq }) => `#${seq}`);
  }
});

function heldAsShown(rows: readonly Row[]): string[] {
  return rows.map((row) => [row[''], row.Quantity, row.Average].join(' '));
}

async function eventsAsShown(market: DashboardPage): Promise<string[]> {
  const numbers = await market.card('market-events-title').locator('.market-seq').allTextContents();
  return numbers.slice(0, EVENTS_COMPARED);
}
