/** What the overview derives: attention, day limits, the symbol closest to an entry, the chart's series, the address. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_RISK_SETTINGS } from '../../../domain/risk.ts';
import { attentionOf, type Situation } from '../../../gateway/dashboard/overview/attention.ts';
import { dayLimits } from '../../../gateway/dashboard/overview/day-limits.ts';
import { equitySeries } from '../../../gateway/dashboard/overview/equity-series.ts';
import { closestToEntry, thoughtOf } from '../../../gateway/dashboard/overview/thought.ts';
import { routeOf } from '../../../gateway/dashboard/shell/router.ts';
import { fromAccountState } from '../../../gateway/dashboard/store/account-view.ts';
import { fromClusterState } from '../../../gateway/dashboard/store/cluster-view.ts';
import { afterSymbolState, fromSymbolSnapshot } from '../../../gateway/dashboard/store/symbol-view.ts';

const NOW = 100_000;
const limits = { enforced: true, ...DEFAULT_RISK_SETTINGS };
const account = fromAccountState({ cash: '700', equity: '1000', exposure: '300', referenceEquity: '1000', limits }, []);
const view = fromSymbolSnapshot('KRW-BTC', { mode: 'flat' }, 1, undefined);
const calm: Situation = {
  connection: 'live',
  now: NOW,
  account: { value: account, heardAt: NOW },
  cluster: { value: fromClusterState({ pods: [{ pod: 'a', live: true }], symbols: [] }), heardAt: NOW },
  symbols: [{ symbol: 'KRW-BTC', view: { value: view, heardAt: NOW }, price: { value: '1', heardAt: NOW } }],
};

describe('attention', () => {
  it('is silent when everything is as it should be', () => {
    expect(attentionOf(calm)).toEqual([]);
  });

  it('names what stops trading before what only rests', () => {
    const symbols = [
      { symbol: 'A', view: { value: { ...view, pausedReason: 'lunch' }, heardAt: NOW }, price: undefined },
      { symbol: 'B', view: { value: { ...view, haltedReason: 'fire' }, heardAt: NOW }, price: undefined },
    ];
    expect(attentionOf({ ...calm, symbols }).map(({ type }) => type)).toEqual(['symbolHalted', 'symbolPaused']);
  });

  it('says who stopped it and when, of the stop that holds', () => {
    const stops = [
      { command: 'halt', reason: 'fire', by: 'Kim', at: '2026-01-31T09:00:00.000Z' },
      { command: 'pause', reason: 'dinner', by: 'Lee', at: '2026-01-31T08:00:00.000Z' },
    ] as const;
    const stopped = { ...view, haltedReason: 'fire', pausedReason: 'lunch', stops };
    const symbols = [{ symbol: 'A', view: { value: stopped, heardAt: NOW }, price: undefined }];
    expect(attentionOf({ ...calm, symbols })).toEqual([
      { type: 'symbolHalted', symbol: 'A', stop: stops[0] },
      { type: 'symbolPaused', symbol: 'A', stop: { command: 'pause', reason: 'lunch', by: null, at: null } },
    ]);
  });

  it('notices an order whose fate is unknown, a symbol without an owner and a dead Pod', () => {
    const openOrders = [{ status: 'unknown' }];
    const symbols = [{ symbol: 'A', view: { value: { ...view, openOrders }, heardAt: NOW }, price: undefined }];
    const cluster = fromClusterState({ pods: [{ pod: 'a', live: false }], symbols: [{ symbol: 'A', owner: null }] });
    expect(attentionOf({ ...calm, symbols, cluster: { value: cluster, heardAt: NOW } })).toEqual([
      { type: 'unknownOrder', symbol: 'A' },
      { type: 'orphan', symbol: 'A' },
      { type: 'podDown', pod: 'a' },
    ]);
  });

  it('complains of old values only while the connection lives: else the band says it once', () => {
    const late = { ...calm, now: NOW + 61_000 };
    expect(attentionOf(late).map(({ type }) => type)).toEqual(['engineSilent', 'accountStale', 'stalePrice']);
    expect(attentionOf({ ...late, connection: 'lost' })).toEqual([]);
  });
});

describe('the limits of the day', () => {
  it('counts a loss against 3 % of the reference, and no profit', () => {
    const [loss] = dayLimits({ ...account, day: { ...account.day, profit: '-15' } }, 0);
    // 3 % of 1,000 is 30: half of it is used.
    expect(loss).toMatchObject({ value: '₩15', limit: '₩30', used: 0.5 });
    const [none] = dayLimits({ ...account, day: { ...account.day, profit: '15' } }, 0);
    expect(none).toMatchObject({ value: '₩0', used: 0 });
  });

  it('are those that the engine tells', () => {
    const half = { ...limits, dailyLossShareMax: 0.015, dailyEntriesMax: 9, positionsMax: 8, exposureShareMax: 0.5 };
    const told = fromAccountState({ equity: '1000', exposure: '300', referenceEquity: '1000', limits: half }, []);
    // 1.5 % of 1,000; 30 % invested of the 50 % allowed.
    expect(dayLimits(told, 2).map(({ limit }) => limit)).toEqual(['₩15', '9', '8', '3', '50.00 %']);
    expect(dayLimits(told, 2).at(-1)).toMatchObject({ value: '30.00 %', used: 0.6 });
  });

  it.each([
    ['the engine enforces none', { ...limits, enforced: false }],
    ['an older engine tells none', undefined],
    ['half of them is missing', { enforced: true, dailyEntriesMax: 6 }],
  ])('are not made up when %s', (_, told) => {
    const shown = dayLimits(fromAccountState({ equity: '1000', exposure: '300', limits: told }, []), 2);
    expect(shown.map(({ limit, used }) => [limit, used])).toEqual(Array(5).fill([null, 0]));
    expect(shown.map(({ value }) => value)).toEqual(['₩0', '0', '2', '0', '30.00 %']);
  });

  it('never draws a bar longer than its place', () => {
    const used = dayLimits({ ...account, exposure: '5000', day: { ...account.day, entries: 99 } }, 99).map(
      (one) => one.used,
    );
    expect(Math.max(...used)).toBe(1);
  });
});

describe('why there is no entry', () => {
  const check = (name: string, pass: boolean) => ({ name, value: 1, limit: 2, pass });
  const explained = (reason: string, checks: object[], decision = 'NO_ENTRY') =>
    thoughtOf(afterSymbolState(view, { explain: { decision, reason, regime: 'BULL', at: '', checks } }));

  it('finds the numbers of the check that names the reason', () => {
    const thought = explained('VOLUME', [check('RSI14', true), check('VOLUME', false), check('MA_TREND', false)]);
    expect(thought).toMatchObject({ passed: 1, all: 3, failing: { name: 'VOLUME' } });
  });

  it('chooses the symbol with the fewest checks left, and none that holds', () => {
    const closest = closestToEntry([
      { symbol: 'A', thought: explained('RSI14', [check('RSI14', false), check('VOLUME', false)]) },
      { symbol: 'B', thought: explained('VOLUME', [check('RSI14', true), check('VOLUME', false)]) },
      { symbol: 'C', thought: explained('POSITION', [check('RSI14', true)], 'HOLD') },
      { symbol: 'D', thought: undefined },
    ]);
    expect(closest?.symbol).toBe('B');
  });
});

describe('the equity series', () => {
  const point = (minute: number, equity: string, netDeposits = '100') => ({
    at: new Date(minute * 60_000).toISOString(),
    equity,
    cash: '0',
    netDeposits,
  });

  it('falls below its peak by the drawdown and comes back to zero', () => {
    const points = [point(0, '100'), point(1, '200'), point(2, '150'), point(3, '220')];
    const series = equitySeries({ points, maxDrawdown: '25' }, 0);
    expect(series?.drawdown.map(({ value }) => value)).toEqual([0, 0, -25, 0]);
    expect([series?.lowest, series?.highest]).toEqual([10_000_000_000n, 22_000_000_000n]);
  });

  it('does not fall by money that was taken out, nor rise out of a fall by money paid in', () => {
    const points = [point(0, '100'), point(1, '90'), point(2, '990', '1000'), point(3, '495', '505')];
    const series = equitySeries({ points, maxDrawdown: '10' }, 0);
    expect(series?.drawdown.map(({ value }) => value)).toEqual([0, -10, -10, -10]);
    expect(series?.equity.map(({ value }) => value)).toEqual([100, 90, 990, 495]);
  });

  it('drops a point that is not later than the one before, which a chart would refuse', () => {
    const points = [point(0, '1'), point(1, '2'), point(1, '3'), point(2, '4')];
    expect(equitySeries({ points, maxDrawdown: null }, 0)?.equity.map(({ value }) => value)).toEqual([1, 2, 4]);
  });

  it('draws nothing of fewer than two points', () => {
    expect(equitySeries({ points: [point(0, '1')], maxDrawdown: null }, 0)).toBeUndefined();
    expect(equitySeries(undefined, 0)).toBeUndefined();
  });
});

describe('the address', () => {
  it.each([
    ['', { page: 'overview' }],
    ['#/', { page: 'overview' }],
    ['#/market', { page: 'market', symbol: undefined }],
    ['#/market/KRW-BTC', { page: 'market', symbol: 'KRW-BTC' }],
    ['#/market/%E0%A4%A', { page: 'market', symbol: undefined }],
    ['#/market/a/b', { page: 'unknown' }],
    ['#/nothing', { page: 'unknown' }],
  ])('%s leads to its page', (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });
});
