/**
 * A recording that is played while the engine is killed again and again ends with the trades and the funnel of a run that
 * was never disturbed: nothing is decided twice, nothing is left out (I2, I3, I9).
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome } from '../support/engine-process.ts';
import { ledgerFaults } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { hasSharedData, sharedFile } from '../support/shared-data.ts';

const ROUNDS = Number(process.env.CHAOS_ROUNDS ?? 20) / 2;
const OPTIONS = '--symbol KRW-BTC --preset v3.3 --fees 0 --slippage 0 --risk off --speed max --exit-at-end';

describe.runIf(hasSharedData)('the golden month under kill -9 (needs ../shared)', () => {
  let database: TestDatabase;
  let home: EngineHome;

  beforeAll(async () => {
    database = await createDatabase('recording kill');
    home = await EngineHome.create(['--database-url', database.url]);
  });

  afterAll(async () => {
    await home?.remove();
    await database?.drop();
  });

  it('ends like an undisturbed run', async () => {
    const feed = ['--feed', `file:${sharedFile('data/btc-perp-1m.csv')}`, ...OPTIONS.split(' ')];
    for (let round = 0; round < ROUNDS; round += 1) {
      const engine = await home.start(...feed);
      // Short lives and long ones: nothing trades in the first third of the recording.
      const lifeMs = 50 + Math.floor(Math.random() * (round % 2 === 0 ? 600 : 4_000));
      await delay(lifeMs);
      await engine.kill('SIGKILL');
    }
    const last = home.run('up', ...feed);
    expect(await last.whenExited(120_000), last.log.slice(-2_000)).toEqual({ code: 0, signal: null });

    const { trades, funnel } = JSON.parse(last.lines.at(-1) ?? '{}') as {
      trades: { entryTime: string; exitTime: string; reason: string }[];
      funnel: Record<string, number>;
    };
    const golden = JSON.parse(readFileSync(sharedFile('golden/btc-perp-1m.v3.3.json'), 'utf8')) as {
      trades: { entry_time: number; exit_time: number; reason: string }[];
      funnel: Record<string, number>;
    };
    const seconds = (iso: string): number => Date.parse(iso) / 1_000;
    expect(trades.map((trade) => [seconds(trade.entryTime), seconds(trade.exitTime), trade.reason])).toEqual(
      golden.trades.map((trade) => [trade.entry_time, trade.exit_time, trade.reason]),
    );
    expect(funnel).toEqual(golden.funnel);
    expect(await ledgerFaults(database.url)).toEqual([]);
  });
});
