/** Reads, on @databases/pg: nothing here decides about money or ownership. */
import databases, { type ConnectionPool, sql } from '@databases/pg';
import type { Candle } from '../../domain/candle.ts';
import { parseDecimal } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { ClosedTradeJson } from '../../domain/trade.ts';
import type {
  DeadLetter,
  FunnelCount,
  LedgerReader,
  LedgerWriter,
  Reservation,
  StoredRow,
} from '../../protocol/ports/ledger.ts';
import { fillHours, type HourClose, hourWindow } from '../hour-closes.ts';
import { type LedgerInfo, otherLedger } from '../ledger-info.ts';
import { type JournalJson, type OrderRow, orderFromRow, storedRow } from './rows.ts';

const READER_CONNECTIONS = 4;

/** A CommonJS package with a default export: depending on the loader it arrives bare or wrapped. */
const createConnectionPool = databases.default;

/** Longer than any statement may take: no answer by then means that the connection is lost, and it is given up. */
const ANSWER_AFTER_STATEMENT_MS = 2_000;

export interface ReaderPoolOptions {
  /** How its sessions are called in pg_stat_activity. */
  readonly name?: string;
  readonly statementMsMax?: number;
}

/** Connects when it is first asked. */
export function createReaderPool(
  url: string,
  { name = 'coinpilot-reader', statementMsMax = 30_000 }: ReaderPoolOptions = {},
): ConnectionPool {
  return createConnectionPool({
    connectionString: url,
    applicationName: name,
    bigIntMode: 'bigint',
    poolSize: READER_CONNECTIONS,
    statementTimeoutMilliseconds: statementMsMax,
    queryTimeoutMilliseconds: statementMsMax + ANSWER_AFTER_STATEMENT_MS,
    idleInTransactionSessionTimeoutMilliseconds: 2_000,
    // A broken idle connection is replaced by the pool; queries on it report their own failure.
    onError: () => undefined,
  });
}

const ORDER_COLUMNS = sql.__dangerous__rawValue(`
  client_order_id, symbol, side, type, status, intent, quantity::text, amount::text, price::text, trigger::text,
  filled_quantity::text, filled_notional::text, fees::text,
  (extract(epoch from send_before) * 1000)::float8 as send_before_ms, reason`);

export class PostgresReader implements LedgerReader, LedgerWriter {
  readonly #pool: ConnectionPool;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
  }

  async openOrders(symbols: readonly string[]): Promise<readonly Order[]> {
    const rows = (await this.#pool.query(sql`
      select ${ORDER_COLUMNS} from orders
      where symbol = any (${symbols as string[]}) and status in ('pending', 'open', 'unknown')
      order by updated_at, client_order_id`)) as OrderRow[];
    return rows.map(orderFromRow);
  }

  async order(clientOrderId: string): Promise<Order | undefined> {
    const rows = (await this.#pool.query(
      sql`select ${ORDER_COLUMNS} from orders where client_order_id = ${clientOrderId}`,
    )) as OrderRow[];
    return rows[0] === undefined ? undefined : orderFromRow(rows[0]);
  }

  async journalRow(symbol: string, id: string): Promise<StoredRow | undefined> {
    const rows = (await this.#pool.query(
      sql`select journal_json(j) as row from journal j where symbol = ${symbol} and id = ${id}`,
    )) as { row: JournalJson }[];
    return rows[0] === undefined ? undefined : storedRow(rows[0].row);
  }

  async heldReservations(symbols: readonly string[]): Promise<readonly Reservation[]> {
    const rows = (await this.#pool.query(sql`
      select id, symbol, remaining::text, status from reservations
      where symbol = any (${symbols as string[]}) and status in ('held', 'used') order by id`)) as {
      id: string;
      symbol: string;
      remaining: string;
      status: 'held' | 'used';
    }[];
    return rows.map((row) => ({ ...row, remaining: parseDecimal(row.remaining) }));
  }

  async head(stream: string): Promise<number> {
    const rows = (await this.#pool.query(
      sql`select coalesce(max(seq), 0)::float8 as seq from journal where symbol = ${stream}`,
    )) as { seq: number }[];
    return rows[0]?.seq ?? 0;
  }

  async journal(symbol: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]> {
    const rows = (await this.#pool.query(sql`
      select journal_json(j) as row from journal j
      where symbol = ${symbol} and seq > ${afterSeq} order by seq limit ${limit}`)) as { row: JournalJson }[];
    return rows.map((row) => storedRow(row.row));
  }

  async candles(symbol: string, count: number, through = Number.MAX_SAFE_INTEGER): Promise<readonly Candle[]> {
    const rows = (await this.#pool.query(sql`
      select (extract(epoch from open_time) * 1000)::float8 as "openTime", open, high, low, close, volume
      from candles
      where symbol = ${symbol} and open_time <= to_timestamp(${Math.min(through, 32_503_680_000_000) / 1000}::float8)
      order by open_time desc limit ${count}`)) as Candle[];
    return rows.reverse();
  }

  async hourCloses(symbol: string, count: number, before: number): Promise<readonly number[]> {
    const { from, until } = hourWindow(count, before);
    // date_trunc names its zone: the session's may be half an hour off.
    const rows = (await this.#pool.query(sql`
      (select (extract(epoch from date_trunc('hour', open_time, 'UTC')) * 1000)::float8 as hour, close
       from candles
       where symbol = ${symbol} and open_time < to_timestamp(${from / 1000}::float8)
       order by open_time desc limit 1)
      union all
      -- One look into the index for each hour: reading all their minutes took several times as long.
      (select (extract(epoch from hours.start) * 1000)::float8 as hour, c.close
       from generate_series(to_timestamp(${from / 1000}::float8), to_timestamp(${until / 1000 - 3_600}::float8),
                            interval '1 hour') as hours (start)
         cross join lateral (
           select close from candles
           where symbol = ${symbol} and open_time >= hours.start and open_time < hours.start + interval '1 hour'
           order by open_time desc limit 1) as c)
      order by hour`)) as HourClose[];
    return fillHours(rows, from, until);
  }

  async lastCandles(symbols?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted =
      symbols === undefined ? sql`select symbol from positions` : sql`select unnest(${[...symbols]}::text[])`;
    const rows = (await this.#pool.query(sql`
      select s.symbol, (extract(epoch from c.open_time) * 1000)::float8 as "openTime"
      from (${wanted}) as s(symbol) cross join lateral (
        select open_time from candles c where c.symbol = s.symbol order by open_time desc limit 1
      ) c`)) as { symbol: string; openTime: number }[];
    return new Map(rows.map((row) => [row.symbol, row.openTime]));
  }

  async trades(): Promise<readonly ClosedTradeJson[]> {
    const rows = (await this.#pool.query(
      sql`select trade::text as trade from trades order by trade ->> 'exitTime', symbol, version`,
    )) as { trade: string }[];
    return rows.map((row) => JSON.parse(row.trade) as ClosedTradeJson);
  }

  async funnel(): Promise<Readonly<Record<string, number>>> {
    const rows = (await this.#pool.query(
      sql`select key, sum(count)::float8 as count from funnel group by key order by key`,
    )) as { key: string; count: number }[];
    return Object.fromEntries(rows.map((row) => [row.key, row.count]));
  }

  async storeCandles(
    candles: readonly { readonly symbol: string; readonly candle: Candle }[],
    funnel: readonly FunnelCount[] = [],
  ): Promise<void> {
    if (candles.length === 0 && funnel.length === 0) return;
    // One statement, so that both are stored or neither.
    await this.#pool.query(sql`
      with counted as (
        insert into funnel as f (day, symbol, key, count)
        select day, symbol, key, sum(count)
        from unnest(
          ${funnel.map((row) => row.day)}::date[], ${funnel.map((row) => row.symbol)}::text[],
          ${funnel.map((row) => row.key)}::text[], ${funnel.map((row) => row.count)}::bigint[]
        ) as n(day, symbol, key, count)
        -- A row can't be upserted twice in one statement; ordered, so that two writers can't deadlock.
        group by day, symbol, key order by day, symbol, key
        on conflict (day, symbol, key) do update set count = f.count + excluded.count
      )
      insert into candles (symbol, open_time, open, high, low, close, volume)
      select symbol, to_timestamp(at / 1000), open, high, low, close, volume
      from unnest(
        ${candles.map((row) => row.symbol)}::text[], ${candles.map((row) => row.candle.openTime)}::float8[],
        ${candles.map((row) => row.candle.open)}::float8[], ${candles.map((row) => row.candle.high)}::float8[],
        ${candles.map((row) => row.candle.low)}::float8[], ${candles.map((row) => row.candle.close)}::float8[],
        ${candles.map((row) => row.candle.volume)}::float8[]
      ) as c(symbol, at, open, high, low, close, volume)
      on conflict (symbol, open_time) do nothing`);
  }

  async storeDeadLetter(letter: DeadLetter): Promise<void> {
    await this.#pool.query(sql`
      insert into dead_letters (stream, message, error, attempts)
      values (${letter.stream}, ${letter.message}, ${letter.error}, ${letter.attempts})`);
  }

  async remember(venue: string, feed: string): Promise<string | undefined> {
    await this.#pool.query(
      sql`insert into ledger_info (venue, feed) values (${venue}, ${feed}) on conflict do nothing`,
    );
    const rows = (await this.#pool.query(sql`select venue, feed from ledger_info`)) as LedgerInfo[];
    const known = rows[0];
    return known === undefined ? undefined : otherLedger(known, { venue, feed });
  }
}
