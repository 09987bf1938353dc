/** The ledger suite's verdict: a contender that acknowledges and cheats is found out, one that works is left in peace. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uuid7 } from '../../adapters/uuid7.ts';
import type { RunningDesign } from '../../bench/ledger/contender.ts';
import { forUpdate } from '../../bench/ledger/contenders/for-update.ts';
import { createLedger, openPositions } from '../../bench/ledger/database.ts';
import { serverFaults, unflushedFaults } from '../../bench/ledger/durability.ts';
import { type BenchFill, makeLoad } from '../../bench/ledger/load.ts';
import { Promises } from '../../bench/ledger/promises.ts';
import { ExternalPostgres } from '../support/external-postgres.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

const FILLS = 40;

let database: TestDatabase;
let running: RunningDesign;
let promises: Promises;

beforeEach(async () => {
  database = await createDatabase('bench_verdict');
  await openPositions(database.url, 2);
  running = await forUpdate.open(database.url, 2);
  promises = await Promises.begin(database.url);
});
afterEach(async () => {
  await running.close();
  await database.drop();
});

/** Acknowledges every fill, whatever `record` does with it. */
async function promise(record: (fill: BenchFill, index: number) => Promise<void>): Promise<void> {
  const next = makeLoad({ symbols: 2 }, 7);
  for (let index = 0; index < FILLS; index += 1) {
    const fill = next();
    await record(fill, index);
    promises.acknowledged(fill);
  }
}

describe('the verdict on a ledger', () => {
  it('has nothing against one that keeps what it acknowledges, also the second time', async () => {
    for (let scenario = 0; scenario < 2; scenario += 1) {
      await promise((fill) => running.fill(fill));
      expect(await promises.verdict()).toEqual({ lost: 0, faults: [] });
    }
  });

  it('counts what was acknowledged and not written', async () => {
    await promise(async (fill, index) => (index % 10 === 0 ? undefined : running.fill(fill)));
    expect(await promises.verdict()).toEqual({ lost: 4, faults: [] });
  });

  it('is not taken in by as many other rows: one fill left out, another one written twice', async () => {
    await promise(async (fill, index) => {
      if (index % 10 === 0) return;
      await running.fill(fill);
      if (index % 10 === 1) await running.fill({ ...fill, id: uuid7() });
    });
    expect(await promises.verdict()).toEqual({
      lost: 4,
      faults: ['4 rows are in the journal that nobody acknowledged'],
    });
  });

  it('finds other amounts under the right ids', async () => {
    await promise((fill, index) => running.fill(index === 5 ? { ...fill, fee: fill.fee + 1n } : fill));
    const { lost, faults } = await promises.verdict();
    expect(lost).toBe(0);
    expect(faults).toEqual([expect.stringMatching(/^the fee of all fills is \d+ units, sent were \d+$/)]);
  });
});

describe('the verdict on durability', () => {
  // The log belongs to a whole server: on one of its own, whose other sessions flush nothing of this one's.
  let server: ExternalPostgres;
  let url: string;

  beforeAll(async () => {
    server = await ExternalPostgres.start({ isDurable: true });
    url = await createLedger(server, 'durability', 2);
  });
  afterAll(() => server.remove());

  const faultsOf = async (options: string): Promise<readonly string[]> => {
    const address = new URL(url);
    address.searchParams.set('options', options);
    const design = await forUpdate.open(address.href, 2);
    const next = makeLoad({ symbols: 2 }, 8);
    try {
      return await unflushedFaults(url, () => design.fill(next()));
    } finally {
      await design.close();
    }
  };

  it('has nothing against sessions that wait for the disk', async () => {
    expect(await faultsOf('-c synchronous_commit=on')).toEqual([]);
    expect(await serverFaults(url)).toEqual([]);
  });

  it('finds sessions that acknowledge before the disk has it', async () => {
    expect(await faultsOf('-c synchronous_commit=off')).toEqual([expect.stringContaining('synchronous_commit is off')]);
  });
});
