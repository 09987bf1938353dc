/**
 * What fills and cash changed, summed up by minutes of market time, so that cash and holdings of any past moment are a sum
 * over a bounded number of entries however long the journal is. Exact: sums of exact decimals. Knows no prices.
 */
import { MINUTE_MS } from '../domain/candle.ts';
import type { Units } from '../domain/money.ts';

/** Fills of one symbol in the time that ends at `end`: those at `end` itself are in it, those of the start are not. */
export interface FillSum {
  readonly symbol: string;
  /** Milliseconds, a multiple of the fold's grid at the time of reading. */
  readonly end: number;
  readonly cash: Units;
  readonly quantity: Units;
  readonly cost: Units;
  /** Wall time of the last of them, milliseconds. */
  readonly recordedAt: number;
}

/** Deposits less withdrawals in such a time, by the clock on the wall; `recordedAt` is that of the first. */
export interface CashSum {
  readonly end: number;
  readonly cash: Units;
  readonly recordedAt: number;
}

export interface Holding {
  readonly quantity: Units;
  readonly cost: Units;
}

export interface Moment {
  /** Milliseconds. */
  readonly at: number;
  readonly cash: Units;
  /** Deposits less withdrawals until then; `cash` includes them. */
  readonly netDeposits: Units;
  /** Symbols of which nothing is held are not in it. */
  readonly held: ReadonlyMap<string, Holding>;
}

interface Change {
  readonly at: number;
  /** Null for deposits and withdrawals. */
  readonly symbol: string | null;
  readonly cash: Units;
  readonly quantity: Units;
  readonly cost: Units;
}

/** Entries kept; beyond it the time each stands for doubles, and neighbours become one. */
const ENTRIES_MAX = 20_000;

export class EquityFold {
  readonly #entriesMax: number;
  #gridMs = MINUTE_MS;
  #fills = new Map<string, FillSum>();
  #cash = new Map<number, CashSum>();
  /** Until the next is added. */
  #sorted: readonly (Change & FillSum)[] | undefined;

  constructor(entriesMax = ENTRIES_MAX) {
    this.#entriesMax = entriesMax;
  }

  /** How finely to sum up, milliseconds: whole minutes. It grows with what was added. */
  get gridMs(): number {
    return this.#gridMs;
  }

  addFills(sum: FillSum): void {
    this.#sorted = undefined;
    const end = this.#endOf(sum.end);
    const key = `${end} ${sum.symbol}`;
    const known = this.#fills.get(key);
    this.#fills.set(key, {
      symbol: sum.symbol,
      end,
      cash: sum.cash + (known?.cash ?? 0n),
      quantity: sum.quantity + (known?.quantity ?? 0n),
      cost: sum.cost + (known?.cost ?? 0n),
      recordedAt: Math.max(sum.recordedAt, known?.recordedAt ?? 0),
    });
    this.#keepBound();
  }

  addCash(sum: CashSum): void {
    const end = this.#endOf(sum.end);
    const known = this.#cash.get(end);
    this.#cash.set(end, {
      end,
      cash: sum.cash + (known?.cash ?? 0n),
      recordedAt: Math.min(sum.recordedAt, known?.recordedAt ?? Number.POSITIVE_INFINITY),
    });
    this.#keepBound();
  }

  /**
   * Everything so far by market time. `newest` is the market's time of now: a deposit is made by a person's clock, which in a
   * recorded or invented market shows another year, and counts from then at the latest.
   */
  timeline(newest: number): Timeline {
    const fills = this.#sortedFills();
    // Up to each fill, when the last was recorded: then the first fill that was recorded after a deposit is found quickly.
    let last = 0;
    const recordedThrough = fills.map(({ recordedAt }) => {
      last = Math.max(last, recordedAt);
      return last;
    });
    const deposits = [...this.#cash.values()].map(({ end, cash, recordedAt }): Change => {
      // What was recorded after a deposit could spend it: it was there by then, whatever the clocks say.
      const spendable = fills[firstAbove(recordedThrough, recordedAt)]?.at ?? newest;
      return { at: Math.min(end, spendable, newest), symbol: null, cash, quantity: 0n, cost: 0n };
    });
    // Both parts are in order already, which makes this cheap.
    return new Timeline([...deposits.sort(byTime), ...fills].sort(byTime));
  }

  #sortedFills(): readonly (Change & FillSum)[] {
    this.#sorted ??= [...this.#fills.values()].map((sum) => ({ ...sum, at: sum.end })).sort(byTime);
    return this.#sorted;
  }

  #endOf(end: number): number {
    return Math.ceil(end / this.#gridMs) * this.#gridMs;
  }

  #keepBound(): void {
    if (this.#fills.size + this.#cash.size <= this.#entriesMax) return;
    this.#gridMs *= 2;
    const fills = [...this.#fills.values()];
    const cash = [...this.#cash.values()];
    this.#fills = new Map();
    this.#cash = new Map();
    for (const sum of fills) this.addFills(sum);
    for (const sum of cash) this.addCash(sum);
  }
}

/** A moment of the fold: it does not see what is added later. */
export class Timeline {
  readonly #changes: readonly Change[];

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
  }

  /** When the first change took effect, milliseconds; undefined when there was none. */
  get beginning(): number | undefined {
    return this.#changes[0]?.at;
  }

  /** Cash and holdings at rising `times`; the last one includes everything. */
  *moments(times: readonly number[]): Generator<Moment> {
    const held = new Map<string, Holding>();
    let cash = 0n;
    let netDeposits = 0n;
    let next = 0;
    for (const [index, time] of times.entries()) {
      const until = index === times.length - 1 ? Number.POSITIVE_INFINITY : time;
      for (let change = this.#changes[next]; change !== undefined && change.at <= until; change = this.#changes[next]) {
        cash += change.cash;
        if (change.symbol === null) netDeposits += change.cash;
        else hold(held, change.symbol, change);
        next += 1;
      }
      yield { at: time, cash, netDeposits, held: new Map(held) };
    }
  }
}

function byTime(a: Change, b: Change): number {
  return a.at - b.at;
}

function hold(held: Map<string, Holding>, symbol: string, change: Holding): void {
  const before = held.get(symbol);
  const quantity = change.quantity + (before?.quantity ?? 0n);
  const cost = change.cost + (before?.cost ?? 0n);
  if (quantity === 0n && cost === 0n) held.delete(symbol);
  else held.set(symbol, { quantity, cost });
}

/** Index of the first value above `limit` in values that never fall; their count when there is none. */
function firstAbove(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
