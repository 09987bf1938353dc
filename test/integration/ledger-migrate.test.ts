/** Migrations on an empty database, as ten Pods starting at once see it. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../ledger/migrate.ts';
import { RetryableError, TerminalError } from '../../protocol/errors.ts';
import { asOutsideFailure } from '../../supervisors/outside-failure.ts';
import { silentLog } from '../support/ledger-implementations.ts';

let admin: Client;
let name: string;
let url: string;

beforeEach(async () => {
  const { adminUrl, prefix } = inject('postgres');
  admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  name = `${prefix}empty_${randomBytes(4).toString('hex')}`;
  await admin.query(`create database "${name}"`);
  const given = new URL(adminUrl);
  given.pathname = name;
  url = given.href;
});
afterEach(async () => {
  await admin.query(`drop database "${name}" with (force)`);
  await admin.end();
});

async function ask(text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('migrations', () => {
  it('are applied once although ten Pods start at once', async () => {
    const files = (await readdir(new URL('../../ledger/migrations', import.meta.url))).toSorted();
    const names = files.map((file) => file.replace(/\.sql$/, ''));
    const applied = await Promise.all(Array.from({ length: 10 }, () => migrate({ url, log: silentLog })));
    expect(applied.filter((each) => each.length > 0)).toEqual([names]);
    expect(await ask('select name from migrations order by id')).toEqual(names.map((each) => ({ name: each })));
    expect(await ask('select count(*)::integer as accounts from account')).toEqual([{ accounts: 1 }]);
    expect(await migrate({ url, log: silentLog })).toEqual([]);
  });

  it('of the commit fail none of the Pods that go on committing, as in a rolling deploy', async () => {
    const before = ['0001_ledger', '0002_commit', '0003_cluster'];
    for (const each of before)
      await ask(await readFile(new URL(`../../ledger/migrations/${each}.sql`, import.meta.url), 'utf8'));
    await ask('create table migrations (id serial primary key, name varchar(255) not null, run_on timestamp not null)');
    for (const each of before) await ask(`insert into migrations (name, run_on) values ('${each}', now())`);
    await ask(`insert into positions (symbol) select 'S' || n from generate_series(1, 180) as n`);
    let over = false;
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      const client = new Client({ connectionString: url, options: '-c deadlock_timeout=100' });
      await client.connect();
      let commits = 0;
      // The locks of a commit in their order: positions, then the journal, then the account.
      for (; !over; commits += 1) {
        await client.query('begin');
        await client.query(
          `select from positions where substr(symbol, 2)::int % 3 = ${writer} order by symbol for update`,
        );
        await client.query(
          `insert into journal (symbol, seq, id, kind, at) select 'S' || n, ${commits}, gen_random_uuid(), 'fill', now()
           from generate_series(1, 180) as n where n % 3 = ${writer}`,
        );
        await client.query('update account set cash = cash + 1');
        await client.query('commit');
      }
      await client.end();
      return commits;
    });
    const applied = await migrate({ url, log: silentLog });
    over = true;
    expect(applied.length).toBeGreaterThan(1);
    expect((await Promise.all(writers)).every((commits) => commits > 0)).toBe(true);
  });

  it('wait for no server that takes the connection and says nothing: it is away, and is told and tried again', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const failure = await migrate({ url: `postgres://nobody@127.0.0.1:${port}/none`, log: silentLog }).catch(
      asOutsideFailure,
    );
    expect(failure).toBeInstanceOf(RetryableError);
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it('refuse a database of a newer version: only a person can upgrade the program', async () => {
    await migrate({ url, log: silentLog });
    await ask(`insert into migrations (name, run_on) values ('9999_from_the_future', now())`);
    await expect(migrate({ url, log: silentLog })).rejects.toThrow(TerminalError);
  });
});
