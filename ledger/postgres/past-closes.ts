/** What symbols cost at a past moment: the close of the last candle stored by then. Answers that can't change are kept. */
import { type ConnectionPool, sql } from '@databases/pg';
import { HOUR_MS, MINUTE_MS } from '../../domain/candle.ts';
import { fromNumber, type Units } from '../../domain/money.ts';
import { readRows } from './read-rows.ts';

/** Closes kept; beyond it all are forgotten and read again. */
const CLOSES_KEPT_MAX = 250_000;
/** Younger ones may still be filled in by a feed that was away. */
const SETTLED_AFTER_MS = HOUR_MS;

export interface WantedCloses {
  /** Milliseconds. */
  readonly at: number;
  readonly symbols: readonly string[];
}

/** By symbol; one without a candle by then is not in it. */
export type Closes = ReadonlyMap<string, Units>;

export class PastCloses {
  readonly #pool: ConnectionPool;
  /** By time and symbol. Null: there was no candle by then. */
  readonly #kept = new Map<number, Map<string, Units | null>>();
  #count = 0;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
  }

  /** In the order of what is wanted, in one statement at most. `newest` is the market's time. */
  async read(wanted: readonly WantedCloses[], newest: number): Promise<readonly Closes[]> {
    const found: Map<string, Units>[] = [];
    const missing: { readonly index: number; readonly at: number; readonly symbol: string }[] = [];
    for (const [index, { at, symbols }] of wanted.entries()) {
      const kept = this.#kept.get(at);
      const closes = new Map<string, Units>();
      for (const symbol of symbols) {
        const close = kept?.get(symbol);
        if (close === undefined) missing.push({ index, at, symbol });
        else if (close !== null) closes.set(symbol, close);
      }
      found.push(closes);
    }
    if (missing.length === 0) return found;
    const selected = await this.#select(missing);
    for (const [position, { index, at, symbol }] of missing.entries()) {
      const close = selected[position] ?? null;
      const units = close === null ? null : fromNumber(close);
      if (units !== null) found[index]?.set(symbol, units);
      if (at <= newest - SETTLED_AFTER_MS) this.#keep(at, symbol, units);
    }
    return found;
  }

  /** In one row: a row for each close costs more than finding it. */
  async #select(
    missing: readonly { readonly at: number; readonly symbol: string }[],
  ): Promise<readonly (number | null)[]> {
    const rows = await readRows<{ closes: (number | null)[] | null }>(
      this.#pool,
      sql`
        select array_agg((
          select close from candles
          where symbol = w.symbol and open_time <= to_timestamp((w.at - ${MINUTE_MS}::int) / 1000)
          order by open_time desc limit 1) order by w.ord) as closes
        from unnest(${missing.map(({ symbol }) => symbol)}::text[], ${missing.map(({ at }) => at)}::float8[])
          with ordinality as w(symbol, at, ord)`,
    );
    return rows[0]?.closes ?? [];
  }

  #keep(at: number, symbol: string, close: Units | null): void {
    if (this.#count >= CLOSES_KEPT_MAX) {
      this.#kept.clear();
      this.#count = 0;
    }
    const kept = this.#kept.get(at) ?? new Map<string, Units | null>();
    this.#kept.set(at, kept.set(symbol, close));
    this.#count += 1;
  }
}
