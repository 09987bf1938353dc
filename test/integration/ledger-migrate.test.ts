/** Migrations on an empty database, as ten Pods starting at once see it. */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../ledger/migrate.ts';
import { TerminalError } from '../../protocol/errors.ts';
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

  it('refuse a database of a newer version: only a person can upgrade the program', async () => {
    await migrate({ url, log: silentLog });
    await ask(`insert into migrations (name, run_on) values ('9999_from_the_future', now())`);
    await expect(migrate({ url, log: silentLog })).rejects.toThrow(TerminalError);
  });
});
