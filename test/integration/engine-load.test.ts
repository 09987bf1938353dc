/** Many writers at the same time: what two Pods of the system before this one lost. */
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess } from '../support/engine-process.ts';
import { FillClients } from '../support/fill-clients.ts';
import { flatMarket } from '../support/flat-market.ts';
import { answerFaults, ledgerFaults } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { command, symbols } from '../support/wire.ts';

let database: TestDatabase;
let home: EngineHome;
let engine: EngineProcess;
const served = symbols(50);

beforeAll(async () => {
  database = await createDatabase('engine load');
  home = await EngineHome.create(['--database-url', database.url]);
  home.use(...(await flatMarket(home.folder)));
  engine = await home.start();
  const nc = await connect({ servers: engine.ready.nats });
  await command(nc, 'cp.cluster.add', { symbols: [...served, 'KRW-HOT'] });
  await nc.close();
});

afterAll(async () => {
  await home?.remove();
  await database?.drop();
});

describe('load from four client processes', () => {
  it('folds 5,000 concurrent fills over 50 symbols exactly', async () => {
    // Two clients send plain fills, two send batches; 1,250 each.
    const clients = FillClients.start(
      [1, 1, 8, 8].map((fillsPerRequestMax, index) => ({
        url: engine.ready.nats,
        symbols: served,
        seed: 50 + index,
        count: 1_250,
        concurrency: 64,
        fillsPerRequestMax,
      })),
    );
    const { records, failures } = await clients.finished();
    expect(records).toHaveLength(5_000);
    expect(records.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    // The plan sells little beside what it buys: a refusal is a sale that came before its buys.
    expect(new Set(records.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code))).toEqual(
      new Set(['INSUFFICIENT']),
    );
    expect(await answerFaults(database.url, records), JSON.stringify(failures)).toEqual([]);
    expect(await ledgerFaults(database.url)).toEqual([]);
  });

  it('says BUSY or does it, and loses nothing, when one symbol is flooded beyond its limits', async () => {
    // 4 × 1,536 requests on their way to one symbol: above 256 waiting and 4,096 uncommitted.
    const clients = FillClients.start(
      [1, 1, 1, 1].map((fillsPerRequestMax, index) => ({
        url: engine.ready.nats,
        symbols: ['KRW-HOT'],
        seed: 90 + index,
        count: 1_536,
        concurrency: 1_536,
        fillsPerRequestMax,
        sellPercent: 0,
        attemptMs: 10_000,
      })),
    );
    const { records, failures } = await clients.finished();
    expect(records.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    // A machine short of processors may also be late: that is said with a code that asks to try again, or, while a Pod
    // that could not renew its lease in time joins anew, by the server, because nobody listens.
    const late = ['BUSY', 'NOT_OWNER', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'TimeoutError', 'RequestError'];
    const retryable = [...late, 'NoRespondersError'];
    expect(Object.keys(failures).filter((name) => !retryable.includes(name))).toEqual([]);
    const versions = records.map(({ version }) => version!).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 6_144 }, (_, index) => index + 1));
    expect(await ledgerFaults(database.url)).toEqual([]);
  });
});
