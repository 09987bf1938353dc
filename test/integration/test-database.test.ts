/** The test harness itself: a database for each file, cloned from a migrated template, shared with nobody. */
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createDatabase } from '../support/postgres.ts';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  it('is migrated, and its own although many are asked for at once', async () => {
    const databases = await Promise.all([1, 2, 3, 4].map((number) => createDatabase(`Isolation ${number}`)));
    try {
      expect(new Set(databases.map(({ url }) => url)).size).toBe(databases.length);
      for (const [index, { url }] of databases.entries()) {
        expect(await query(url, 'select count(*) > 0 as migrated from migrations')).toEqual([{ migrated: true }]);
        await query(url, `create table mine as select ${index} as owner`);
      }
      for (const [index, { url }] of databases.entries()) {
        expect(await query(url, 'select owner from mine')).toEqual([{ owner: index }]);
      }
    } finally {
      for (const database of databases) await database.drop();
    }
  });

  it('goes away with connections still open', async () => {
    const database = await createDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    await database.drop();
    await ended;
    await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist');
  });
});
