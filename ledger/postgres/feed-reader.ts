/**
 * What the gateway reads. A snapshot and the seq it belongs to come from one statement, so they are of one moment: the row
 * that carries the state carries the number of its last change. Nothing here locks or writes.
 */
import { type ConnectionPool, type SQLQuery, sql } from '@databases/pg';
import { MINUTE_MS } from '../../domain/candle.ts';
import { formatDecimal, fromNumber, parseDecimal } from '../../domain/money.ts';
import { averagePrice } from '../../domain/position.ts';
import { isoTime } from '../../domain/time.ts';
import { eventJson } from '../../protocol/event.ts';
import type { CandleJson, FeedEvent } from '../../protocol/feed.ts';
import type { EquityPoint, FeedReader, FeedSnapshot, Page } from '../../protocol/ports/feed-reader.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import { formatTradeCursor, parseTradeCursor } from '../../protocol/trade-cursor.ts';
import { type EquityOptions, EquityReader } from './equity-reader.ts';
import { readRows } from './read-rows.ts';
import { type JournalJson, storedRow } from './rows.ts';
import { type StopRow, stopJson, stopsColumn } from './stops.ts';

type Json = Readonly<Record<string, unknown>>;

interface PositionRow {
  readonly symbol: string;
  readonly version: number;
  readonly quantity: string;
  readonly cost: string;
  readonly realized_pnl: string;
  readonly regime: string | null;
  readonly high_water_mark: string | null;
  readonly opened_at_ms: number | null;
  readonly mode: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly paused_reason: string | null;
  readonly halted_reason: string | null;
  readonly stops: readonly StopRow[];
}

interface LastCandle {
  readonly openTime: number;
  readonly close: number;
}

interface AccountRow {
  readonly cash: string;
  readonly reserved: string;
  readonly deposits: string;
  readonly withdrawals: string;
  readonly paused: string | null;
  readonly halted: string | null;
  readonly version: number;
  readonly stops: readonly StopRow[];
}

/** Of `positions p`. */
const POSITION_COLUMNS = sql`
  symbol, version::float8, quantity::text, cost::text, realized_pnl::text, regime, high_water_mark::text,
  (extract(epoch from opened_at) * 1000)::float8 as opened_at_ms, mode, owner, epoch::float8, paused_reason, halted_reason,
  ${stopsColumn('p.symbol')}`;

/** As the wire names an order. */
const ORDER_OBJECT = sql.__dangerous__rawValue(`json_build_object(
  'id', o.client_order_id, 'symbol', o.symbol, 'side', o.side, 'type', o.type, 'status', o.status, 'intent', o.intent,
  'quantity', o.quantity::text, 'amount', o.amount::text, 'price', o.price::text,
  'filledQuantity', o.filled_quantity::text, 'filledNotional', o.filled_notional::text, 'fees', o.fees::text,
  'reason', o.reason)`);

/** Orders say their decimals in the canonical form too. */
const ORDER_DECIMALS = ['quantity', 'amount', 'price', 'filledQuantity', 'filledNotional', 'fees'] as const;

/** Times that a `timestamptz` takes; nobody asks beyond them. */
const TIME_MAX = 32_503_680_000_000;

export class PostgresFeedReader implements FeedReader {
  readonly #pool: ConnectionPool;
  readonly #equity: EquityReader;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
    this.#equity = new EquityReader(pool);
  }

  /** From the rows that hand the numbers out: the journal, a thousand times larger, is not looked at. */
  async heads(): Promise<ReadonlyMap<string, number>> {
    const rows = await readRows<{ stream: string; head: number }>(
      this.#pool,
      sql`
      select symbol as stream, version::float8 as head from positions
      union all select 'account', version::float8 from account
      union all select 'cluster', version::float8 from singletons where name = 'cluster'`,
    );
    return new Map(rows.map(({ stream, head }) => [stream, head]));
  }

  async journal(stream: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]> {
    const rows = await readRows<{ row: JournalJson }>(
      this.#pool,
      sql`
      select journal_json(j) as row from journal j
      where symbol = ${stream} and seq > ${afterSeq} order by seq limit ${limit}`,
    );
    return rows.map(({ row }) => storedRow(row));
  }

  async symbolSnapshot(symbol: string): Promise<FeedSnapshot | undefined> {
    const [row] = await readRows<PositionRow & { open_orders: Json[]; last_candle: LastCandle | null }>(
      this.#pool,
      sql`
      select ${POSITION_COLUMNS}, coalesce((
        select json_agg(${ORDER_OBJECT} order by o.updated_at, o.client_order_id) from orders o
        where o.symbol = p.symbol and o.status in ('pending', 'open', 'unknown')), '[]') as open_orders, (
        select json_build_object('openTime', (extract(epoch from open_time) * 1000)::float8, 'close', close)
        from candles where symbol = p.symbol order by open_time desc limit 1) as last_candle
      from positions p where symbol = ${symbol}`,
    );
    if (row === undefined) return undefined;
    const openOrders = row.open_orders.map(orderJson);
    const lastClose = lastCloseJson(row.last_candle);
    return {
      seq: row.version,
      data: { symbol, position: positionJson(row), ...stateJson(row), openOrders, lastClose },
    };
  }

  async accountSnapshot(): Promise<FeedSnapshot> {
    const [row] = await readRows<AccountRow>(
      this.#pool,
      sql`
      select cash::text, reserved::text, deposits::text, withdrawals::text, paused_reason as paused,
             halted_reason as halted, version::float8, ${stopsColumn(`'account'`)} from account p`,
    );
    if (row === undefined) throw new Error('the account row is missing: was the database migrated?');
    const { cash, reserved, deposits, withdrawals, version, stops } = row;
    const money = {
      cash: canonical(cash),
      reserved: canonical(reserved),
      deposits: canonical(deposits),
      withdrawals: canonical(withdrawals),
    };
    return { seq: version, data: { ...row, ...money, stops: stops.map(stopJson) } };
  }

  async clusterSnapshot(): Promise<FeedSnapshot> {
    const [row] = await readRows<{ seq: number; pods: (Json & { heartbeatAt: number })[]; symbols: Json[] }>(
      this.#pool,
      sql`
      select (select version from singletons where name = 'cluster')::float8 as seq,
        (select coalesce(json_agg(json_build_object('pod', pod, 'incarnation', incarnation,
            'draining', state = 'draining', 'live', expires_at > clock_timestamp(),
            'heartbeatAt', (extract(epoch from heartbeat_at) * 1000)::float8) order by pod), '[]') from pods) as pods,
        (select coalesce(json_agg(json_build_object('symbol', symbol, 'owner', owner, 'epoch', epoch)
            order by symbol collate "C"), '[]') from positions where not removed) as symbols`,
    );
    if (row === undefined) throw new Error('a select without a table is one row');
    const pods = row.pods.map((pod) => ({ ...pod, heartbeatAt: isoTime(pod.heartbeatAt) }));
    return { seq: row.seq, data: { pods, symbols: row.symbols } };
  }

  async recentDecisions(count: number): Promise<readonly StoredRow[]> {
    const rows = await readRows<{ row: JournalJson }>(
      this.#pool,
      sql`
      select journal_json(j) as row from journal j where kind in ('decision', 'signal')
      order by at desc, symbol desc, seq desc limit ${count}`,
    );
    return rows.map(({ row }) => storedRow(row)).reverse();
  }

  async positions(): Promise<readonly Json[]> {
    const rows = await readRows<PositionRow>(
      this.#pool,
      sql`select ${POSITION_COLUMNS} from positions p where not removed order by symbol collate "C"`,
    );
    return rows.map((row) => ({ ...positionJson(row), ...stateJson(row) }));
  }

  async trades({ symbol, limit, before }: Page & { readonly symbol?: string | undefined }) {
    const cursor = before === undefined ? undefined : parseTradeCursor(before);
    if (before !== undefined && cursor === undefined) throw new RangeError(`"${before}" is no cursor of a page`);
    const of = symbol === undefined ? sql`` : sql`and symbol = ${symbol}`;
    const older =
      cursor === undefined
        ? sql``
        : sql`and (at, symbol, seq) < (${timestamp(cursor.at)}, ${cursor.symbol}::text, ${cursor.seq}::bigint)`;
    const rows = await readRows<{ symbol: string; seq: number; at: number; trade: string }>(
      this.#pool,
      sql`
      select symbol, seq::float8, (extract(epoch from at) * 1000)::float8 as at, (body::json -> 'trade')::text as trade
      from journal where kind = 'signal' and body::json ->> 'signal' = 'TRADE_CLOSED' ${of} ${older}
      order by at desc, symbol desc, seq desc limit ${limit}`,
    );
    const last = rows.length < limit ? undefined : rows.at(-1);
    return {
      trades: rows.map(({ trade }) => JSON.parse(trade) as unknown),
      before: last === undefined ? null : formatTradeCursor(last),
    };
  }

  async candles(symbol: string, { limit, before }: Page): Promise<readonly CandleJson[]> {
    const until = Math.min(before === undefined ? TIME_MAX : Date.parse(before), TIME_MAX);
    const rows = await readRows<Omit<CandleJson, 'openTime'> & { openTime: number }>(
      this.#pool,
      sql`
      select (extract(epoch from open_time) * 1000)::float8 as "openTime", open, high, low, close, volume
      from candles where symbol = ${symbol} and open_time < ${timestamp(until)}
      order by open_time desc limit ${limit}`,
    );
    return rows.reverse().map((row) => ({ ...row, openTime: isoTime(row.openTime) }));
  }

  async fills(symbol: string, { limit, before }: Page): Promise<readonly FeedEvent[]> {
    const older = before === undefined ? sql`` : sql`and seq < ${Number(before)}`;
    const rows = await readRows<{ row: JournalJson }>(
      this.#pool,
      sql`
      select journal_json(j) as row from journal j
      where symbol = ${symbol} and kind = 'fill' ${older} order by seq desc limit ${limit}`,
    );
    return rows.map(({ row }) => JSON.parse(eventJson(storedRow(row))) as FeedEvent);
  }

  equity(options: EquityOptions): Promise<readonly EquityPoint[]> {
    return this.#equity.points(options);
  }
}

function timestamp(ms: number): SQLQuery {
  return sql`(timestamptz 'epoch' + ${ms}::float8 * interval '1 millisecond')`;
}

function positionJson(row: PositionRow): Json {
  const position = {
    quantity: parseDecimal(row.quantity),
    cost: parseDecimal(row.cost),
    realizedPnl: parseDecimal(row.realized_pnl),
  };
  const average = averagePrice(position);
  return {
    symbol: row.symbol,
    quantity: formatDecimal(position.quantity),
    cost: formatDecimal(position.cost),
    averagePrice: average === undefined ? null : formatDecimal(average),
    realizedPnl: formatDecimal(position.realizedPnl),
    version: row.version,
    regime: row.regime,
    highWaterMark: row.high_water_mark === null ? null : canonical(row.high_water_mark),
    openedAt: row.opened_at_ms === null ? null : isoTime(row.opened_at_ms),
  };
}

function stateJson(row: PositionRow): Json {
  return {
    mode: row.mode,
    pausedReason: row.paused_reason,
    haltedReason: row.halted_reason,
    stops: row.stops.map(stopJson),
    owner: row.owner,
    epoch: row.epoch,
  };
}

/** The price to start from where no trade has been heard yet. */
function lastCloseJson(candle: LastCandle | null): Json | null {
  if (candle === null) return null;
  return { price: formatDecimal(fromNumber(candle.close)), at: isoTime(candle.openTime + MINUTE_MS) };
}

function orderJson(order: Json): Json {
  const decimals = ORDER_DECIMALS.map((name) => {
    const value = order[name];
    return [name, typeof value === 'string' ? canonical(value) : null] as const;
  });
  return { ...order, ...Object.fromEntries(decimals) };
}

/** Without the trailing zeros that Postgres keeps. */
function canonical(decimal: string): string {
  return formatDecimal(parseDecimal(decimal));
}
