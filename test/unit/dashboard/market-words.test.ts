import { beforeAll, describe, expect, it } from 'vitest';
import { entryChecks } from '../../../domain/entry.ts';
import { PRESETS } from '../../../domain/preset.ts';
import { MARKET_TEXTS } from '../../../gateway/dashboard/i18n/market.ts';
import { lampOf, phraseKey } from '../../../gateway/dashboard/market/entry-lamps.ts';
import { eventText } from '../../../gateway/dashboard/market/event-text.ts';
import { latestEvents } from '../../../gateway/dashboard/market/latest-events.ts';
import { positionNumbers } from '../../../gateway/dashboard/market/position-numbers.ts';
import { chooseLanguage } from '../../../gateway/dashboard/settings.ts';
import { eventOf, viewOf } from './market-builders.ts';

beforeAll(() => chooseLanguage('en'));

const asPrice = (price: number): string => `₩${price}`;

describe('texts', () => {
  it('have the same places for values in both languages', () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
    for (const [key, { en, ko }] of Object.entries(MARKET_TEXTS)) expect(places(ko), key).toEqual(places(en));
  });
});

describe('entry lamps', () => {
  it('say value and limit with their relation', () => {
    expect(lampOf({ name: 'RSI14', value: 38.21, limit: 42, pass: true }, asPrice)).toEqual({
      code: 'RSI14',
      label: 'check.RSI14',
      state: 'pass',
      value: '38.2',
      limit: '≤ 42.0',
    });
    expect(lampOf({ name: 'MA_TREND', value: 95, limit: 97, pass: false }, asPrice)).toMatchObject({
      state: 'fail',
      value: '₩95',
      limit: '≥ ₩97',
    });
  });

  it('wait while there is no value, and show a check without words by its code', () => {
    expect(lampOf({ name: 'VOLUME', value: null, limit: 0.3, pass: false }, asPrice)).toMatchObject({
      state: 'waiting',
    });
    expect(lampOf({ name: 'MOON_PHASE', value: 1.234, limit: 'full', pass: true }, asPrice)).toEqual({
      code: 'MOON_PHASE',
      label: undefined,
      state: 'pass',
      value: '1.23',
      limit: 'full',
    });
  });
});

describe('numbers of a position', () => {
  const exits = { stop: '92000000', target: '99000000', stopReason: 'STOP_LOSS' };

  it('are exact: value, profit, and distances from the price', () => {
    const { position } = viewOf({ quantity: '0.5', cost: '47500000' });
    // Stop 4,000,000 below 96,000,000 is 4.16666667 %, target 3,000,000 above it 3.125 %.
    expect(positionNumbers(position, '96000000', exits)).toEqual({
      value: '48000000',
      profit: '500000',
      profitPercent: '1.05263158',
      stopDistancePercent: '4.16666667',
      targetDistancePercent: '3.125',
    });
  });

  it('are unknown without a position or a price', () => {
    const unknown = { value: null, profit: null };
    expect(positionNumbers(viewOf({}).position, '96000000', exits)).toMatchObject(unknown);
    expect(positionNumbers(viewOf({ quantity: '1', cost: '1' }).position, undefined, exits)).toMatchObject(unknown);
    expect(positionNumbers(viewOf({ quantity: '1', cost: '1' }).position, '0', exits)).toMatchObject(unknown);
  });
});

describe('events in words', () => {
  it('tell a fill with its exact numbers', () => {
    const fill = { side: 'sell', quantity: '0.5', price: '96000000', realized: '500000' };
    expect(eventText(eventOf(1, 'fill', fill))).toBe('Sell 0.5 at 96,000,000, realized +₩500,000');
  });

  it('tell why an entry was refused, and show an unknown code as it is', () => {
    expect(eventText(eventOf(1, 'decision', { decision: 'REFUSED', code: 'NEW_RULE', message: 'x' }))).toBe(
      'Refused: NEW_RULE',
    );
  });

  it('tell who commanded what and why', () => {
    const body = { command: 'pause', reason: 'news', by: 'Kim', mode: 'paused' };
    expect(eventText(eventOf(1, 'mode', body))).toBe('Pause by Kim: news');
    expect(eventText(eventOf(2, 'mode', { haltedReason: 'crashed three times' }))).toBe('crashed three times');
  });

  it('are listed once each, newest first, of one symbol only', () => {
    const [one, two] = [eventOf(1, 'fill'), eventOf(2, 'order')];
    const other = { ...eventOf(9, 'fill'), stream: 'KRW-ETH' };
    expect(
      latestEvents(
        'KRW-BTC',
        [
          [two, one],
          [one, other],
        ],
        10,
      ).map(({ seq }) => seq),
    ).toEqual([2, 1]);
    expect(latestEvents('KRW-BTC', [[two, one]], 1).map(({ seq }) => seq)).toEqual([2]);
  });
});

describe('phrases of the engine', () => {
  it('all have a translation', () => {
    const reading = {
      candle: { openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 },
      regime: 'SIDEWAYS',
      rsi14: 50,
      rsi7: 50,
      oversoldLow: 50,
      sma20: 1,
      bollingerLower: 1,
      volumeRatio: 1,
      recentVolumeRatios: [],
      touchedLowerBefore: true,
    } as unknown as Parameters<typeof entryChecks>[0];
    const texts = entryChecks(reading, PRESETS['v3.3']).flatMap(({ value, limit }) => [value, limit]);
    const phrases = texts.filter((text) => typeof text === 'string' && text !== 'SIDEWAYS') as string[];
    expect(phrases.length).toBeGreaterThan(3);
    expect(phrases.filter((phrase) => phraseKey(phrase) === undefined)).toEqual([]);
  });
});
