/**
 * A symbol whose actor cannot run, in the real engine: tried again with backoff, then halted on record; its neighbours
 * never notice; the log and the replies say what happened and how to resume, and a resume works once it is mended.
 */
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import { FLAT_SYMBOL, flatMarket } from '../support/flat-market.ts';
import { sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { ask, command, uuidv7 } from '../support/wire.ts';

const BROKEN = 'KRW-BROKEN';

describe('a symbol whose stored state can not be read', () => {
  let database: TestDatabase;
  let home: EngineHome;
  let engine: EngineProcess;
  let nc: NatsConnection;

  const fill = (symbol: string) =>
    ask(nc, `cp.symbol.${symbol}.fill`, { id: uuidv7(), side: 'buy', quantity: '1', price: '100' });
  const haltedReason = async (): Promise<string | null> => {
    const [row] = await sql<{ halted_reason: string | null }>(
      database.url,
      'select halted_reason from positions where symbol = $1',
      [BROKEN],
    );
    return row?.halted_reason ?? null;
  };

  beforeAll(async () => {
    database = await createDatabase('engine broken symbol');
    home = await EngineHome.create(['--database-url', database.url]);
    home.use(...(await flatMarket(home.folder)));
    const first = await home.start();
    const before = await connect({ servers: first.ready.nats });
    await command(before, 'cp.cluster.add', { symbols: [BROKEN] });
    await command(before, `cp.symbol.${BROKEN}.pause`);
    await before.close();
    await first.kill('SIGTERM');
    await sql(database.url, `update positions set state = '{"trade": {"entryPrice": "nonsense"}}' where symbol = $1`, [
      BROKEN,
    ]);
    engine = await home.start();
    nc = await connect({ servers: engine.ready.nats });
  });

  afterAll(async () => {
    await nc?.close();
    await home?.remove();
    await database?.drop();
  });

  it('is halted after a few tries, leaves its neighbours alone, and resumes when it was mended', async () => {
    await until(
      async () => (await haltedReason()) !== null,
      30_000,
      () => engine.log.slice(-3_000),
    );
    expect((await fill(FLAT_SYMBOL)).ok).toBe(true);

    const refused = await fill(BROKEN);
    expect(refused.error).toMatchObject({ code: 'HALTED', message: expect.stringContaining('resume') });
    expect(await ask(nc, `cp.symbol.${BROKEN}.get`)).toMatchObject({ ok: true, mode: 'halted' });
    expect(engine.log).toContain('ctl symbol KRW-BROKEN resume');
    expect(engine.log).toContain('nonsense');

    await sql(database.url, 'update positions set state = null where symbol = $1', [BROKEN]);
    await command(nc, `cp.symbol.${BROKEN}.resume`, { reason: 'the state was mended' });
    await until(
      async () => (await fill(BROKEN)).ok,
      15_000,
      () => engine.log.slice(-3_000),
    );
    expect(await haltedReason()).toBeNull();
    const rows = await sql<{ body: string }>(
      database.url,
      `select body from journal where symbol = $1 and kind = 'mode' order by seq`,
      [BROKEN],
    );
    expect(rows.map(({ body }) => body).join('\n')).toContain('the state was mended');
  });
});
