import { describe, expect, it } from 'vitest';
import { showAccount, showLimits } from '../../../cli/ctl-view-account.ts';
import { showCluster, showPod } from '../../../cli/ctl-view-cluster.ts';
import { showExplain, showOrder, showSymbol } from '../../../cli/ctl-view-symbol.ts';

const POSITION = {
  symbol: 'KRW-BTC',
  quantity: '0.01',
  cost: '1500000',
  averagePrice: '150000000',
  realizedPnl: '-21419.48343302',
  version: 13,
  regime: 'BULL',
  highWaterMark: null,
  openedAt: '2026-01-05T06:53:00.328Z',
};

describe('showSymbol', () => {
  it('shows position, owner, why entries stand still, and the open orders', () => {
    const order = {
      id: 'o1',
      side: 'sell',
      type: 'limit',
      status: 'unknown',
      quantity: '0.01',
      price: '160000000',
      filledQuantity: '0',
    };
    const text = showSymbol({
      ok: true,
      position: POSITION,
      mode: 'halted',
      haltedReason: 'odd',
      owner: 'up',
      epoch: 3,
      openOrders: [order],
    });
    expect(text).toMatch(/^symbol +KRW-BTC$/m);
    expect(text).toMatch(/^halted +odd$/m);
    expect(text).toMatch(/^average price +150,000,000$/m);
    expect(text).toMatch(/^realized profit +-21,419\.48343302$/m);
    expect(text).toMatch(/^owner +up, epoch 3$/m);
    expect(text).toMatch(/^o1 +sell +limit +unknown +0\.01 +160,000,000 +0$/m);
    expect(text).not.toContain('high water mark');
  });

  it('shows a halted symbol whose actor does not run, which has no position to tell', () => {
    const text = showSymbol({
      ok: true,
      mode: 'halted',
      haltedReason: 'stopped after 6 crashes',
      owner: 'up',
      epoch: 3,
      position: null,
      openOrders: [],
    });
    expect(text).toMatch(/^mode +halted$/m);
    expect(text).toMatch(/^halted +stopped after 6 crashes$/m);
  });
});

describe('showOrder', () => {
  it('shows what was ordered and what was filled', () => {
    const order = {
      id: 'o1',
      side: 'buy',
      type: 'market',
      status: 'filled',
      amount: '100000',
      filledQuantity: '0.5',
      filledNotional: '100000',
      fees: '50',
    };
    const text = showOrder({ ok: true, order, position: POSITION });
    expect(text).toMatch(/^amount ordered +100,000$/m);
    expect(text).toMatch(/^filled for +100,000$/m);
    expect(text).not.toContain('limit price');
  });
});

describe('showExplain', () => {
  it('marks every check and shows the numbers that decided, a dash for what is not warm', () => {
    const text = showExplain({
      ok: true,
      symbol: 'KRW-BTC',
      at: '2026-01-05T06:51:00.000Z',
      regime: 'SIDEWAYS',
      preset: 'v3.3',
      decision: 'NO_ENTRY',
      reason: 'RSI14',
      checks: [
        { name: 'WARMING_UP', value: 'warm', limit: 'warm', pass: true },
        { name: 'RSI14', value: 62.66291, limit: 42, pass: false },
        { name: 'MA_TREND', value: null, limit: 'not warm', pass: false },
      ],
    });
    expect(text).toMatch(/^decision +NO_ENTRY \(RSI14\)$/m);
    expect(text).toMatch(/^✓ +WARMING_UP +warm +warm$/m);
    expect(text).toMatch(/^✗ +RSI14 +62\.6629 +42$/m);
    expect(text).toMatch(/^✗ +MA_TREND +– +not warm$/m);
  });
});

describe('showAccount and showLimits', () => {
  const account = {
    cash: '10000000',
    reserved: '0',
    equity: '10000000',
    day: { day: '2026-01-05', profit: '-5', entries: 2 },
    paused: 'news',
    halted: 'odd',
  };

  it('says why entries stand still, a halt before a pause', () => {
    expect(showAccount({ ok: true, account })).toMatch(/^entries +HALTED: odd$/m);
    expect(showAccount({ ok: true, account: { ...account, halted: null } })).toMatch(/^entries +paused: news$/m);
    expect(showAccount({ ok: true, account: { ...account, halted: null, paused: null } })).toMatch(/^entries +open$/m);
  });

  it('shows shares as percent and times as durations', () => {
    const limits = { orderShareMax: 0.2, cashReserveShare: 0.002, cooldownMs: 7_200_000, dailyEntriesMax: 6 };
    const text = showLimits({ ok: true, account, enforced: false, limits, set: { cooldownMs: 7_200_000 } });
    expect(text).toMatch(/^order share max +20 % +orderShareMax$/m);
    expect(text).toMatch(/^cash reserve share +0\.2 % +cashReserveShare$/m);
    expect(text).toMatch(/^cooldown +2 h +cooldownMs +set by hand$/m);
    expect(text).toMatch(/^daily entries max +6 +dailyEntriesMax$/m);
    expect(text).toMatch(/^enforced +no/m);
  });
});

describe('showCluster and showPod', () => {
  it('shows who lives, who owns what, and what nobody owns', () => {
    const pods = [
      { pod: 'a', incarnation: 'i', symbols: 1, state: 'serving', heartbeatAgeMs: 900, live: true },
      { pod: 'b', incarnation: 'j', symbols: 0, state: 'draining', heartbeatAgeMs: 100, live: true },
      { pod: 'c', incarnation: 'k', symbols: 0, state: 'draining', heartbeatAgeMs: 60_000, live: false },
    ];
    const singletons = [{ name: 'account', owner: 'a', epoch: 3 }];
    const text = showCluster({
      ok: true,
      pods,
      singletons,
      symbols: [{ symbol: 'KRW-BTC', owner: null, epoch: 4, mode: 'flat' }],
    });
    expect(text).toMatch(/^a +serving +1 +900 ms +i$/m);
    expect(text).toMatch(/^b +draining/m);
    expect(text).toMatch(/^c +gone +0 +1 min/m);
    expect(text).toMatch(/^account +a +3$/m);
    expect(text).toMatch(/^KRW-BTC +flat +– +4$/m);
  });

  it('shows what a Pod has counted', () => {
    const text = showPod({
      ok: true,
      pod: 'a',
      incarnation: 'i',
      commands: 5,
      refusals: { INVALID: 2 },
      illegalEvents: 0,
      symbols: [],
    });
    expect(text).toMatch(/^refusals +INVALID 2$/m);
  });
});
