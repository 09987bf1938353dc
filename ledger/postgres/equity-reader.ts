/**
 * The equity curve: cash and holdings folded from the journal (I4), valued at stored closes. The journal is read once: what
 * was folded stays in memory, and a later call reads only newer rows, by the journal's own key. It needs no index of its
 * own, which every fill would have to write.
 */
import { setImmediate } from 'node:timers/promises';
import { type ConnectionPool, sql } from '@databases/pg';
import { MINUTE_MS } from '../../domain/candle.ts';
import { formatDecimal, multiply, parseDecimal } from '../../domain/money.ts';
import { isoTime } from '../../domain/time.ts';
import type { EquityPoint } from '../../protocol/ports/feed-reader.ts';
import { EquityFold, type Moment } from '../equity-fold.ts';
import { PastCloses } from './past-closes.ts';
import { readRows } from './read-rows.ts';

/** Journal rows folded by one statement, so that none holds its connection for long. */
const ROWS_PER_STATEMENT_MAX = 10_000;
/** Holdings valued at a time; then others have their turn. */
const HOLDINGS_PER_BATCH_MAX = 5_000;

interface FoldRow {
  readonly stream: string;
  /** What of the stream is folded with this statement, and what there is. */
  readonly through: number;
  readonly head: number;
  /** Null for a stream with nothing to fold. */
  readonly end: number | null;
  readonly cash: string;
  readonly quantity: string;
  readonly cost: string;
  readonly last_at: number;
  readonly first_recorded: number;
  readonly last_recorded: number;
}

export interface EquityOptions {
  readonly from?: number | undefined;
  readonly points: number;
}

export class EquityReader {
  readonly #pool: ConnectionPool;
  readonly #closes: PastCloses;
  readonly #fold = new EquityFold();
  readonly #folded = new Map<string, number>();
  #lastFillAt = Number.NEGATIVE_INFINITY;
  #lastCashAt = Number.NEGATIVE_INFINITY;
  /** One at a time: two folds of the same rows would count them twice. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
    this.#closes = new PastCloses(pool);
  }

  points(options: EquityOptions): Promise<readonly EquityPoint[]> {
    const result = this.#tail.then(async () => {
      await this.#catchUp();
      return this.#points(options);
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #points({ from, points }: EquityOptions): Promise<readonly EquityPoint[]> {
    const newest = await this.#newest();
    const timeline = this.#fold.timeline(newest);
    const { beginning } = timeline;
    if (beginning === undefined) return [];
    const times = stepsBetween(Math.max(beginning, from ?? beginning), newest, points);
    const curve: EquityPoint[] = [];
    let batch: Moment[] = [];
    let holdings = 0;
    for (const moment of timeline.moments(times)) {
      batch.push(moment);
      holdings += moment.held.size;
      if (holdings < HOLDINGS_PER_BATCH_MAX && moment.at !== newest) continue;
      curve.push(...(await this.#value(batch, newest)));
      await setImmediate();
      batch = [];
      holdings = 0;
    }
    return curve;
  }

  async #value(moments: readonly Moment[], newest: number): Promise<readonly EquityPoint[]> {
    const wanted = moments.map(({ at, held }) => ({ at, symbols: [...held.keys()] }));
    const closes = await this.#closes.read(wanted, newest);
    return moments.map(({ at, cash, netDeposits, held }, index) => {
      let equity = cash;
      for (const [symbol, { quantity, cost }] of held) {
        const close = closes[index]?.get(symbol);
        // As the account values it: without a price the cost stands in.
        equity += close === undefined ? cost : multiply(quantity, close);
      }
      return {
        at: isoTime(at),
        equity: formatDecimal(equity),
        cash: formatDecimal(cash),
        netDeposits: formatDecimal(netDeposits),
      };
    });
  }

  /** Folds what is new. Ends with a statement that read every stream to its head, so that the sum is of one moment. */
  async #catchUp(): Promise<void> {
    for (;;) {
      const rows = await this.#nextRows();
      for (const row of rows) this.#add(row);
      for (const { stream, through } of rows) this.#folded.set(stream, through);
      if (rows.every(({ through, head }) => through === head)) return;
    }
  }

  /** Sums over the rows that are new in each stream, at most so many in all. */
  async #nextRows(): Promise<readonly FoldRow[]> {
    return readRows<FoldRow>(
      this.#pool,
      sql`
      with streams as (
        select h.stream, h.head, coalesce(f.seq, 0) as folded
        from (select symbol as stream, version as head from positions
              union all select 'account', version from account) as h
          left join unnest(${[...this.#folded.keys()]}::text[], ${[...this.#folded.values()]}::bigint[])
            as f(stream, seq) on f.stream = h.stream
        where h.head > coalesce(f.seq, 0)
      ), parts as (
        select stream, head, folded, least(head, folded + greatest(0, ${ROWS_PER_STATEMENT_MAX}
          - (sum(head - folded) over (order by stream rows unbounded preceding) - (head - folded))))::bigint as through
        from streams
      )
      select p.stream, p.through::float8, p.head::float8, j.*
      from parts p left join lateral (
        select (ceil(extract(epoch from at) * 1000 / ${this.#fold.gridMs}::int) * ${this.#fold.gridMs}::int)::float8 as end,
               sum(case when kind = 'cash' then notional when side = 'sell' then notional - fee else -notional - fee end)::text
                 as cash,
               coalesce(sum(case side when 'buy' then quantity when 'sell' then -quantity end), 0)::text as quantity,
               coalesce(sum(case side when 'buy' then notional when 'sell' then -cost_removed end), 0)::text as cost,
               (extract(epoch from max(at)) * 1000)::float8 as last_at,
               (extract(epoch from min(recorded_at)) * 1000)::float8 as first_recorded,
               (extract(epoch from max(recorded_at)) * 1000)::float8 as last_recorded
        from journal
        where symbol = p.stream and seq > p.folded and seq <= p.through and kind in ('fill', 'cash')
        group by 1
      ) as j on true`,
    );
  }

  #add(row: FoldRow): void {
    if (row.end === null) return;
    const cash = parseDecimal(row.cash);
    if (row.stream === 'account') {
      this.#lastCashAt = Math.max(this.#lastCashAt, row.last_at);
      this.#fold.addCash({ end: row.end, cash, recordedAt: row.first_recorded });
      return;
    }
    this.#lastFillAt = Math.max(this.#lastFillAt, row.last_at);
    this.#fold.addFills({
      symbol: row.stream,
      end: row.end,
      cash,
      quantity: parseDecimal(row.quantity),
      cost: parseDecimal(row.cost),
      recordedAt: row.last_recorded,
    });
  }

  /** The market's time: the last close stored or the last fill. Before both, when the first money came. */
  async #newest(): Promise<number> {
    const rows = await readRows<{ open_time: number | null }>(
      this.#pool,
      sql`
      select (extract(epoch from max(c.open_time)) * 1000)::float8 as open_time
      from positions p cross join lateral (
        select open_time from candles where symbol = p.symbol order by open_time desc limit 1) as c`,
    );
    const openTime = rows[0]?.open_time ?? null;
    const closed = openTime === null ? Number.NEGATIVE_INFINITY : openTime + MINUTE_MS;
    const newest = Math.max(closed, this.#lastFillAt);
    return Number.isFinite(newest) ? newest : this.#lastCashAt;
  }
}

/**
 * At most `count` times from `from` to `newest`, which is always the last. The steps are equal, whole minutes (the last may
 * be shorter), so that a young market has fewer points.
 */
function stepsBetween(from: number, newest: number, count: number): readonly number[] {
  const start = Math.ceil(from / MINUTE_MS) * MINUTE_MS;
  const step = Math.max(1, Math.ceil((newest - start) / (count - 1) / MINUTE_MS)) * MINUTE_MS;
  const times: number[] = [];
  for (let time = start; time < newest; time += step) times.push(time);
  return [...times, newest];
}
