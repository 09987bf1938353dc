/**
 * An engine that stands still longer than its lease, as under a debugger or a swapping machine. It wakes up believing that
 * it owns everything; only the row knows better (I1).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'nats';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ACKNOWLEDGED_PER_ROUND,
  eventuallyAnswers,
  expectNothingLost,
  RECOVERY_MS_MAX,
  SEED,
  startLoad,
  startTarget,
} from '../support/chaos.ts';
import { EngineHome, type EngineProcess, until } from '../support/engine-process.ts';
import type { FillClients } from '../support/fill-clients.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { command, uuidv7 } from '../support/wire.ts';

/** Longer than the lease of 5 s, so that waking up is waking up without it. */
const FROZEN_MS = 8_000;
/** From before it is frozen until it serves again. */
const LATE_MS_MAX = 20_000;

let database: TestDatabase;
let home: EngineHome;
let engine: EngineProcess;
let clients: FillClients | undefined;

beforeAll(async () => {
  database = await createDatabase('frozen engine');
  home = await EngineHome.create(['--database-url', database.url]);
  engine = await startTarget(home);
});

afterAll(async () => {
  clients?.kill();
  await home?.remove();
  await database?.drop();
});

/** Tests run in any order, and the one before may have left the engine rejoining. */
beforeEach(async () => {
  await until(
    async () => (await fetch(`${engine.ready.http}/healthz/ready`).catch(() => undefined))?.ok ?? false,
    LATE_MS_MAX,
    () => engine.log.slice(-3_000),
  );
});

describe('an engine that was frozen beyond its lease', () => {
  it('rejoins under load and has lost nothing', async () => {
    clients = startLoad(engine.ready.nats, SEED);
    await clients.acknowledge(ACKNOWLEDGED_PER_ROUND, RECOVERY_MS_MAX, () => engine.log.slice(-3_000));
    engine.signal('SIGSTOP');
    await delay(FROZEN_MS);
    engine.signal('SIGCONT');
    await clients.acknowledge(ACKNOWLEDGED_PER_ROUND, RECOVERY_MS_MAX, () => engine.log.slice(-3_000));
    const report = await clients.stop();
    expect(engine.isAlive).toBe(true);
    await expectNothingLost(database.url, report);
  });

  it('writes nothing into a symbol that another Pod has taken meanwhile, and serves it again after that Pod is gone', async () => {
    const symbol = 'KRW-STOLEN';
    const nc = await connect({ servers: engine.ready.nats });
    await command(nc, 'cp.cluster.add', { symbols: [symbol] });
    const buy = () => ({ id: uuidv7(), side: 'buy', quantity: '1', price: '100' });
    const fill = () => command(nc, `cp.symbol.${symbol}.fill`, { reason: undefined, ...buy() });
    await fill();
    const before = await row(symbol);

    engine.signal('SIGSTOP');
    // Requests that reach it the moment it wakes up, before it knows what happened.
    const late = Array.from({ length: 50 }, () => {
      const body = buy();
      return {
        id: body.id,
        reply: nc.request(`cp.symbol.${symbol}.fill`, JSON.stringify(body), { timeout: LATE_MS_MAX }),
      };
    });
    const settled = Promise.allSettled(late.map(({ reply }) => reply));
    await delay(FROZEN_MS);
    await steal(symbol);
    engine.signal('SIGCONT');

    // While the thief's lease lasts, its row stands as it is: both read in one statement, since a steal ends the lease first.
    await until(
      async () => {
        const [seen] = await sql<{ isOver: boolean; row: Row }>(
          database.url,
          `select expires_at <= clock_timestamp() as "isOver",
                  (select to_json(r) from (select owner, epoch::int, version::int, quantity::text from positions where symbol = $1) r) as row
           from pods where pod = 'thief'`,
          [symbol],
        );
        if (seen === undefined || seen.isOver) return true;
        expect(seen.row).toEqual({ ...before, epoch: before.epoch + 1, owner: 'thief' });
        return false;
      },
      RECOVERY_MS_MAX,
      () => engine.log.slice(-3_000),
    );
    await eventuallyAnswers(fill, () => `the symbol is not served again: ${engine.log.slice(-3_000)}`);
    expect((await row(symbol)).epoch).toBeGreaterThan(before.epoch + 1);

    // Whoever of the late ones got an ok is in the ledger; whoever is in the ledger is there once.
    const replies = await settled;
    const rows = await sql<{ id: string; version: number }>(
      database.url,
      'select id, version::int from fills where symbol = $1',
      [symbol],
    );
    const versions = new Map(rows.map(({ id, version }) => [id, version]));
    for (const [index, { id }] of late.entries()) {
      const reply = replies[index]!;
      if (reply.status !== 'fulfilled') continue;
      const answer = reply.value.json<{ ok: boolean; version?: number; error?: { retryable: boolean } }>();
      if (answer.ok) expect(versions.get(id)).toBe(answer.version);
      else expect(answer.error?.retryable).toBe(true);
    }
    expect(await ledgerFaults(database.url)).toEqual([]);
    await nc.close();
  });

  it('answers every request that reached it, if only to say that it is not the owner', async () => {
    const symbol = 'KRW-WAITED';
    // A connection that can't come back shows the difference between an answer lost with it and none at all.
    const nc = await connect({ servers: engine.ready.nats, reconnect: false });
    await command(nc, 'cp.cluster.add', { symbols: [symbol] });
    engine.signal('SIGSTOP');
    const requests = Array.from({ length: 50 }, () => {
      const body = { id: uuidv7(), side: 'buy', quantity: '1', price: '100' };
      return nc.request(`cp.symbol.${symbol}.fill`, JSON.stringify(body), { timeout: LATE_MS_MAX });
    });
    const settled = Promise.allSettled(requests);
    await delay(FROZEN_MS);
    await steal(symbol);
    engine.signal('SIGCONT');
    // `no responders` is an answer too; a time-out is none.
    const failures = (await settled).flatMap((reply) => (reply.status === 'rejected' ? [String(reply.reason)] : []));
    expect(failures.filter((failure) => /timeout/i.test(failure))).toEqual([]);
    await nc.close();
  });
});

/** Another Pod takes the symbol, as §3 has it: the lease of its owner is over. It lives for four seconds. */
async function steal(symbol: string): Promise<void> {
  const incarnation = randomUUID();
  await sql(
    database.url,
    `insert into pods (pod, incarnation, expires_at) values ('thief', $1, clock_timestamp() + interval '4 seconds')
     on conflict (pod) do update set incarnation = excluded.incarnation, expires_at = excluded.expires_at`,
    [incarnation],
  );
  await sql(
    database.url,
    `update positions set owner = 'thief', incarnation = $1, epoch = epoch + 1 where symbol = $2`,
    [incarnation, symbol],
  );
}

interface Row {
  owner: string;
  epoch: number;
  version: number;
  quantity: string;
}

async function row(symbol: string): Promise<Row> {
  const [found] = await sql<Row>(
    database.url,
    'select owner, epoch::int, version::int, quantity::text from positions where symbol = $1',
    [symbol],
  );
  return found!;
}
