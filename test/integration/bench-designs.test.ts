/**
 * The designs that the bench compares write the same ledger, to the last unit, and the bench can tell when one does not:
 * a comparison with a contender that rounds differently, loses fills or skips rows would say nothing.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningDesign } from '../../bench/ledger/contender.ts';
import { createHalfEven } from '../../bench/ledger/contenders/half-even.ts';
import { requestText } from '../../bench/ledger/contenders/statements.ts';
import { ledgerFaults as foldFaults, openPositions, totalVersion } from '../../bench/ledger/database.ts';
import { DESIGNS } from '../../bench/ledger/designs.ts';
import { type BenchFill, makeLoad, symbolName } from '../../bench/ledger/load.ts';
import { divideHalfEven, formatDecimal, parseDecimal, type Units } from '../../domain/money.ts';
import { applyFill, cashDelta, type Position, priceFill, type Side } from '../../domain/position.ts';
import { ledgerFaults, sql } from '../support/ledger-audit.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { mulberry32 } from '../support/seeded.ts';

const SYMBOLS = 3;
const CALLERS = 32;
const FILLS = 320;
const SEED = 7;

const SAFE = DESIGNS.filter(({ isSafe }) => isSafe);
const UNSAFE = DESIGNS.filter(({ isSafe }) => !isSafe);

let database: TestDatabase;
let url: string;
let running: RunningDesign | undefined;

beforeEach(async () => {
  database = await createDatabase('bench_designs');
  url = database.url;
  await openPositions(url, SYMBOLS);
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  await database.drop();
});

const open = async (design: (typeof DESIGNS)[number]): Promise<RunningDesign> => {
  running = await design.open(url, SYMBOLS);
  return running;
};

/** Each caller sends its next fill when it has its answer. */
async function recordFromAllCallers({ fill }: RunningDesign): Promise<void> {
  const next = makeLoad({ symbols: SYMBOLS }, SEED);
  let left = FILLS;
  const caller = async () => {
    for (; left > 0; ) {
      left -= 1;
      await fill(next());
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** How many fills the positions know of. */
const recorded = async (): Promise<number> => (await totalVersion(url)) - SYMBOLS;

describe.each(SAFE)('$name', (design) => {
  it(`records ${FILLS} fills of ${CALLERS} callers at once, each exactly once, to the last unit`, async () => {
    await recordFromAllCallers(await open(design));
    expect(await recorded()).toBe(FILLS);
    expect(await ledgerFaults(url)).toEqual([]);
    expect(await foldFaults(url)).toEqual([]);
  });

  it('leaves the rows that the engine computes when the same fills come one after another', async () => {
    const fills = [...halves(), ...Array.from({ length: 60 }, makeLoad({ symbols: SYMBOLS }, SEED))];
    const { fill } = await open(design);
    for (const one of fills) await fill(one);
    const expected = computed(fills);
    expect(await journal()).toEqual(expected.journal);
    expect(await positions()).toEqual(expected.positions);
    expect(await cash()).toBe(expected.cash);
    expect(await ledgerFaults(url)).toEqual([]);
  });
});

describe.each(UNSAFE)('$name', (design) => {
  it('loses fills of callers at once, and the bench can tell', async () => {
    await recordFromAllCallers(await open(design));
    expect(await recorded()).toBeLessThan(FILLS);
    expect(await foldFaults(url)).not.toEqual([]);
    const [row] = await sql<{ rows: number }>(url, 'select count(*)::int as rows from journal');
    expect(row?.rows).toBe(SYMBOLS + FILLS);
  });
});

describe('half_even', () => {
  it('is divideHalfEven of the domain, for halves and for what only nearly is one', async () => {
    await createHalfEven(url);
    const random = mulberry32(SEED);
    const units = (digits: number) => BigInt(1 + Math.floor(random() * 10 ** digits));
    const pairs = Array.from({ length: 2_000 }, (_, index) => {
      const divisor = units(1 + (index % 12));
      // Odd times half the divisor is a half; one more or less than that is none.
      const half = divisor * (2n * units(1 + (index % 9)) + 1n) + BigInt(index % 3) - 1n;
      return index % 2 === 0 ? { dividend: half, divisor: 2n * divisor } : { dividend: units(15), divisor };
    });
    const rows = await sql<{ rounded: string }>(
      url,
      `select trim_scale(half_even(dividend * 0.00000001, divisor))::text as rounded
       from unnest($1::numeric[], $2::numeric[]) as pair(dividend, divisor)`,
      [pairs.map(({ dividend }) => String(dividend)), pairs.map(({ divisor }) => String(divisor))],
    );
    expect(rows.map(({ rounded }) => rounded)).toEqual(
      pairs.map(({ dividend, divisor }) => formatDecimal(divideHalfEven(dividend, divisor))),
    );
  });
});

/** Sold out, then so small that notionals and costs removed are halves of a unit, to both sides; sold out again. */
function halves(): readonly BenchFill[] {
  const next = makeLoad({ symbols: 1 }, SEED);
  const make = (side: Side, quantity: string, price = '0.00000001'): BenchFill => ({
    ...next(),
    side,
    quantity: parseDecimal(quantity),
    price: parseDecimal(price),
  });
  return [
    make('sell', '1000000000', '1'),
    // 0.5, 1.5 and 2.5 units: 0, 2 and 2.
    make('buy', '0.5'),
    make('buy', '1.5'),
    make('buy', '2.5'),
    // Of a cost of 4 units for 4.5 this removes 0.5: none. Then of 4 for 3.9375 it removes 1.5: two.
    make('sell', '0.5625'),
    make('sell', '1.4765625'),
    make('sell', '2.4609375'),
    // For the sells that follow.
    make('buy', '1000000', '3.33333333'),
  ];
}

/** What the domain makes of them, from positions and cash as they were opened. */
function computed(fills: readonly BenchFill[]) {
  const held = new Map<string, { version: number; position: Position }>();
  const opening = parseDecimal('1000000000');
  for (let index = 0; index < SYMBOLS; index += 1) {
    held.set(symbolName(index), { version: 1, position: { quantity: opening, cost: opening, realizedPnl: 0n } });
  }
  let cash = parseDecimal('1000000000000');
  const journal = fills.map((fill) => {
    const before = held.get(fill.symbol)!;
    const priced = priceFill(before.position, fill);
    const position = applyFill(before.position, priced);
    held.set(fill.symbol, { version: before.version + 1, position });
    cash += cashDelta(priced);
    const { quantity, price, fee, notional, costRemoved, realized } = priced;
    const amounts = [quantity, price, fee, notional, costRemoved, realized, ...amountsOf(position)].map(formatDecimal);
    return [fill.symbol, before.version + 1, fill.id, 'fill', fill.at, fill.side, requestText(fill), ...amounts];
  });
  const positions = [...held].map(([symbol, { version, position }]) => [
    symbol,
    version,
    ...amountsOf(position).map(formatDecimal),
  ]);
  return { journal: journal.sort(bySymbolAndVersion), positions, cash: formatDecimal(cash) };
}

function amountsOf({ quantity, cost, realizedPnl }: Position): readonly Units[] {
  return [quantity, cost, realizedPnl];
}

type Cells = readonly (string | number)[];

/** Names that differ in their last digit only. */
function bySymbolAndVersion([symbol, version]: Cells, [otherSymbol, otherVersion]: Cells): number {
  if (symbol !== otherSymbol) return String(symbol) < String(otherSymbol) ? -1 : 1;
  return Number(version) - Number(otherVersion);
}

/** Fills without the openings, and without the time that only the database knows. */
function journal(): Promise<unknown[]> {
  const amounts = ['quantity', 'price', 'fee', 'notional', 'cost_removed', 'realized'];
  const after = ['quantity_after', 'cost_after', 'realized_after'];
  return cells(
    `symbol, seq, id, kind, (extract(epoch from at) * 1000)::bigint, side, request, ${texts(...amounts, ...after)}`,
    "journal where kind = 'fill' and seq > 1 order by symbol, seq",
  );
}

function positions(): Promise<unknown[]> {
  return cells(`symbol, version, ${texts('quantity', 'cost', 'realized_pnl')}`, 'positions order by symbol');
}

async function cash(): Promise<unknown> {
  const [row] = (await cells(texts('cash'), 'account')) as [readonly unknown[]];
  return row[0];
}

/** As text, because JSON has only floats; without the zeros that a scale brings. */
function texts(...columns: string[]): string {
  return columns.map((column) => `trim_scale(${column})::text`).join(', ');
}

async function cells(columns: string, from: string): Promise<unknown[]> {
  const rows = await sql<{ cells: unknown }>(url, `select json_build_array(${columns}) as cells from ${from}`);
  return rows.map((row) => row.cells);
}
