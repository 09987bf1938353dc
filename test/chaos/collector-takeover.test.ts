/**
 * Two collectors, one active: killed, frozen and ended in order while a Pod listens. The candles in the ledger are those of
 * a run that was never disturbed, no candle is told twice with other contents, and whoever stands by says nothing.
 */
import type { Subscription } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_HISTORY_START, DemoMarket } from '../../adapters/feeds/demo-market.ts';
import { type Candle, MINUTE_MS } from '../../domain/candle.ts';
import { Cluster, SETTLED_MS_MAX } from '../support/cluster.ts';
import { TestCollector } from '../support/collector-process.ts';
import { until } from '../support/engine-process.ts';
import { sql } from '../support/ledger-audit.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask } from '../support/wire.ts';

const SEED = 7;
const SYMBOLS = ['KRW-BTC', 'KRW-XRP'];
/** Ten market minutes a second. */
const FEED = ['--feed', 'demo', '--seed', String(SEED), '--speed', '600', '--symbol', SYMBOLS.join()];
/** Candles of each symbol that are waited for between two events. */
const MORE = 15;

/** What the bus brought, by symbol and minute: every wording of a candle, as often as it came. */
const heard = new Map<string, string[]>();
let last = '';
let database: TestDatabase;
let cluster: Cluster;
let subscription: Subscription;
let a: TestCollector;
let b: TestCollector;

describe.runIf(hasNatsServer)('the active one of two collectors (needs nats-server)', () => {
  beforeAll(async () => {
    database = await createDatabase('collector takeover');
    cluster = await Cluster.start({ databaseUrl: database.url, symbols: SYMBOLS });
    subscription = cluster.nc.subscribe('cp.market.*.candle', { callback: (_, { data }) => listen(data) });
    const servers = { databaseUrl: database.url, natsUrl: cluster.broker.url };
    // The Pod knows its symbols before their history is there: it has to find it all the same.
    await cluster.grow(['pod-a']);
    a = await TestCollector.start('collector-a', servers, FEED);
    b = await TestCollector.start('collector-b', servers, FEED);
  });

  afterAll(async () => {
    subscription?.unsubscribe();
    await a?.remove();
    await b?.remove();
    await cluster?.stop();
    await database?.drop();
  });

  it('is replaced when it is killed, frozen or ended, and the market goes on as if nothing had been', async () => {
    expect([await a.role(), await b.role()]).toEqual(['active', 'standby']);
    await more();

    await a.process.kill('SIGKILL');
    await becomesActive(b);
    await more();
    await a.restart();
    expect(await a.role()).toBe('standby');

    b.process.signal('SIGSTOP');
    await becomesActive(a);
    await more();
    const frozenUntil = last;
    b.process.signal('SIGCONT');
    await until(
      async () => (await b.role()) === 'standby',
      SETTLED_MS_MAX,
      () => explain('the frozen one never knew that it was over'),
    );
    await more();

    expect(await a.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await becomesActive(b);
    await more();
    expect(await b.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const told = [...heard].map(([minute, words]) => ({ minute, words }));
    expect(told.filter(({ words }) => new Set(words).size > 1)).toEqual([]);
    // The last one stored is said again by whoever takes over: three times here. One that stood by and spoke would double all.
    expect(told.filter(({ words }) => words.length > 1).length).toBeLessThanOrEqual(3 * SYMBOLS.length);
    expect(last > frozenUntil).toBe(true);

    for (const symbol of SYMBOLS) {
      const stored = await storedCandles(symbol);
      expect(stored).toEqual(undisturbed(symbol, stored.at(-1)!.openTime));
      await until(
        async () => (await asSeenByPod(symbol)).at === stored.at(-1)!.openTime + MINUTE_MS,
        SETTLED_MS_MAX,
        () => `the Pod did not get to the last candle: ${cluster.explain()}`,
      );
      // The Pod was cold when the first candle came: it knows the regime by the history that came meanwhile.
      expect((await asSeenByPod(symbol)).regime).not.toBe('UNKNOWN');
    }
    const { pods, symbols } = await cluster.view();
    expect(pods.map(({ pod }) => pod)).toEqual(['pod-a']);
    expect(symbols.map(({ symbol }) => symbol)).toEqual(SYMBOLS);
  });
});

function listen(data: Uint8Array): void {
  const word = new TextDecoder().decode(data);
  const { symbol, openTime } = JSON.parse(word) as { symbol: string; openTime: string };
  const minute = `${symbol} ${openTime}`;
  heard.set(minute, [...(heard.get(minute) ?? []), word]);
  if (openTime > last) last = openTime;
}

/** Waits until the market has gone on. */
async function more(): Promise<void> {
  const goal = heard.size + MORE * SYMBOLS.length;
  await until(
    () => heard.size >= goal,
    SETTLED_MS_MAX,
    () => explain('the market stands still'),
  );
}

async function becomesActive(collector: TestCollector): Promise<void> {
  await until(
    async () => (await collector.role()) === 'active',
    SETTLED_MS_MAX,
    () => explain(`${collector.name} did not take over`),
  );
}

function explain(what: string): string {
  return `${what}\n${a.process.log.slice(-1_500)}\n---\n${b.process.log.slice(-1_500)}`;
}

/** What the Pod that started before there was a history thinks of the market. */
async function asSeenByPod(symbol: string): Promise<{ at: number; regime: string }> {
  const { at, regime } = await ask<{ at: string; regime: string }>(cluster.nc, `cp.symbol.${symbol}.explain`);
  return { at: Date.parse(at), regime };
}

async function storedCandles(symbol: string): Promise<Candle[]> {
  return sql<Candle>(
    database.url,
    `select (extract(epoch from open_time) * 1000)::float8 as "openTime", open, high, low, close, volume
     from candles where symbol = $1 order by open_time`,
    [symbol],
  );
}

/** The market of the seed from its first minute on. */
function undisturbed(symbol: string, through: number): Candle[] {
  const market = new DemoMarket({ seed: SEED, symbol });
  const candles: Candle[] = [];
  for (let openTime = DEMO_HISTORY_START; openTime <= through; openTime += MINUTE_MS) {
    const candle = market.candle(openTime);
    if (candle !== undefined) candles.push(candle);
  }
  return candles;
}
