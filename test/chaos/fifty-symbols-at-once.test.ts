/**
 * Fifty symbols on three Pods want to enter at the same candle, whatever limit is the tightest: cash, exposure, positions and
 * entries of the day are never exceeded, not by one unit and not for one commit (I5). Limits are set and everything is
 * flattened in between, as a person would.
 */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditLedger } from '../../ledger/postgres/audit.ts';
import { ENTRY_PRICE } from '../support/actor-market.ts';
import { Cluster, SETTLED_MS_MAX } from '../support/cluster.ts';
import { until } from '../support/engine-process.ts';
import { ledgerFaults, sql, units } from '../support/ledger-audit.ts';
import { hasNatsServer } from '../support/nats-server.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask, insist, symbols } from '../support/wire.ts';

const SYMBOLS = symbols(50);
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Noon: history before it is of the same day. */
const NOON = Date.UTC(2024, 0, 1, 12);
/** Rising so long that the averages are warm; then a close out of the band is an entry. */
const HISTORY_MINUTES = 260;
const EAGER = ['--preset', 'v1', '--set', 'rsi14Max=100', '--set', 'volumeMin=0'];
const ORDER_MINIMUM = units('5000');

interface Scenario {
  readonly name: string;
  readonly limits: Readonly<Record<string, number>>;
  /** Taken out after the day's reference was fixed. */
  readonly withdrawn?: string;
  /** How many entries there are to be. */
  readonly entries: number;
}

/** An entry is 16 % of the reference by default: v1 takes the size of SIDEWAYS. */
const SCENARIOS: readonly Scenario[] = [
  { name: 'positions', limits: {}, entries: 5 },
  { name: 'entries of the day', limits: { positionsMax: 50 }, entries: 6 },
  { name: 'exposure', limits: { positionsMax: 50, dailyEntriesMax: 50, exposureShareMax: 0.4 }, entries: 3 },
  { name: 'cash', limits: { positionsMax: 50, dailyEntriesMax: 50 }, withdrawn: '6000000', entries: 3 },
];

interface Entered {
  readonly symbol: string;
  readonly amount: string;
}

// In order of time: each scenario is a later day of one market.
describe.runIf(hasNatsServer)(
  'fifty symbols that enter at the same candle (needs nats-server)',
  { shuffle: false },
  () => {
    let database: TestDatabase;
    let cluster: Cluster;

    beforeAll(async () => {
      database = await createDatabase('fifty symbols');
      await storeRise(NOON);
      cluster = await Cluster.start({ databaseUrl: database.url, symbols: SYMBOLS, podOptions: EAGER });
      await cluster.grow(['pod-a', 'pod-b', 'pod-c']);
    });

    afterAll(async () => {
      await cluster?.stop();
      await database?.drop();
    });

    /** The candles of a rising market that end before this moment. */
    async function storeRise(end: number): Promise<void> {
      await sql(
        database.url,
        `insert into candles (symbol, open_time, open, high, low, close, volume)
       select s, to_timestamp($2::float8) + m * interval '1 minute', p, p, p, p, 10
       from unnest($1::text[]) as s, generate_series(0, $3 - 1) as m, lateral (select 100000 + m * 100 as p) as price`,
        [SYMBOLS, (end - HISTORY_MINUTES * MINUTE_MS) / 1_000, HISTORY_MINUTES],
      );
    }

    /** As a collector does: stored, then said. */
    async function say(openTime: number, price: number): Promise<void> {
      await sql(
        database.url,
        `insert into candles (symbol, open_time, open, high, low, close, volume)
       select s, to_timestamp($2::float8), $3, $3, $3, $3, 10 from unnest($1::text[]) as s`,
        [SYMBOLS, openTime / 1_000, price],
      );
      for (const symbol of SYMBOLS) {
        const at = new Date(openTime).toISOString();
        const candle = {
          symbol,
          unit: '1m',
          openTime: at,
          open: price,
          high: price,
          low: price,
          close: price,
          volume: 10,
        };
        cluster.nc.publish(`cp.market.${symbol}.candle`, JSON.stringify(candle));
      }
    }

    const count = async (text: string, values: readonly unknown[] = []): Promise<number> =>
      (await sql<{ count: number }>(database.url, `select count(*)::int as count from ${text}`, values))[0]?.count ?? 0;

    /** Nobody writes a position meanwhile: as if every Pod were slow just here. */
    async function whileLocked(table: string, work: () => Promise<void>): Promise<void> {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      try {
        await client.query('begin');
        await client.query(`select from ${table} for update`);
        await work();
      } finally {
        await client.end();
      }
    }

    const eventually = (what: string, isSo: () => Promise<boolean>): Promise<void> =>
      until(isSo, SETTLED_MS_MAX, () => `${what} did not come about\n${cluster.explain()}`);

    it.each(SCENARIOS.map((scenario, index) => ({ ...scenario, day: index })))(
      'keep to $name, whatever else is there',
      async ({ limits, withdrawn, entries, day }) => {
        const noon = NOON + day * DAY_MS;
        const unset = Object.fromEntries(
          ['positionsMax', 'dailyEntriesMax', 'exposureShareMax'].map((name) => [name, null]),
        );
        await insist(cluster.nc, 'cp.account.limits', { limits: { ...unset, ...limits }, reason: 'a scenario' });
        // Days after the first go on after a gap: what lies in it is read back from the ledger.
        if (day > 0) await storeRise(noon);
        await say(noon, 100_000 + HISTORY_MINUTES * 100);
        const date = new Date(noon).toISOString().slice(0, 10);
        const reference = () => count('account where reference_day = $1::date', [date]);
        await eventually('the reference of the day', async () => (await reference()) === 1);
        const { account } = await insist<{ account: { referenceEquity: string; day: { day: string } } }>(
          cluster.nc,
          'cp.account.get',
        );
        expect(account.day.day).toBe(date);
        if (withdrawn !== undefined) await insist(cluster.nc, 'cp.account.withdraw', { amount: withdrawn });

        // Everybody wants to enter here. No intent gets through until the account has granted all it grants: what is granted
        // and not on record yet has to count, or as many again would be granted.
        const held = () => count(`reservations where status = 'held'`);
        await whileLocked('positions', async () => {
          await say(noon + MINUTE_MS, ENTRY_PRICE);
          await eventually('the grants', async () => (await held()) >= entries);
        });
        const decided = () =>
          count(`decisions where at > to_timestamp($1::float8) and decision ->> 'decision' in ('ENTER', 'REFUSED')`, [
            noon / 1_000,
          ]);
        await eventually('fifty decisions', async () => (await decided()) === SYMBOLS.length);
        const entered = await sql<Entered>(
          database.url,
          `select symbol, decision ->> 'amount' as amount from decisions
         where at > to_timestamp($1::float8) and decision ->> 'decision' = 'ENTER' order by recorded_at`,
          [noon / 1_000],
        );
        expect(entered, cluster.explain()).toHaveLength(entries);

        await eventually(
          'the orders at the venue',
          async () => (await count(`orders where side = 'buy' and status = 'open'`)) === entries,
        );
        // They fill, at a price that is not the one they were decided at; it would be another signal for all the others.
        await insist(cluster.nc, 'cp.account.pause', { reason: 'enough of it' });
        await say(noon + 2 * MINUTE_MS, ENTRY_PRICE * 1.001);
        await eventually('the fills', async () => (await count('positions where quantity > 0')) === entries);
        await eventually(
          'the end of the orders',
          async () => (await count(`reservations where status in ('held', 'used')`)) === 0,
        );
        await judge(entered, { reference: units(account.referenceEquity), share: limits.exposureShareMax ?? 1, date });

        await insist(cluster.nc, 'cp.account.flatten', { reason: 'the scenario is over' });
        await eventually(
          'the sales',
          async () => (await count(`orders where side = 'sell' and status = 'open'`)) === entries,
        );
        await say(noon + 3 * MINUTE_MS, ENTRY_PRICE);
        await eventually('an empty book', async () => (await count('positions where quantity > 0')) === 0);
        await eventually('the end of the sales', async () => (await count(`orders where status = 'open'`)) === 0);
        expect(await ask(cluster.nc, 'cp.account.get', {}, 2_000)).toMatchObject({
          account: { paused: 'the scenario is over' },
        });
        await insist(cluster.nc, 'cp.account.resume', { reason: 'the next scenario' });
        if (withdrawn !== undefined) await insist(cluster.nc, 'cp.account.deposit', { amount: withdrawn });
        expect(await ledgerFaults(database.url)).toEqual([]);
        expect((await auditLedger(database.url)).difference).toBeNull();
        // The curve has a point of this day, to the unit what the account had.
        expect(await count('equity where at::date = $1::date and equity >= cash', [date])).toBeGreaterThan(0);
      },
    );

    /** By SQL alone: what was granted, in the order in which it was written. */
    async function judge(
      entered: readonly Entered[],
      { reference, share, date }: { readonly reference: bigint; readonly share: number; readonly date: string },
    ): Promise<void> {
      const amounts = entered.map(({ amount }) => units(amount));
      const exposureMax = (reference * BigInt(Math.round(share * 1_000))) / 1_000n;
      expect(amounts.reduce((sum, amount) => sum + amount, 0n) <= exposureMax).toBe(true);
      for (const amount of amounts) {
        expect(amount <= reference / 5n).toBe(true);
        expect(amount >= ORDER_MINIMUM).toBe(true);
      }
      // No order spent more than was set aside for it.
      const overspent = `orders o join reservations r on r.id = o.client_order_id where o.filled_notional + o.fees > r.amount`;
      expect(await count(overspent)).toBe(0);
      const [day] = await sql<{ entries: number }>(database.url, 'select entries from risk_days where day = $1::date', [
        date,
      ]);
      expect(day?.entries).toBe(entered.length);
      // At no row was more cash spent, or more set aside, than there was.
      const running = `(select sum(case when kind = 'cash' then notional when side = 'sell' then notional - fee else -notional - fee end)
      over (order by recorded_at) as cash from journal where kind in ('fill', 'cash')) as running where cash < 0`;
      expect(await count(running)).toBe(0);
      expect(await count('account where reserved > cash or cash < 0')).toBe(0);
    }
  },
);
