import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../domain/candle.ts';
import { candleExit, exitLevels, type OpenTrade, travel } from '../../../domain/exits.ts';
import { MarketView } from '../../../domain/market-view.ts';
import { formatDecimal, fromNumber, parseDecimal } from '../../../domain/money.ts';
import { PRESETS, type Preset, setParameter } from '../../../domain/preset.ts';
import type { Regime } from '../../../domain/regime.ts';
import { candleAt, readingWith, START, tradeWith } from './builders.ts';

const preset = PRESETS['v3.3'];

function levels(changes: Partial<OpenTrade>, regime: Regime, of: Preset = preset) {
  const { stop, target } = exitLevels(tradeWith(changes), regime, of);
  return { stop: formatDecimal(stop.price), reason: stop.reason, target: formatDecimal(target) };
}

const marked = (mark: number) => ({ highWaterMark: fromNumber(mark) });

function move(changes: Partial<OpenTrade>, from: number, to: number, regime: Regime = 'SIDEWAYS') {
  const { trade, exit } = travel(tradeWith(changes), from, to, regime, preset);
  return { mark: formatDecimal(trade.highWaterMark), exit: exit && [exit.reason, formatDecimal(exit.price)] };
}

describe('exit levels', () => {
  it.each([
    ['BULL', { stop: '97', target: '105' }],
    ['SIDEWAYS', { stop: '96', target: '103' }],
    ['BEAR', { stop: '95', target: '103' }],
  ] as const)('follow the table in %s', (regime, expected) => {
    expect(levels({ entryRegime: regime }, regime)).toEqual({ ...expected, reason: 'STOP_LOSS' });
  });

  it('are exact decimals, not float products', () => {
    // 0.00001234 × 0.96 = 0.0000118464, half-even at the eighth place; 1.1 × 1.03 in floats is 1.1330000000000002.
    expect(levels({ entryPrice: parseDecimal('0.00001234') }, 'SIDEWAYS').stop).toBe('0.00001185');
    expect(levels({ entryPrice: parseDecimal('1.1') }, 'SIDEWAYS').target).toBe('1.133');
  });

  it.each([
    ['BULL', 'BEAR', '97'],
    ['BEAR', 'BULL', '97'],
    ['SIDEWAYS', 'BEAR', '96'],
    ['BEAR', 'SIDEWAYS', '96'],
    ['BEAR', 'BEAR', '95'],
    ['BULL', 'UNKNOWN', '97'],
  ] as const)('keep the tighter stop of entry %s and now %s', (entryRegime, regime, stop) => {
    expect(levels({ entryRegime }, regime).stop).toBe(stop);
  });

  it('follow the current regime for everything but the stop loss, the entry’s while it is unknown', () => {
    expect(levels({ entryRegime: 'BEAR' }, 'BULL').target).toBe('105');
    expect(levels({ entryRegime: 'BULL' }, 'UNKNOWN').target).toBe('105');
    expect(levels({ ...marked(102), entryRegime: 'BULL' }, 'BEAR').stop).toBe('99.96');
    expect(levels({ ...marked(102), entryRegime: 'BEAR' }, 'UNKNOWN').stop).toBe('99.96');
  });

  it('fall back to SIDEWAYS when neither regime was ever known', () => {
    expect(levels({ entryRegime: 'UNKNOWN' }, 'UNKNOWN')).toMatchObject({ stop: '96', target: '103' });
    expect(levels({ entryRegime: 'UNKNOWN' }, 'BEAR').stop).toBe('96');
  });

  it('are SIDEWAYS’ for v1 whatever the regimes are', () => {
    for (const regime of ['BULL', 'BEAR', 'UNKNOWN'] as const) {
      expect(levels({ entryRegime: regime }, regime, PRESETS.v1)).toMatchObject({ stop: '96', target: '103' });
    }
  });

  it('trail the mark once it has reached the arming profit, touching included', () => {
    expect(levels(marked(100.99), 'SIDEWAYS')).toMatchObject({ stop: '96', reason: 'STOP_LOSS' });
    expect(levels(marked(101), 'SIDEWAYS')).toMatchObject({ stop: '98.475', reason: 'TRAILING_STOP' });
  });

  it('say STOP_LOSS when both stops are equal', () => {
    // With a mark of 102 a trailing distance of 50 % gives 51; a stop loss of 49 % gives the same 51.
    const wide = [['trailing', 50] as const, ['stopLoss', 49] as const].reduce<Preset>((before, [name, value]) => {
      const next = setParameter(before, name, value);
      return 'error' in next ? before : next;
    }, preset);
    expect(levels(marked(102), 'SIDEWAYS', wide)).toMatchObject({ stop: '51', reason: 'STOP_LOSS' });
    expect(levels(marked(102.00000002), 'SIDEWAYS', wide)).toMatchObject({ reason: 'TRAILING_STOP' });
  });
});

describe('a live price', () => {
  it('exits when it touches a level, at the price itself', () => {
    expect(move({}, 96, 96).exit).toEqual(['STOP_LOSS', '96']);
    expect(move({}, 96.00000001, 96.00000001).exit).toBeUndefined();
    expect(move({}, 103, 103).exit).toEqual(['TAKE_PROFIT', '103']);
    expect(move({}, 102.99999999, 102.99999999).exit).toBeUndefined();
  });

  it('exits at the price when it is already beyond the level', () => {
    expect(move({}, 90, 90).exit).toEqual(['STOP_LOSS', '90']);
    expect(move({}, 110, 110).exit).toEqual(['TAKE_PROFIT', '110']);
    expect(move(marked(102), 99, 99).exit).toEqual(['TRAILING_STOP', '99']);
  });

  it('raises the mark and never lowers it', () => {
    expect(move({}, 101.5, 101.5).mark).toBe('101.5');
    expect(move(marked(102), 101, 101).mark).toBe('102');
  });

  it('hands back the same trade when nothing changed', () => {
    const trade = tradeWith(marked(100.5));
    expect(travel(trade, 99, 99, 'SIDEWAYS', preset).trade).toBe(trade);
    expect(travel(trade, 100.5, 100.5, 'SIDEWAYS', preset).trade).toBe(trade);
  });

  it('meets the levels of the regime known at that price', () => {
    expect(move({ entryRegime: 'BEAR' }, 95.5, 95.5, 'BEAR').exit).toBeUndefined();
    expect(move({ entryRegime: 'BEAR' }, 95.5, 95.5, 'SIDEWAYS').exit).toEqual(['STOP_LOSS', '95.5']);
  });
});

describe('a stretch of a candle', () => {
  it('fills a crossed level at the level', () => {
    expect(move({}, 99, 90).exit).toEqual(['STOP_LOSS', '96']);
    expect(move({}, 100, 110).exit).toEqual(['TAKE_PROFIT', '103']);
    expect(move(marked(102), 101, 90).exit).toEqual(['TRAILING_STOP', '99.45']);
  });

  it('fills at its start when that is already beyond the level', () => {
    expect(move({}, 95, 99).exit).toEqual(['STOP_LOSS', '95']);
    expect(move({}, 104, 99).exit).toEqual(['TAKE_PROFIT', '104']);
  });

  it('touches a level with its end', () => {
    expect(move({}, 99, 96).exit).toEqual(['STOP_LOSS', '96']);
    expect(move({}, 99, 103).exit).toEqual(['TAKE_PROFIT', '103']);
  });

  it('raises the mark on the way up and trails from there on the way down', () => {
    const up = travel(tradeWith(), 100, 102.5, 'SIDEWAYS', preset);
    expect(up.exit).toBeUndefined();
    expect(formatDecimal(up.trade.highWaterMark)).toBe('102.5');
    // 102.5 × 0.975
    expect(travel(up.trade, 102.5, 90, 'SIDEWAYS', preset).exit).toEqual({
      reason: 'TRAILING_STOP',
      price: parseDecimal('99.9375'),
    });
  });

  it('raises the mark at its start before trailing from it', () => {
    expect(move({}, 102, 99).exit).toEqual(['TRAILING_STOP', '99.45']);
  });
});

describe('exits at a close', () => {
  const at = (minutes: number, close: number) => candleAt(minutes, close);

  it('take RSI_OVERBOUGHT above the limit with enough profit, touching the profit included', () => {
    const decide = (rsi14: number | undefined, close: number, regime: Regime = 'SIDEWAYS') =>
      candleExit(tradeWith(), readingWith({ rsi14, regime, candle: at(5, close) }), preset);
    expect(decide(70.01, 101)).toBe('RSI_OVERBOUGHT');
    expect(decide(70, 101)).toBeUndefined();
    expect(decide(70.01, 100.99)).toBeUndefined();
    expect(decide(74, 101, 'BULL')).toBeUndefined();
    expect(decide(71, 100.5, 'BEAR')).toBe('RSI_OVERBOUGHT');
    expect(decide(undefined, 110)).toBeUndefined();
  });

  it('take TIME_LIMIT when the close is exactly the limit after entry, not a minute before', () => {
    const decide = (openMinutes: number) =>
      candleExit(tradeWith(), readingWith({ candle: at(openMinutes, 100) }), preset);
    const limitMinutes = (48 * HOUR_MS) / MINUTE_MS;
    expect(decide(limitMinutes - 2)).toBeUndefined();
    expect(decide(limitMinutes - 1)).toBe('TIME_LIMIT');
  });

  it('prefer RSI_OVERBOUGHT when both apply', () => {
    const reading = readingWith({ rsi14: 80, candle: at(10_000, 102) });
    expect(candleExit(tradeWith(), reading, preset)).toBe('RSI_OVERBOUGHT');
  });

  it('use the entry’s regime while the current one is unknown, and go on while indicators warm up', () => {
    const reading = readingWith({ regime: 'UNKNOWN', rsi14: undefined, candle: at(24 * 60, 100) });
    expect(candleExit(tradeWith({ entryRegime: 'BEAR' }), reading, preset)).toBe('TIME_LIMIT');
    expect(candleExit(tradeWith({ entryRegime: 'SIDEWAYS' }), reading, preset)).toBeUndefined();
  });

  it('already use the new regime at :59', () => {
    const view = new MarketView();
    // 150 hours at 100 and 50 at 97.5 stand at −1.89 % (SIDEWAYS); one more hour at 80 makes it −2.14 % (BEAR).
    view.seedHours([...Array.from({ length: 150 }, () => 100), ...Array.from({ length: 50 }, () => 97.5)]);
    expect(view.regime).toBe('SIDEWAYS');
    // Entered 30 hours before: beyond BEAR's 24 hours, within SIDEWAYS' 48.
    const trade = tradeWith({ entryTime: START - 30 * HOUR_MS, entryPrice: fromNumber(80) });
    const decisions = Array.from({ length: 60 }, (_, minute) =>
      candleExit(trade, view.observe(at(minute, 80)), preset),
    );
    expect(view.regime).toBe('BEAR');
    expect(decisions.slice(0, 59).every((decision) => decision === undefined)).toBe(true);
    expect(decisions[59]).toBe('TIME_LIMIT');
  });
});
