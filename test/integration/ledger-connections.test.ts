/** What happens to connections that die, and what every session is told about time. */

import { sql } from '@databases/pg';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { connectionConfig, createControlPool, query, transaction } from '../../ledger/postgres/connection.ts';
import { createReaderPool } from '../../ledger/postgres/reader.ts';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import { claimOne, type SymbolDraft } from '../support/ledger-groups.ts';
import {
  type Ledger,
  type PostgresLedgerServer,
  silentLog,
  startPostgresLedger,
} from '../support/ledger-implementations.ts';

let server: PostgresLedgerServer;
let ledger: Ledger;

beforeAll(async () => {
  server = await startPostgresLedger();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  ledger = await server.fresh();
});

/** Asks until there is an answer; ten seconds are an eternity here. */
async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('it never happened');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Ends a backend and waits until it is gone. */
async function kill(pid: number): Promise<void> {
  await server.admin.query('select pg_terminate_backend($1)', [pid]);
  await eventually(async () => {
    const { rowCount } = await server.admin.query('select from pg_stat_activity where pid = $1', [pid]);
    return rowCount === 0 ? true : undefined;
  });
}

/** Holds the row, so that a commit of it waits; the returned function lets go. */
async function lockRow(symbol: string): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: server.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from positions where symbol = $1 for update', [symbol]);
  return () => holder.end();
}

/** The backend of the writer whose commit waits for a row. */
function waitingWriter(): Promise<number> {
  return eventually(async () => {
    const { rows } = await server.admin.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'coinpilot-writer' and wait_event_type = 'Lock'`,
    );
    return rows[0]?.pid;
  });
}

describe('a writer whose connection is killed during a commit', () => {
  it('rejects what is in flight and everything after it as retryable', async () => {
    const draft = await claimOne(ledger);
    const letGo = await lockRow('KRW-BTC');
    const answers = [ledger.commit.commit([draft.note().group()]), ledger.commit.commit([draft.note().group()])];
    const outcomes = Promise.allSettled(answers);
    await kill(await waitingWriter());
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(RetryableError) });
    }
    await letGo();
    await expect(ledger.commit.commit([draft.fork().note().group()])).rejects.toThrow(RetryableError);
    expect(await ledger.reader.journal('KRW-BTC', 0, 10)).toEqual([]);
  });

  it('makes group commit report the fate as unknown to its sources', async () => {
    const draft = await claimOne(ledger);
    const letGo = await lockRow('KRW-BTC');
    const heard: unknown[] = [];
    const failed: unknown[] = [];
    const queue = new GroupCommit(ledger.commit, (cause) => failed.push(cause));
    queue.dirty(oneChange(draft, heard));
    await kill(await waitingWriter());
    await eventually(() => (heard.length > 0 ? true : undefined));
    expect(heard).toEqual([expect.any(RetryableError)]);
    expect(failed).toEqual([expect.any(RetryableError)]);
    await letGo();
  });

  it('stops at once, without the rest of its pipeline, when one commit fails', async () => {
    const draft = await claimOne(ledger);
    const broken = draft
      .fork()
      .note()
      .group({ positionAfter: { quantity: -1n, cost: 0n, realizedPnl: 0n } });
    const letGo = await lockRow('KRW-BTC');
    const outcomes = Promise.allSettled([ledger.commit.commit([broken]), ledger.commit.commit([draft.note().group()])]);
    await waitingWriter();
    await letGo();
    for (const outcome of await outcomes) expect(outcome.status).toBe('rejected');
    await expect(ledger.commit.commit([draft.note().group()])).rejects.toThrow(RetryableError);
  });
});

describe('an idle writer', () => {
  it('reports a lost connection once, and not its own closing', async () => {
    const lost: unknown[] = [];
    const writer = await PostgresCommit.connect(server.url, (cause) => lost.push(cause));
    const { rows } = await server.admin.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and application_name = 'coinpilot-writer'
       order by backend_start desc limit 1`,
    );
    await kill(rows[0]?.pid ?? 0);
    await eventually(() => (lost.length > 0 ? true : undefined));
    await writer.close();
    const closed = await PostgresCommit.connect(server.url, (cause) => lost.push(cause));
    await closed.close();
    await expect(closed.commit([])).rejects.toThrow(RetryableError);
    expect(lost).toEqual([expect.any(RetryableError)]);
  });

  it('can not be made without the right password: a person must mend that', async () => {
    const url = new URL(server.url);
    url.pathname = '/no_such_database';
    await expect(PostgresCommit.connect(url.href, () => undefined)).rejects.toThrow(TerminalError);
  });
});

describe('a transaction', () => {
  const pidOf = async (session: Parameters<typeof query>[0]) =>
    (await query<{ pid: number }>(session, 'select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

  it('gives its connection back after a clean rollback, and the error as it was', async () => {
    const pool = createControlPool(server.url, silentLog);
    const used: number[] = [];
    const failing = transaction(pool, async (client) => {
      used.push(await pidOf(client));
      throw new RangeError('a bug');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await pidOf(pool)).toBe(used[0]);
    await pool.end();
  });

  it('destroys a connection that died in it, also between two statements', async () => {
    const pool = createControlPool(server.url, silentLog);
    const used: number[] = [];
    const failing = transaction(pool, async (client) => {
      used.push(await pidOf(client));
      // Its end arrives here too, while nobody waits for an answer.
      const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
      await kill(used[0] ?? 0);
      await ended;
      throw new RangeError('a bug');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(pool.totalCount).toBe(0);
    expect(await transaction(pool, pidOf)).not.toBe(used[0]);
    await pool.end();
  });

  it('says retryable when a statement finds the connection dead, and keeps nothing of it', async () => {
    const pool = createControlPool(server.url, silentLog);
    const failing = transaction(pool, async (client) => {
      await query(client, `insert into positions (symbol) values ('HALF')`);
      await kill(await pidOf(client));
      await query(client, 'select 1');
    });
    await expect(failing).rejects.toThrow(RetryableError);
    expect((await query(pool, `select from positions where symbol = 'HALF'`)).rowCount).toBe(0);
    expect(pool.totalCount).toBe(1);
    await pool.end();
  });
});

describe('a session', () => {
  it('has time-outs for statements, locks and idle transactions, and UTC', async () => {
    const client = new Client(connectionConfig(server.url, 'test'));
    await client.connect();
    const settings = async (names: readonly string[]) => {
      const { rows } = await client.query<{ value: string }>(
        'select current_setting(name) as value from unnest($1::text[]) with ordinality as n(name, ord) order by ord',
        [names],
      );
      return rows.map(({ value }) => value);
    };
    expect(
      await settings(['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'TimeZone']),
    ).toEqual(['10s', '5s', '2s', 'UTC']);
    await client.end();
  });

  it('of a reader has a time-out too', async () => {
    const pool = createReaderPool(server.url);
    expect(await pool.query(sql`show statement_timeout`)).toEqual([{ statement_timeout: '30s' }]);
    await pool.dispose();
  });
});

function oneChange(draft: SymbolDraft, heard: unknown[]) {
  let taken = false;
  return {
    take: () => {
      if (taken) return undefined;
      taken = true;
      return draft.note().group();
    },
    settle: (outcome: unknown) => heard.push(outcome),
    lost: (cause: unknown) => heard.push(cause),
  };
}
