/** Every text is there in both languages, with the same places, and every code of the engine has words. */
import { describe, expect, it } from 'vitest';
import { KNOWN_REGIMES } from '../../../domain/regime.ts';
import { CODE_TEXTS } from '../../../gateway/dashboard/i18n/codes.ts';
import { TEXTS, word } from '../../../gateway/dashboard/i18n/index.ts';
import { MARKET_TEXTS } from '../../../gateway/dashboard/i18n/market.ts';
import { OVERVIEW_TEXTS } from '../../../gateway/dashboard/i18n/overview.ts';
import { SHELL_TEXTS } from '../../../gateway/dashboard/i18n/shell.ts';
import { fillText } from '../../../gateway/dashboard/i18n/texts.ts';

const placesOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

describe('texts', () => {
  it.each(Object.entries(TEXTS))('%s says the same in both languages', (_, { en, ko }) => {
    expect(en.trim()).not.toBe('');
    expect(ko.trim()).not.toBe('');
    expect(placesOf(ko)).toEqual(placesOf(en));
  });

  it('has no key in two files, where one would hide the other', () => {
    const keys = [SHELL_TEXTS, OVERVIEW_TEXTS, MARKET_TEXTS, CODE_TEXTS].flatMap((texts) => Object.keys(texts));
    expect(keys.length).toBe(new Set(keys).size);
  });

  it('fills its places and leaves one without a value visible', () => {
    const text = { en: '{symbol} at {price}', ko: '{price}에 {symbol}' };
    expect(fillText(text, 'ko', { symbol: 'KRW-BTC', price: 5 })).toBe('5에 KRW-BTC');
    expect(fillText(text, 'en', { symbol: 'KRW-BTC' })).toBe('KRW-BTC at {price}');
  });
});

describe('codes of the engine', () => {
  it('has words for every regime', () => {
    for (const regime of [...KNOWN_REGIMES, 'UNKNOWN']) expect(word('regime', regime)).not.toBe(regime);
  });

  it('shows a code it does not know as it is', () => {
    expect(word('reason', 'SOMETHING_NEW')).toBe('SOMETHING_NEW');
  });
});
