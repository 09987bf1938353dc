/** Money on its way to Postgres as binary digits: what arrives is what was sent, to the last unit, as Postgres reads it. */
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatDecimal } from '../../domain/money.ts';
import { BinaryArray, ELEMENT } from '../../ledger/postgres/binary-array.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

/** Around every border of the encoding: a place, a digit of a numeric, what a float holds, what a request may hold. */
const BORDERS = [
  0n,
  1n,
  10n ** 4n,
  10n ** 8n,
  10n ** 12n,
  2n ** 53n,
  10n ** 16n,
  10n ** 20n,
  10n ** 23n,
  10n ** 30n,
].flatMap((border) => [border - 1n, border, border + 1n, -border, 1n - border]);
const units = fc.oneof(
  fc.constantFrom(...BORDERS),
  fc.bigInt({ min: -(10n ** 23n), max: 10n ** 23n }),
  // Few digits and many zeros, where a digit may be dropped or doubled.
  fc
    .tuple(fc.bigInt({ min: -9_999n, max: 9_999n }), fc.integer({ min: 0, max: 19 }))
    .map(([head, zeros]) => head * 10n ** BigInt(zeros)),
);

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase('binary array');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function stored(array: BinaryArray, type: string): Promise<(string | null)[]> {
  const { rows } = await client.query<{ items: (string | null)[] }>(`select $1::${type}[]::text[] as items`, [
    array.finish(),
  ]);
  return rows[0]!.items;
}

describe('an array in binary', () => {
  it('holds every decimal exactly, in canonical text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(units, { freq: 10 }), { minLength: 1, maxLength: 300 }), async (values) => {
        const array = new BinaryArray(ELEMENT.numeric);
        for (const value of values) {
          if (value === null) array.null();
          else array.numeric(value);
        }
        expect(await stored(array, 'numeric')).toEqual(
          values.map((value) => (value === null ? null : formatDecimal(value))),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('holds texts of any script, empty ones and missing ones', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 50 }).filter((value) => !value.includes('\u0000'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { minLength: 1, maxLength: 50 }), async (values) => {
        const array = new BinaryArray(ELEMENT.text);
        for (const value of values) {
          if (value === null) array.null();
          else array.text(value);
        }
        expect(await stored(array, 'text')).toEqual(values);
      }),
      { numRuns: 50 },
    );
  });

  it('holds integers, ids, days and times', async () => {
    const numbers = new BinaryArray(ELEMENT.int8);
    const integers = [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    for (const value of integers) numbers.int8(value);
    expect(await stored(numbers, 'int8')).toEqual(integers.map(String));

    const small = new BinaryArray(ELEMENT.int4);
    for (const value of [0, -1, 2 ** 31 - 1]) small.int4(value);
    expect(await stored(small, 'int4')).toEqual(['0', '-1', '2147483647']);

    const ids = new BinaryArray(ELEMENT.uuid);
    ids.uuid('019aa2f0-7c1e-7abc-8def-0123456789ab');
    expect(await stored(ids, 'uuid')).toEqual(['019aa2f0-7c1e-7abc-8def-0123456789ab']);

    const days = new BinaryArray(ELEMENT.date);
    for (const day of ['1999-12-31', '2000-01-01', '2026-11-23']) days.date(day);
    expect(await stored(days, 'date')).toEqual(['1999-12-31', '2000-01-01', '2026-11-23']);

    const times = new BinaryArray(ELEMENT.timestamptz);
    const moments = ['1970-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', '2026-11-23T04:05:06.007Z'];
    for (const moment of moments) times.timestamp(Date.parse(moment));
    const { rows } = await client.query<{ times: Date[] }>('select $1::timestamptz[] as times', [times.finish()]);
    expect(rows[0]!.times.map((time) => time.toISOString())).toEqual(moments);
  });
});
