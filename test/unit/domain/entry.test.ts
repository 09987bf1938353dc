import { describe, expect, it } from 'vitest';
import { decideEntry, type EntryOutcome, entryChecks, funnelKey } from '../../../domain/entry.ts';
import type { Reading } from '../../../domain/market-view.ts';
import { PRESETS } from '../../../domain/preset.ts';
import { candleAt, readingWith } from './builders.ts';

const preset = PRESETS['v3.3'];
const decide = (changes: Partial<Reading>) => decideEntry(readingWith(changes), preset);
const close = (price: number) => ({ candle: candleAt(0, price) });

/** Each row: what is special about the reading, and what the first failing check then is. */
type Case = readonly [what: string, changes: Partial<Reading>, outcome: EntryOutcome];

describe('entry checks of the regime presets', () => {
  it.each<Case>([
    ['all pass', {}, 'ENTER'],
    ['RSI(14) at its maximum', { rsi14: 42 }, 'ENTER'],
    ['RSI(14) above its maximum', { rsi14: 42.0001 }, 'RSI14'],
    ['the oversold low at the trigger', { oversoldLow: 35 }, 'RSI7_NOT_OVERSOLD'],
    ['the oversold low below the trigger', { oversoldLow: 34.9 }, 'ENTER'],
    ['RSI(7) below the recovery', { rsi7: 34.9 }, 'RSI7_NOT_RECOVERED'],
    ['RSI(7) at the recovery', { rsi7: 35 }, 'ENTER'],
    ['a bounce of exactly the minimum', { rsi7: 36, oversoldLow: 34 }, 'ENTER'],
    ['a bounce below the minimum', { rsi7: 35.5, oversoldLow: 34 }, 'RSI7_BOUNCE'],
    ['the close at 97 % of SMA(20)', { ...close(97), sma20: 100, bollingerLower: 90 }, 'ENTER'],
    ['the close below 97 % of SMA(20)', { ...close(96.99), sma20: 100, bollingerLower: 90 }, 'MA_TREND'],
    ['the close below the lower band', { bollingerLower: 100.5 }, 'BELOW_BB_LOWER'],
    ['the close on the lower band, which is no recovery', { bollingerLower: 100 }, 'BB_TOUCH_RECOVERY'],
    ['the volume ratio at its minimum', { volumeRatio: 0.3 }, 'ENTER'],
    ['the volume ratio below its minimum', { volumeRatio: 0.29 }, 'VOLUME'],
    ['a surge, which only BEAR minds', { recentVolumeRatios: [5, 1, 1] }, 'ENTER'],
    ['no touch of the band before', { touchedLowerBefore: false }, 'BB_TOUCH_RECOVERY'],
    ['several failures: the first names the reason', { rsi14: 90, volumeRatio: 0 }, 'RSI14'],
  ])('SIDEWAYS, %s', (_, changes, outcome) => {
    expect(decide(changes)).toBe(outcome);
  });

  it.each<Case>([
    ['all pass', {}, 'ENTER'],
    ['a trigger of its own', { oversoldLow: 41, rsi7: 44 }, 'ENTER'],
    ['RSI(7) back at SIDEWAYS’ recovery only', { rsi7: 41 }, 'RSI7_NOT_RECOVERED'],
    ['the close on SMA(20)', { sma20: 100 }, 'MA_TREND'],
    ['the close below the lower band, which BULL does not mind', { bollingerLower: 101 }, 'ENTER'],
    ['a volume minimum of its own', { volumeRatio: 1.19 }, 'VOLUME'],
    ['no touch of the band, which BULL does not need', { touchedLowerBefore: false }, 'ENTER'],
  ])('BULL, %s', (_, changes, outcome) => {
    expect(decide({ regime: 'BULL', ...changes })).toBe(outcome);
  });

  it.each<Case>([
    ['all pass', {}, 'ENTER'],
    ['a trigger of its own', { oversoldLow: 30 }, 'RSI7_NOT_OVERSOLD'],
    ['the close below the lower band', { bollingerLower: 100.5 }, 'BELOW_BB_LOWER'],
    ['the close on the lower band', { bollingerLower: 100 }, 'ENTER'],
    ['a volume minimum of its own', { volumeRatio: 0.19 }, 'VOLUME'],
    ['a surge two candles ago', { recentVolumeRatios: [2, 1, 1] }, 'VOLUME_SURGE'],
    ['a surge now', { recentVolumeRatios: [1, 1, 2.5] }, 'VOLUME_SURGE'],
    ['almost a surge', { recentVolumeRatios: [1.99, 1.99, 1.99] }, 'ENTER'],
    ['no touch of the band, which BEAR does not need', { touchedLowerBefore: false }, 'ENTER'],
  ])('BEAR, %s', (_, changes, outcome) => {
    expect(decide({ regime: 'BEAR', ...changes })).toBe(outcome);
  });

  it('waits for every indicator before anything else, the regime included', () => {
    for (const name of ['rsi14', 'rsi7', 'oversoldLow', 'sma20', 'bollingerLower', 'volumeRatio'] as const) {
      expect(decide({ [name]: undefined, regime: 'UNKNOWN' })).toBe('WARMING_UP');
    }
    expect(decide({ sma200: undefined })).toBe('ENTER');
    expect(decide({ regime: 'UNKNOWN' })).toBe('REGIME_UNKNOWN');
  });
});

describe('entry checks of v1', () => {
  const classic = (changes: Partial<Reading>) =>
    decideEntry(readingWith({ rsi14: 29, sma200: 99, bollingerLower: 100, volumeRatio: 1.6, ...changes }), PRESETS.v1);

  it.each<Case>([
    ['all pass', {}, 'ENTER'],
    ['the regime is unknown, which v1 ignores', { regime: 'UNKNOWN' }, 'ENTER'],
    ['RSI(14) at 30', { rsi14: 30 }, 'RSI14'],
    ['the close on SMA(200)', { sma200: 100 }, 'TREND'],
    ['the close above the lower band', { bollingerLower: 99.9 }, 'BB_LOWER'],
    ['a volume ratio of 1.5', { volumeRatio: 1.5 }, 'VOLUME'],
    ['SMA(200) missing', { sma200: undefined }, 'WARMING_UP'],
  ])('%s', (_, changes, outcome) => {
    expect(classic(changes)).toBe(outcome);
  });
});

describe('explaining an entry', () => {
  it('shows every check of the regime with its numbers, the failed ones too', () => {
    const checks = entryChecks(readingWith({ regime: 'BEAR', rsi14: 50, volumeRatio: 0.1 }), preset);
    expect(checks).toEqual([
      { name: 'WARMING_UP', value: 'warm', limit: 'warm', pass: true },
      { name: 'REGIME_UNKNOWN', value: 'BEAR', limit: 'BULL, SIDEWAYS or BEAR', pass: true },
      { name: 'RSI14', value: 50, limit: 42, pass: false },
      { name: 'RSI7_NOT_OVERSOLD', value: 25, limit: 30, pass: true },
      { name: 'RSI7_NOT_RECOVERED', value: 45, limit: 30, pass: true },
      { name: 'RSI7_BOUNCE', value: 20, limit: 2, pass: true },
      { name: 'MA_TREND', value: 100, limit: 99 * 0.97, pass: true },
      { name: 'BELOW_BB_LOWER', value: 100, limit: 98, pass: true },
      { name: 'VOLUME', value: 0.1, limit: 0.2, pass: false },
      { name: 'VOLUME_SURGE', value: 1.5, limit: 2, pass: true },
    ]);
  });

  it('says what it waits for, and passes nothing meanwhile', () => {
    const [first, ...rest] = entryChecks(readingWith({ rsi14: undefined, sma20: undefined }), preset);
    expect(first).toEqual({ name: 'WARMING_UP', value: 'waiting for rsi14, sma20', limit: 'warm', pass: false });
    expect(rest.slice(1).every(({ value, pass }) => value === null && !pass)).toBe(true);
  });

  it('names the regime’s own last check and none of another regime', () => {
    const names = (changes: Partial<Reading>) => entryChecks(readingWith(changes), preset).map(({ name }) => name);
    expect(names({ regime: 'BULL' }).slice(-2)).toEqual(['MA_TREND', 'VOLUME']);
    expect(names({ regime: 'SIDEWAYS' }).at(-1)).toBe('BB_TOUCH_RECOVERY');
    expect(names({ regime: 'UNKNOWN' })).toEqual(['WARMING_UP', 'REGIME_UNKNOWN']);
    expect(entryChecks(readingWith(), PRESETS.v1).map(({ name }) => name)).toEqual([
      'WARMING_UP',
      'RSI14',
      'TREND',
      'BB_LOWER',
      'VOLUME',
    ]);
  });

  it('counts by the regime at that close', () => {
    expect(funnelKey(readingWith({ regime: 'BEAR' }), 'RSI14')).toBe('BEAR/RSI14');
    expect(funnelKey(readingWith({ regime: 'UNKNOWN' }), 'ENTER')).toBe('UNKNOWN/ENTER');
  });
});
