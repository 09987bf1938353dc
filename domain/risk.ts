/**
 * Sizing and the refusals of entries (STRATEGY "Sizing and risk"). Pure: the account hands in what it knows, in market
 * time, and gets a value back. Nothing, AI included, overrides a refusal; exits never come here (I12).
 */
import { DAY_MS, HOUR_MS } from './candle.ts';
import { divideDown, formatDecimal, fromNumber, maximum, minimum, ONE, type Units } from './money.ts';

/** The settings a person may change; shares are of 1 (0.2 is 20 %). */
export interface RiskSettings {
  readonly orderShareMax: number;
  readonly exposureShareMax: number;
  /** Part of free cash kept back for fees and slippage. */
  readonly cashReserveShare: number;
  readonly dailyLossShareMax: number;
  readonly dailyEntriesMax: number;
  readonly positionsMax: number;
  /** Losing trades in a row that start the cooldown. */
  readonly lossesInARowMax: number;
  readonly cooldownMs: number;
  /** Least time between two entry decisions of a symbol. */
  readonly entryIntervalMs: number;
}

export const DEFAULT_RISK_SETTINGS: RiskSettings = {
  orderShareMax: 0.2,
  exposureShareMax: 1,
  cashReserveShare: 0.002,
  dailyLossShareMax: 0.03,
  dailyEntriesMax: 6,
  positionsMax: 5,
  lossesInARowMax: 3,
  cooldownMs: 2 * HOUR_MS,
  entryIntervalMs: HOUR_MS / 2,
};

export type RiskCode =
  | 'HALTED'
  | 'PAUSED'
  | 'COOLDOWN'
  | 'DAILY_LOSS'
  | 'DAILY_ENTRIES'
  | 'DUPLICATE'
  | 'TOO_SOON'
  | 'POSITIONS'
  | 'EXPOSURE'
  | 'CASH'
  | 'ORDER_LIMIT'
  | 'ORDER_MINIMUM';

export interface RiskDenied {
  readonly code: RiskCode;
  readonly message: string;
  /** The numbers that decided; money as decimal strings, times and durations in ms. */
  readonly details: Record<string, string | number>;
}

/** What the account remembers of its trades. The day's part belongs to `day`. */
export interface RiskCounters {
  /** UTC date. */
  readonly day: string;
  /** Profit after fees of the trades closed on `day`. */
  readonly realizedToday: Units;
  readonly entriesToday: number;
  readonly lossesInARow: number;
  /** Market time of the loss that started the last cooldown. */
  readonly cooldownSince?: number;
}

export interface EntryRequest {
  readonly symbol: string;
  /** Market time of the decision. */
  readonly at: number;
  readonly amount: Units;
  /** `off` keeps only what protects the account's integrity: halt, pause, duplicates, cash and the venue's minimum. */
  readonly limits: 'on' | 'off';
  /** Why the account or the symbol is halted, paused; absent when it is not. */
  readonly halted?: string | undefined;
  readonly paused?: string | undefined;
  readonly counters: RiskCounters;
  /** Symbols with a position or an open entry, this one included when it has. */
  readonly occupiedSymbols: number;
  /** This symbol has a position or an open entry. */
  readonly occupied: boolean;
  /** Market time of this symbol's last entry decision. */
  readonly lastEntryDecisionAt?: number | undefined;
  readonly referenceEquity: Units;
  readonly freeCash: Units;
  /** Positions at market plus open reservations. */
  readonly exposure: Units;
  readonly volatilityFactor: number;
  /** Share of the notional that the venue takes. */
  readonly feeRate: Units;
  /** The venue's least order value. */
  readonly minimumNotional: Units;
}

export interface SizingInput {
  readonly referenceEquity: Units;
  readonly freeCash: Units;
  readonly exposure: Units;
  /** The preset's size factor of the regime at the decision. */
  readonly regimeSize: number;
  readonly volatilityFactor: number;
  /** Share of the notional that the venue takes. */
  readonly feeRate: Units;
}

/** The UTC date a market time belongs to, as `2022-01-31`. */
export function dayOf(marketTime: number): string {
  const number = Math.floor(Math.trunc(marketTime) / DAY_MS);
  // Asked for every fill, and a day has many.
  if (number !== lastDay.number) lastDay = { number, text: new Date(marketTime).toISOString().slice(0, 10) };
  return lastDay.text;
}

let lastDay = { number: Number.NaN, text: '' };

/** The order amount of an entry, never below 0; rounded down, so that it never exceeds a limit. */
export function sizeEntry(input: SizingInput, settings: RiskSettings = DEFAULT_RISK_SETTINGS): Units {
  const { referenceEquity, freeCash, exposure, regimeSize, volatilityFactor, feeRate } = input;
  const amount = minimum(
    share(referenceEquity, settings.orderShareMax, regimeSize, volatilityFactor),
    spendable(freeCash, feeRate, settings),
    share(referenceEquity, settings.exposureShareMax) - exposure,
  );
  return maximum(amount, 0n);
}

/** What `amount` buys at `price`, rounded down to 8 places. */
export function quantityFor(amount: Units, price: Units): Units {
  return divideDown(amount, price);
}

export function newCounters(at: number): RiskCounters {
  return { day: dayOf(at), realizedToday: 0n, entriesToday: 0, lossesInARow: 0 };
}

/** The counters as they stand at `at`: a later day starts from zero; losses in a row and the cooldown go on. */
export function countersAt(counters: RiskCounters, at: number): RiskCounters {
  const day = dayOf(at);
  return day > counters.day ? { ...counters, day, realizedToday: 0n, entriesToday: 0 } : counters;
}

/** The counters after an entry was made at `at`. */
export function afterEntry(counters: RiskCounters, at: number): RiskCounters {
  const current = countersAt(counters, at);
  return { ...current, entriesToday: current.entriesToday + (dayOf(at) === current.day ? 1 : 0) };
}

/**
 * The counters after a trade closed at `at`. A profit below zero is a loss; the third in a row starts the cooldown, and
 * its start, like a gain, resets the count. A trade that comes to exactly zero does neither.
 */
export function afterTrade(
  counters: RiskCounters,
  profitAfterFees: Units,
  at: number,
  settings: RiskSettings = DEFAULT_RISK_SETTINGS,
): RiskCounters {
  const current = countersAt(counters, at);
  const realizedToday = current.realizedToday + (dayOf(at) === current.day ? profitAfterFees : 0n);
  if (profitAfterFees > 0n) return { ...current, realizedToday, lossesInARow: 0 };
  if (profitAfterFees === 0n) return { ...current, realizedToday };
  const lossesInARow = current.lossesInARow + 1;
  if (lossesInARow < settings.lossesInARowMax) return { ...current, realizedToday, lossesInARow };
  return { ...current, realizedToday, lossesInARow: 0, cooldownSince: at };
}

interface Refusal {
  readonly code: RiskCode;
  /** Also with limits off: it protects the account's integrity, not its appetite. */
  readonly always: boolean;
  readonly message: string;
  /** The numbers that decided when it refuses, else undefined. */
  check(request: EntryRequest, counters: RiskCounters, settings: RiskSettings): RiskDenied['details'] | undefined;
}

/** STRATEGY's table, in its order. */
const REFUSALS: readonly Refusal[] = [
  {
    code: 'HALTED',
    always: true,
    message: 'the account or the symbol is halted',
    check: ({ halted }) => (halted === undefined ? undefined : { reason: halted }),
  },
  {
    code: 'PAUSED',
    always: true,
    message: 'entries are paused',
    check: ({ paused }) => (paused === undefined ? undefined : { reason: paused }),
  },
  {
    code: 'COOLDOWN',
    always: false,
    message: 'the account cools down after losing trades in a row',
    check: ({ at }, { cooldownSince }, { cooldownMs, lossesInARowMax }) =>
      cooldownSince !== undefined && at - cooldownSince < cooldownMs
        ? { since: cooldownSince, until: cooldownSince + cooldownMs, at, losses: lossesInARowMax }
        : undefined,
  },
  {
    code: 'DAILY_LOSS',
    always: false,
    message: "the day's realized loss has reached its limit",
    check: ({ referenceEquity }, { realizedToday, day }, { dailyLossShareMax }) => {
      // Compared before rounding: −3 % exactly refuses, a unit above it does not.
      if (realizedToday * ONE > -referenceEquity * fromNumber(dailyLossShareMax)) return undefined;
      const limit = -share(referenceEquity, dailyLossShareMax);
      return { realized: formatDecimal(realizedToday), limit: formatDecimal(limit), day };
    },
  },
  {
    code: 'DAILY_ENTRIES',
    always: false,
    message: "the day's entries are used up",
    check: (_, { entriesToday, day }, { dailyEntriesMax }) =>
      entriesToday >= dailyEntriesMax ? { entries: entriesToday, limit: dailyEntriesMax, day } : undefined,
  },
  {
    code: 'DUPLICATE',
    always: true,
    message: 'the symbol has a position or an open entry',
    check: ({ occupied, symbol }) => (occupied ? { symbol } : undefined),
  },
  {
    code: 'TOO_SOON',
    always: false,
    message: "the symbol's last entry decision is too recent",
    check: ({ at, lastEntryDecisionAt: last }, _, { entryIntervalMs }) =>
      last !== undefined && at - last < entryIntervalMs ? { last, until: last + entryIntervalMs, at } : undefined,
  },
  {
    code: 'POSITIONS',
    always: false,
    message: 'there are as many positions and open entries as allowed',
    check: ({ occupiedSymbols }, _, { positionsMax }) =>
      occupiedSymbols >= positionsMax ? { positions: occupiedSymbols, limit: positionsMax } : undefined,
  },
  {
    code: 'EXPOSURE',
    always: false,
    message: 'the order would exceed the allowed exposure',
    check: ({ amount, exposure, referenceEquity }, _, { exposureShareMax }) => {
      const limit = share(referenceEquity, exposureShareMax);
      return exposure + amount > limit ? money({ amount, exposure, limit }) : undefined;
    },
  },
  {
    code: 'CASH',
    always: true,
    message: 'free cash does not cover the order',
    check: ({ amount, freeCash, feeRate }, _, settings) => {
      const limit = spendable(freeCash, feeRate, settings);
      return amount > limit ? money({ amount, freeCash, limit }) : undefined;
    },
  },
  {
    code: 'ORDER_LIMIT',
    always: false,
    message: 'the order is larger than one order may be',
    check: ({ amount, referenceEquity, volatilityFactor }, _, { orderShareMax }) => {
      const limit = share(referenceEquity, orderShareMax, volatilityFactor);
      return amount > limit ? { ...money({ amount, referenceEquity, limit }), volatilityFactor } : undefined;
    },
  },
  {
    code: 'ORDER_MINIMUM',
    always: true,
    message: "the order is smaller than the venue's minimum",
    check: ({ amount, minimumNotional }) =>
      amount < minimumNotional ? money({ amount, limit: minimumNotional }) : undefined,
  },
];

/** The first refusal of this entry, with the numbers that decided; undefined when it may go ahead. */
export function checkEntry(
  request: EntryRequest,
  settings: RiskSettings = DEFAULT_RISK_SETTINGS,
): RiskDenied | undefined {
  const counters = countersAt(request.counters, request.at);
  for (const { code, always, message, check } of REFUSALS) {
    if (request.limits === 'off' && !always) continue;
    const details = check(request, counters, settings);
    if (details !== undefined) return { code, message, details };
  }
  return undefined;
}

/** Realized loss of a day, rounded up, at which no more entries are made. */
export function dailyLossMax(referenceEquity: Units, { dailyLossShareMax }: RiskSettings): Units {
  return (referenceEquity * fromNumber(dailyLossShareMax) + ONE - 1n) / ONE;
}

/** Fees of many small fills are rounded one by one: what that can come to, at most. */
const ROUNDING: Units = 1_000n;

/** What of free cash an order may use: fees on top of it are covered too, whatever share is kept back for them. */
function spendable(freeCash: Units, feeRate: Units, { cashReserveShare }: RiskSettings): Units {
  const withFees = (freeCash * ONE) / (ONE + feeRate) - ROUNDING;
  return maximum(minimum(share(freeCash, 1 - cashReserveShare), withFees), 0n);
}

/** `whole` times exact decimal factors, rounded down once at the end. */
function share(whole: Units, ...factors: number[]): Units {
  const product = factors.reduce((value, factor) => value * fromNumber(factor), whole);
  return product / ONE ** BigInt(factors.length);
}

function money(values: Readonly<Record<string, Units>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, formatDecimal(value)]));
}
