/**
 * Fills into Postgres as a careful team writes it first: lock the position, compute, write position, journal and cash,
 * commit. Ten connections, prepared statements. The rows are those the engine writes, but for the day's risk counters,
 * which it does without.
 */
import pg from 'pg';
import { formatDecimal, parseDecimal, type Units } from '../../../domain/money.ts';
import { applyFill, averagePrice, cashDelta, type Fill, type Position, priceFill } from '../../../domain/position.ts';
import { POOL_SIZE } from '../../ledger/contender.ts';
import { insertJournal, requestText, settleCash, updatePosition } from '../../ledger/contenders/statements.ts';
import type { BenchFill } from '../../ledger/load.ts';

export interface Recorded {
  readonly version: number;
  readonly position: Position;
}

interface LockedRow extends Recorded {
  readonly symbol: string;
}

interface Step {
  readonly fill: BenchFill;
  readonly priced: Fill;
  readonly recorded: Recorded;
}

export class ForUpdateBook {
  readonly #pool: pg.Pool;

  constructor(databaseUrl: string) {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  }

  /** One transaction. Throws when the position or the cash does not suffice; then nothing has changed. */
  record(fill: BenchFill): Promise<Recorded> {
    return this.#transaction(async (client) => {
      const step = next(await lock(client, fill.symbol), fill);
      const { version, position } = step.recorded;
      await client.query(updatePosition(fill.symbol, version, position));
      await client.query(insertJournal(fill, version, step.priced, position));
      await client.query(settleCash(formatDecimal(cashDelta(step.priced))));
      return step.recorded;
    });
  }

  /** Fills of one symbol in one transaction with as many statements as one fill takes: all of them or none. */
  recordAll(symbol: string, fills: readonly BenchFill[]): Promise<readonly Recorded[]> {
    return this.#transaction(async (client) => {
      let before = await lock(client, symbol);
      const steps = fills.map((fill) => {
        const step = next(before, fill);
        before = { symbol, ...step.recorded };
        return step;
      });
      await client.query(updatePosition(symbol, before.version, before.position));
      await client.query(insertAll(symbol, steps));
      const cash = steps.reduce((sum, { priced }) => sum + cashDelta(priced), 0n);
      await client.query(settleCash(formatDecimal(cash)));
      return steps.map(({ recorded }) => recorded);
    });
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }
}

/** The answer to a fill, of the engine's shape as far as there is something to tell. */
export function replyOf(symbol: string, { version, position }: Recorded): object {
  const average = averagePrice(position);
  return {
    ok: true,
    version,
    position: {
      symbol,
      quantity: formatDecimal(position.quantity),
      cost: formatDecimal(position.cost),
      averagePrice: average === undefined ? null : formatDecimal(average),
      realizedPnl: formatDecimal(position.realizedPnl),
      version,
    },
  };
}

async function lock(client: pg.PoolClient, symbol: string): Promise<LockedRow> {
  const { rows } = await client.query({
    name: 'lock',
    text: 'select version, quantity, cost, realized_pnl from positions where symbol = $1 for update',
    values: [symbol],
  });
  const [row] = rows as { version: string; quantity: string; cost: string; realized_pnl: string }[];
  if (row === undefined) throw new Error(`there is no symbol ${symbol}`);
  const position = {
    quantity: parseDecimal(row.quantity),
    cost: parseDecimal(row.cost),
    realizedPnl: parseDecimal(row.realized_pnl),
  };
  return { symbol, version: Number(row.version), position };
}

function next(before: LockedRow, fill: BenchFill): Step {
  const priced = priceFill(before.position, fill);
  return { fill, priced, recorded: { version: before.version + 1, position: applyFill(before.position, priced) } };
}

function insertAll(symbol: string, steps: readonly Step[]): pg.QueryConfig {
  const decimals = (units: (step: Step) => Units) => steps.map((step) => formatDecimal(units(step)));
  return {
    name: 'insert-journal-rows',
    text: `insert into journal (symbol, kind, seq, id, at, side, quantity, price, notional, fee, cost_removed, realized,
                                quantity_after, cost_after, realized_after, request)
           select $1, 'fill', * from unnest($2::bigint[], $3::uuid[], $4::timestamptz[], $5::text[], $6::numeric[],
             $7::numeric[], $8::numeric[], $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[],
             $14::numeric[], $15::text[])`,
    values: [
      symbol,
      steps.map(({ recorded }) => recorded.version),
      steps.map(({ fill }) => fill.id),
      steps.map(({ fill }) => new Date(fill.at).toISOString()),
      steps.map(({ fill }) => fill.side),
      decimals(({ priced }) => priced.quantity),
      decimals(({ priced }) => priced.price),
      decimals(({ priced }) => priced.notional),
      decimals(({ priced }) => priced.fee),
      decimals(({ priced }) => priced.costRemoved),
      decimals(({ priced }) => priced.realized),
      decimals(({ recorded }) => recorded.position.quantity),
      decimals(({ recorded }) => recorded.position.cost),
      decimals(({ recorded }) => recorded.position.realizedPnl),
      steps.map(({ fill }) => requestText(fill)),
    ],
  };
}
