/**
 * Journal rows a second against the fastest way into a table that Postgres has: COPY in its binary format, of the same
 * rows into the same table with the same indexes, in transactions as large as the engine's batches, with fsync. It checks
 * nothing, locks nothing, settles nothing, and answers nobody.
 */
import pg from 'pg';
import { applyFill, type Position, priceFill } from '../../domain/position.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { sql } from '../../test/support/ledger-audit.ts';
import { type Contender, closedLoop, interleave } from '../harness/interleave.ts';
import { ratioBetween } from '../harness/row-groups.ts';
import { isAsked, type Row, type SuiteContext, type Target } from '../harness/suite.ts';
import { openPod } from '../ledger/coinpilot.ts';
import { createLedger, ledgerFaults } from '../ledger/database.ts';
import { makeLoad, symbolName } from '../ledger/load.ts';
import { Promises } from '../ledger/promises.ts';
import { copyIn } from './copy-in.ts';
import { COPY_JOURNAL, type CopiedRow, encodeCopy } from './copy-rows.ts';

export const JOURNAL = 'journal';
export const COPY_BINARY = 'copy-binary';
export const COINPILOT = 'coinpilot';

const CALLERS = 2_048;
const SYMBOLS = 1;
const ROWS_PER_COPY = LIMITS.commitRowsMax;
const ROUNDS = 5;
const SEED = 20_261_126;

interface Opened {
  readonly contender: Contender;
  readonly url: string;
  close(): Promise<void>;
}

export async function measureJournal(
  context: SuiteContext,
): Promise<{ rows: readonly Row[]; targets: readonly Target[]; notes: readonly string[] }> {
  const opened: Opened[] = [];
  try {
    opened.push(await openCopy(context));
    if (isAsked(COINPILOT, COPY_BINARY, context)) opened.push(await openCoinpilot(context));
    context.progress(JOURNAL);
    const rows = await interleave({
      scenario: JOURNAL,
      contenders: opened.map(({ contender }) => contender),
      baseline: COPY_BINARY,
      rounds: context.rounds ?? (context.isQuick ? 3 : ROUNDS),
      warmUpMs: context.isQuick ? 300 : 1_000,
      sliceMs: context.isQuick ? 300 : 1_000,
    });
    const measured = 100 * ratioBetween(rows, JOURNAL, COINPILOT, COPY_BINARY);
    const target = { text: 'journal rows against COPY BINARY', atLeast: 40, aim: 60, measured, unit: '%' };
    const sizes = await Promise.all(
      opened.map(async ({ contender, url }) => `${await bytesPerRow(url)} bytes with ${contender.name}`),
    );
    return {
      rows,
      targets: Number.isFinite(measured) ? [target] : [],
      notes: [`a row of the journal has ${sizes.join(', ')}`],
    };
  } finally {
    for (const { close } of opened) await close();
  }
}

async function openCoinpilot({ postgres }: SuiteContext): Promise<Opened> {
  const url = await createLedger(await postgres(), 'limits_coinpilot', SYMBOLS);
  const next = makeLoad({ symbols: SYMBOLS }, SEED);
  const promises = await Promises.begin(url);
  const pod = await openPod(url, SYMBOLS);
  return {
    url,
    contender: {
      name: COINPILOT,
      slice: (durationMs) =>
        closedLoop(CALLERS, durationMs, async () => {
          const fill = next();
          await pod.fill(fill);
          promises.acknowledged(fill);
        }),
      verdict: async () => {
        const { lost, faults } = await promises.verdict();
        return { lost, faults: [...faults, ...(await ledgerFaults(url))] };
      },
    },
    close: () => pod.close(),
  };
}

async function openCopy({ postgres }: SuiteContext): Promise<Opened> {
  const url = await createLedger(await postgres(), 'limits_copy', SYMBOLS);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const nextRow = await rowMaker(url);
  const nextCopy = () => encodeCopy(Array.from({ length: ROWS_PER_COPY }, nextRow));
  const before = await journalRows(url);
  let copied = 0;
  let waiting = nextCopy();
  return {
    url,
    contender: {
      name: COPY_BINARY,
      slice: async (durationMs) => {
        const slice = await closedLoop(1, durationMs, async () => {
          const committed = copyIn(client, COPY_JOURNAL, waiting);
          // While the server is busy with this one.
          waiting = nextCopy();
          await committed;
          copied += ROWS_PER_COPY;
        });
        return { ...slice, operations: slice.operations * ROWS_PER_COPY };
      },
      verdict: async () => ({ lost: copied - ((await journalRows(url)) - before), faults: await copyFaults(url) }),
    },
    close: () => client.end(),
  };
}

/** The rows the engine would write for the same load. */
async function rowMaker(url: string): Promise<() => CopiedRow> {
  const [held] = await sql<{ version: string; quantity: string }>(
    url,
    'select version, trunc(quantity * 100000000)::text as quantity from positions where symbol = $1',
    [symbolName(0)],
  );
  // Opened at a price of 1.
  const quantity = BigInt(held?.quantity ?? 0);
  let position: Position = { quantity, cost: quantity, realizedPnl: 0n };
  let seq = Number(held?.version);
  const next = makeLoad({ symbols: SYMBOLS }, SEED);
  const openedAt = Date.now();
  return () => {
    const fill = next();
    const priced = priceFill(position, fill);
    position = applyFill(position, priced);
    seq += 1;
    return { fill, seq, priced, after: position, openedAt };
  };
}

async function journalRows(url: string): Promise<number> {
  const [row] = await sql<{ count: string }>(url, 'select count(*)::text as count from journal');
  return Number(row?.count);
}

/** What was encoded wrong would show: the last row tells a quantity, and all rows fold to it. */
async function copyFaults(url: string): Promise<readonly string[]> {
  const [wrong] = await sql(
    url,
    `select 1 from journal newest where symbol = $1 and seq = (select count(*) from journal) and quantity_after <>
       (select sum(case side when 'buy' then quantity else -quantity end) from journal)`,
    [symbolName(0)],
  );
  return wrong === undefined ? [] : ['the copied rows do not fold to the last one'];
}

/** Of the rows written last, without what Postgres adds to each. */
async function bytesPerRow(url: string): Promise<number> {
  const [row] = await sql<{ bytes: string }>(
    url,
    `select round(avg(pg_column_size(newest.*)))::text as bytes
     from (select * from journal where symbol = $1 order by seq desc limit 1000) newest`,
    [symbolName(0)],
  );
  return Number(row?.bytes);
}
