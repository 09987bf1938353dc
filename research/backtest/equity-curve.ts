/**
 * What the account was worth at every close: cash and positions at market. Keeps the ends of days and hours and the largest
 * fall from a peak; a value a minute would be as large as the recording.
 */
import { DAY_MS, HOUR_MS } from '../../domain/candle.ts';
import type { Units } from '../../domain/money.ts';

export interface Worth {
  /** Market time. */
  readonly at: number;
  readonly equity: Units;
}

/** A fall from a peak, and when it was over. */
export interface Drawdown {
  readonly peak: Worth;
  readonly low: Worth;
  /** When the peak was reached again; null when it was not. */
  readonly recoveredAt: number | null;
}

export class EquityCurve {
  readonly start: Worth;
  /** At the end of each UTC day, and at the last close. */
  readonly days: Worth[] = [];
  /** At the end of each hour, and at the last close. */
  readonly hours: Worth[] = [];
  #lastAt: number;
  #equity: Units;
  #peak: Worth;
  /** The lowest value since the peak. */
  #low: Worth;
  #worst: Drawdown | undefined;
  /** An estimate beyond these may be a new peak or a new low. */
  #peakNear: number;
  #lowNear: number;

  constructor(start: Worth) {
    this.start = start;
    this.#lastAt = start.at;
    this.#equity = start.equity;
    this.#peak = start;
    this.#low = start;
    this.#peakNear = nearly(start.equity, -1);
    this.#lowNear = nearly(start.equity, 1);
  }

  get last(): Worth {
    return { at: this.#lastAt, equity: this.#equity };
  }

  /** The largest fall, as a share of its peak; undefined when nothing fell. */
  get drawdown(): Drawdown | undefined {
    return this.#worst;
  }

  /**
   * Whether the value at this close has to be known exactly: it ends an hour, or may be a peak or a low. Between them the
   * curve looks at nothing, and an estimate is a tenth of the work.
   */
  asksFor(at: number, estimate: number): boolean {
    return at % HOUR_MS === 0 || estimate >= this.#peakNear || estimate <= this.#lowNear;
  }

  /** Takes the value at a close, in order of time. */
  mark(at: number, equity: Units): void {
    const endsHour = at % HOUR_MS === 0;
    const isSame = equity === this.#equity;
    this.#lastAt = at;
    this.#equity = equity;
    if (isSame && !endsHour) return;
    const worth = { at, equity };
    if (endsHour) this.hours.push(worth);
    if (at % DAY_MS === 0) this.days.push(worth);
    if (equity >= this.#peak.equity) this.#climb(worth);
    else if (equity < this.#low.equity) this.#fall(worth);
  }

  /** The last close ends the curve, in the middle of an hour and a day or not. */
  finish(): void {
    const { last } = this;
    if (this.hours.at(-1)?.at !== last.at) this.hours.push(last);
    if (this.days.at(-1)?.at !== last.at) this.days.push(last);
  }

  #climb(worth: Worth): void {
    if (this.#worst?.recoveredAt === null) this.#worst = { ...this.#worst, recoveredAt: worth.at };
    this.#peak = worth;
    this.#low = worth;
    this.#peakNear = nearly(worth.equity, -1);
    this.#lowNear = nearly(worth.equity, 1);
  }

  #fall(worth: Worth): void {
    this.#low = worth;
    this.#lowNear = nearly(worth.equity, 1);
    const worst = this.#worst;
    // Shares are compared crosswise: exact, and without a division.
    const isWorse =
      worst === undefined ||
      (this.#peak.equity - worth.equity) * worst.peak.equity >
        (worst.peak.equity - worst.low.equity) * this.#peak.equity;
    if (isWorse) this.#worst = { peak: this.#peak, low: worth, recoveredAt: null };
  }
}

/** Farther than a float's error from the value, so that no peak and no low is missed. */
const DOUBT = 1e-9;

function nearly(equity: Units, side: 1 | -1): number {
  return (Number(equity) / 1e8) * (1 + side * DOUBT);
}
