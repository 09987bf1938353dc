import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../domain/candle.ts';
import { formatDecimal, fromNumber, parseDecimal } from '../../../domain/money.ts';
import {
  afterEntry,
  afterTrade,
  checkEntry,
  countersAt,
  DEFAULT_RISK_SETTINGS,
  dailyLossMax,
  dayOf,
  type EntryRequest,
  newCounters,
  quantityFor,
  type RiskCode,
  type RiskCounters,
  sizeEntry,
} from '../../../domain/risk.ts';
import { START } from './builders.ts';

const NOON = START + 12 * HOUR_MS;
const counters = newCounters(NOON);

/** What a test changes in a request; its counters differ from `counters` only in the fields named. */
type Changes = Partial<Omit<EntryRequest, 'counters'>> & { readonly counters?: Partial<RiskCounters> };

/** An entry nothing refuses: 1,000,000 of reference equity, all of it free, 100,000 to spend. */
function request(changes: Changes = {}): EntryRequest {
  return {
    symbol: 'KRW-BTC',
    at: NOON,
    amount: fromNumber(100_000),
    limits: 'on',
    occupiedSymbols: 0,
    occupied: false,
    referenceEquity: fromNumber(1_000_000),
    freeCash: fromNumber(1_000_000),
    exposure: 0n,
    volatilityFactor: 1,
    feeRate: fromNumber(0.0005),
    minimumNotional: fromNumber(5_000),
    ...changes,
    counters: { ...counters, ...changes.counters },
  };
}

const code = (changes: Changes) => checkEntry(request(changes))?.code;

describe('sizing', () => {
  const sized = (changes: Partial<Parameters<typeof sizeEntry>[0]>) =>
    formatDecimal(
      sizeEntry({
        referenceEquity: fromNumber(1_000_000),
        freeCash: fromNumber(1_000_000),
        exposure: 0n,
        regimeSize: 1,
        volatilityFactor: 1,
        feeRate: fromNumber(0.0005),
        ...changes,
      }),
    );

  it('takes a fifth of the reference equity by regime and volatility', () => {
    expect(sized({})).toBe('200000');
    expect(sized({ regimeSize: 0.8 })).toBe('160000');
    expect(sized({ regimeSize: 0.5, volatilityFactor: 0.5 })).toBe('50000');
  });

  it('keeps two thousandths of the free cash back', () => {
    expect(sized({ freeCash: fromNumber(100_000) })).toBe('99800');
  });

  it('keeps back what a higher fee takes, whatever the share says', () => {
    // 100,000 ÷ 1.01, less what rounding many fills can come to.
    expect(sized({ freeCash: fromNumber(100_000), feeRate: fromNumber(0.01) })).toBe('99009.90098009');
    expect(code({ freeCash: fromNumber(100_000), amount: fromNumber(99_500), feeRate: fromNumber(0.01) })).toBe('CASH');
    expect(
      code({ freeCash: fromNumber(100_000), amount: fromNumber(99_500), feeRate: fromNumber(0.0005) }),
    ).toBeUndefined();
  });

  it('stays within the reference equity, and never below zero', () => {
    expect(sized({ exposure: fromNumber(950_000) })).toBe('50000');
    expect(sized({ exposure: fromNumber(1_100_000) })).toBe('0');
    expect(sized({ freeCash: 0n })).toBe('0');
  });

  it('rounds quantities down to eight places', () => {
    expect(quantityFor(fromNumber(1_000), fromNumber(3))).toBe(parseDecimal('333.33333333'));
  });
});

describe('refusals', () => {
  it('let an entry within every limit through', () => {
    expect(checkEntry(request())).toBeUndefined();
  });

  /** In the order of STRATEGY's table: each row alone refuses, and wins over every row below it. */
  const ROWS: readonly (readonly [RiskCode, Changes])[] = [
    ['HALTED', { halted: 'a person' }],
    ['PAUSED', { paused: 'stale data' }],
    ['COOLDOWN', { counters: { cooldownSince: NOON - 2 * HOUR_MS + 1 } }],
    ['DAILY_LOSS', { counters: { realizedToday: fromNumber(-30_000) } }],
    ['DAILY_ENTRIES', { counters: { entriesToday: 6 } }],
    ['DUPLICATE', { occupied: true }],
    ['TOO_SOON', { lastEntryDecisionAt: NOON - 30 * MINUTE_MS + 1 }],
    ['POSITIONS', { occupiedSymbols: 5 }],
    ['EXPOSURE', { exposure: parseDecimal('900000.00000001') }],
    ['CASH', { freeCash: parseDecimal('100200.4') }],
    ['ORDER_LIMIT', { volatilityFactor: 0.49999999 }],
    ['ORDER_MINIMUM', { minimumNotional: parseDecimal('100000.00000001') }],
  ];

  it.each(ROWS)('refuse with %s', (expected, changes) => {
    const denied = checkEntry(request(changes));
    expect(denied?.code).toBe(expected);
    expect(Object.keys(denied?.details ?? {})).not.toHaveLength(0);
  });

  it('come in the order of the table', () => {
    const merge = (rows: typeof ROWS): Changes => ({
      ...Object.assign({}, ...rows.map(([, changes]) => changes)),
      counters: Object.assign({}, ...rows.map(([, changes]) => changes.counters)),
    });
    for (let row = 0; row < ROWS.length; row += 1) {
      expect(code(merge(ROWS.slice(row)))).toBe(ROWS[row]?.[0]);
    }
  });

  it.each<readonly [string, Changes]>([
    ['the cooldown is over', { counters: { cooldownSince: NOON - 2 * HOUR_MS } }],
    ['the loss is a unit short of 3 %', { counters: { realizedToday: parseDecimal('-29999.99999999') } }],
    ['it is the sixth entry', { counters: { entriesToday: 5 } }],
    ['the last decision is 30 minutes ago', { lastEntryDecisionAt: NOON - 30 * MINUTE_MS }],
    ['it is the fifth position', { occupiedSymbols: 4 }],
    ['the exposure becomes exactly the reference', { exposure: fromNumber(900_000) }],
    ['the cash is just enough', { freeCash: parseDecimal('100200.40080161') }],
    ['the order is exactly the limit', { amount: fromNumber(200_000) }],
    ['the order is exactly the minimum', { amount: fromNumber(5_000) }],
  ])('stop at their boundary: allowed when %s', (_, changes) => {
    expect(checkEntry(request(changes))).toBeUndefined();
  });

  it('carry the numbers that decided', () => {
    expect(checkEntry(request({ freeCash: fromNumber(50_000) }))).toEqual({
      code: 'CASH',
      message: 'free cash does not cover the order',
      details: { amount: '100000', freeCash: '50000', limit: '49900' },
    });
    const loss = { realizedToday: fromNumber(-40_000) };
    expect(checkEntry(request({ counters: loss }))?.details).toEqual({
      realized: '-40000',
      limit: '-30000',
      day: '2022-01-01',
    });
  });

  it('keep only integrity when limits are off', () => {
    const off = ROWS.filter(([, changes]) => code({ ...changes, limits: 'off' }) !== undefined);
    expect(off.map(([name]) => name)).toEqual(['HALTED', 'PAUSED', 'DUPLICATE', 'CASH', 'ORDER_MINIMUM']);
  });

  it('forget the day’s counters on the next day, but not the cooldown', () => {
    const yesterday = { realizedToday: fromNumber(-40_000), entriesToday: 6 };
    expect(code({ counters: yesterday, at: NOON + DAY_MS })).toBeUndefined();
    const late = START + DAY_MS - 1;
    expect(code({ counters: { ...newCounters(late), cooldownSince: late }, at: late + 1 })).toBe('COOLDOWN');
  });
});

describe('counters', () => {
  const loss = -fromNumber(1_000);
  const gain = fromNumber(1_000);
  const closing = (...profits: bigint[]) =>
    profits.reduce((before, profit, index) => afterTrade(before, profit, NOON + index * MINUTE_MS), counters);

  it('start the cooldown with the third loss in a row and begin to count again', () => {
    expect(closing(loss, loss)).toMatchObject({ lossesInARow: 2 });
    expect(closing(loss, loss).cooldownSince).toBeUndefined();
    expect(closing(loss, loss, loss)).toMatchObject({ lossesInARow: 0, cooldownSince: NOON + 2 * MINUTE_MS });
    expect(closing(loss, loss, loss, loss)).toMatchObject({ lossesInARow: 1, cooldownSince: NOON + 2 * MINUTE_MS });
  });

  it('start over after a gain, but not after a trade of exactly zero', () => {
    expect(closing(loss, loss, gain, loss)).toMatchObject({ lossesInARow: 1 });
    expect(closing(loss, loss, 0n, loss).cooldownSince).toBe(NOON + 3 * MINUTE_MS);
  });

  it('sum the day’s profit and entries, and begin at zero on the next day', () => {
    const today = afterEntry(closing(loss, gain, gain), NOON);
    expect(today).toMatchObject({ day: '2022-01-01', realizedToday: gain, entriesToday: 1 });
    expect(countersAt(today, START + DAY_MS)).toMatchObject({ day: '2022-01-02', realizedToday: 0n, entriesToday: 0 });
    expect(afterEntry(today, START + DAY_MS)).toMatchObject({ entriesToday: 1 });
  });

  it('keep losses in a row over midnight', () => {
    const overnight = afterTrade(closing(loss, loss), loss, NOON + DAY_MS);
    expect(overnight).toMatchObject({ day: '2022-01-02', realizedToday: loss, cooldownSince: NOON + DAY_MS });
  });

  it('never turn the day back for a trade that is recorded late', () => {
    const next = countersAt(counters, NOON + DAY_MS);
    expect(afterTrade(next, loss, NOON)).toMatchObject({ day: '2022-01-02', realizedToday: 0n, lossesInARow: 1 });
    expect(afterEntry(next, NOON)).toMatchObject({ day: '2022-01-02', entriesToday: 0 });
  });

  it('date by UTC', () => {
    expect(dayOf(START)).toBe('2022-01-01');
    expect(dayOf(START - 1)).toBe('2021-12-31');
  });
});

describe('dailyLossMax', () => {
  it('is the least loss that refuses, to the unit', () => {
    for (const referenceEquity of [fromNumber(1_000_000), 333_333_333_333_333n, 1n]) {
      const most = dailyLossMax(referenceEquity, DEFAULT_RISK_SETTINGS);
      expect(code({ referenceEquity, counters: { realizedToday: -most } })).toBe('DAILY_LOSS');
      expect(code({ referenceEquity, counters: { realizedToday: 1n - most } })).not.toBe('DAILY_LOSS');
    }
  });
});
