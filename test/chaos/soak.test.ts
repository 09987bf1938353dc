/**
 * The demo market at full speed: memory stays flat, no rejection goes unhandled, the fold of the ledger is clean.
 * SOAK_SECONDS (default 60) says how long; ten minutes is what a release gets.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess } from '../support/engine-process.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 60);
const SAMPLES = 30;
/** What garbage collection leaves lying about between two samples. */
const SLACK_MIB = 64;

describe.runIf(process.platform === 'linux')('the demo market at full speed', () => {
  let database: TestDatabase;
  let home: EngineHome;

  beforeAll(async () => {
    database = await createDatabase('soak');
    home = await EngineHome.create(['--database-url', database.url]);
  });

  afterAll(async () => {
    await home?.remove();
    await database?.drop();
  });

  it(`runs ${SECONDS} s with flat memory and a clean ledger`, async () => {
    const engine = await home.start('--speed', 'max', '--risk', 'off');
    const resident: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      await delay((SECONDS * 1_000) / SAMPLES);
      expect(engine.isAlive, engine.log.slice(-2_000)).toBe(true);
      resident.push(residentMib(engine));
    }
    expect(await engine.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    // Leaving the first third to warming up, the second half of the rest is no larger than the first.
    const warm = resident.slice(SAMPLES / 3);
    const early = Math.max(...warm.slice(0, warm.length / 2));
    const late = Math.max(...warm.slice(warm.length / 2));
    console.info(`resident memory: ${early} MiB, then ${late} MiB`);
    expect(late).toBeLessThanOrEqual(early + SLACK_MIB);
    expect(engine.log).not.toMatch(/unhandled rejection|"level":"error"/);
    const [row] = await sql<{ trades: number }>(database.url, 'select count(*)::int as trades from trades');
    console.info(`closed trades: ${row?.trades}`);
    expect(row?.trades).toBeGreaterThan(0);
    expect(await ledgerFaults(database.url)).toEqual([]);
  });
});

function residentMib(engine: EngineProcess): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${engine.pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1_024);
}
