/** The equity curve of a range: history from the read API, its last point live from the valued account. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { DAY_MS, MINUTE_MS } from '../../../domain/candle.ts';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import type { AccountView, Aged, EquityCurve } from './types.ts';

export type EquityRange = 'day' | 'week' | 'all';

export interface EquityHistoryOptions {
  /** `from`: ISO-8601; undefined for all there is. */
  readonly load: (points: number, from: string | undefined) => Promise<EquityCurve>;
  readonly account: ReadonlySignal<Aged<AccountView> | undefined>;
  readonly marketTime: ReadonlySignal<string | undefined>;
}

/** Ranges begin at a whole one of these, so that pages that ask within it share the server's answer. */
const RANGE_STEP_MS = 5 * MINUTE_MS;

/** One for each two pixels of a wide chart; the engine computes each from the ledger. */
const POINTS = 240;
const RANGE_MS: Readonly<Record<EquityRange, number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  all: Number.POSITIVE_INFINITY,
};

export class EquityHistory {
  readonly #options: EquityHistoryOptions;
  readonly #history = signal<EquityCurve | undefined>(undefined);
  readonly #range = signal<EquityRange>('all');
  readonly #failed = signal(false);
  readonly curve: ReadonlySignal<EquityCurve | undefined>;

  constructor(options: EquityHistoryOptions) {
    this.#options = options;
    this.curve = computed(() => {
      const history = this.#history.value;
      return history && withLastPoint(history, options.account.value?.value, options.marketTime.value);
    });
  }

  get range(): ReadonlySignal<EquityRange> {
    return this.#range;
  }

  /** True when the last attempt to load it failed. */
  get failed(): ReadonlySignal<boolean> {
    return this.#failed;
  }

  async choose(range: EquityRange): Promise<void> {
    this.#range.value = range;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const range = this.#range.value;
    try {
      const curve = await this.#options.load(POINTS, this.#from(range));
      // A slow answer about a range that is not shown any more is of no use.
      if (range === this.#range.value) this.#history.value = curve;
      this.#failed.value = false;
    } catch {
      this.#failed.value = true;
    }
  }

  #from(range: EquityRange): string | undefined {
    const last = this.#options.marketTime.value ?? this.#history.value?.points.at(-1)?.at;
    if (last === undefined || range === 'all') return undefined;
    const from = Date.parse(last) - RANGE_MS[range];
    return new Date(from - (from % RANGE_STEP_MS)).toISOString();
  }
}

/** Newer than all history: appended. */
function withLastPoint(history: EquityCurve, account: AccountView | undefined, at: string | undefined): EquityCurve {
  const last = history.points.at(-1);
  if (account === undefined || at === undefined || (last !== undefined && at <= last.at)) return history;
  const { equity, cash, deposits, withdrawals } = account;
  const netDeposits = formatDecimal(parseDecimal(deposits) - parseDecimal(withdrawals));
  return { ...history, points: [...history.points, { at, equity, cash, netDeposits }] };
}
