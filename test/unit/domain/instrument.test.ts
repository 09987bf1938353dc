import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isOnTick, isSymbol, roundToTick, upbitKrw } from '../../../domain/instrument.ts';
import { formatDecimal, parseDecimal } from '../../../domain/money.ts';
import { hasSharedData, sharedFile } from '../../support/shared-data.ts';

const btc = upbitKrw('KRW-BTC');

describe('symbols', () => {
  it.each(['KRW-BTC', 'KRW-1INCH', 'USDT-A', 'KRW-ABCDEFGHIJKLMNO'])('accept %s', (text) => {
    expect(isSymbol(text)).toBe(true);
  });

  it.each(['', 'BTC', 'krw-btc', 'KRW_BTC', 'KRW-', '-BTC', 'K-BTC', 'KRW-BTC.', 'KRW-BTC\n', 'KRW->', 'KRW-B TC'])(
    'refuse %j',
    (text) => {
      expect(isSymbol(text)).toBe(false);
      expect(() => upbitKrw(text)).toThrow(/symbol/);
    },
  );
});

describe("Upbit's KRW ticks", () => {
  it.each([
    ['119713000', '1000'],
    ['2000000', '1000'],
    ['1000000', '1000'],
    ['999500', '500'],
    ['500000', '500'],
    ['499900', '100'],
    ['100000', '100'],
    ['99950', '50'],
    ['50000', '50'],
    ['49990', '10'],
    ['10000', '10'],
    ['9995', '5'],
    ['5000', '5'],
    ['4999', '1'],
    ['1000', '1'],
    ['999', '1'],
    ['100', '1'],
    ['99.9', '0.1'],
    ['10', '0.1'],
    ['9.99', '0.01'],
    ['1', '0.01'],
    ['0.999', '0.001'],
    ['0.1', '0.001'],
    ['0.0999', '0.0001'],
    ['0.00999', '0.00001'],
    ['0.000999', '0.000001'],
    ['0.0000999', '0.0000001'],
    ['0.00000999', '0.00000001'],
    ['0.00000001', '0.00000001'],
  ])('at %s are %s', (price, tick) => {
    expect(formatDecimal(btc.tickSize(parseDecimal(price)))).toBe(tick);
    expect(isOnTick(btc, parseDecimal(price))).toBe(true);
  });

  it.each([
    ['1000001', '1000000', '1001000'],
    ['999999', '999500', '1000000'],
    ['99999', '99950', '100000'],
    ['9.999', '9.99', '10'],
    ['5000', '5000', '5000'],
  ])('round %s down to %s and up to %s', (price, down, up) => {
    expect(formatDecimal(roundToTick(btc, parseDecimal(price), 'down'))).toBe(down);
    expect(formatDecimal(roundToTick(btc, parseDecimal(price), 'up'))).toBe(up);
  });

  it('have no place for a price of zero or less', () => {
    expect(isOnTick(btc, 0n)).toBe(false);
    expect(() => btc.tickSize(0n)).toThrow(/positive/);
  });

  it('come with a minimum of 5,000 KRW and eight places of quantity', () => {
    expect(formatDecimal(btc.minimumNotional)).toBe('5000');
    expect(formatDecimal(btc.quantityStep)).toBe('0.00000001');
  });

  it.skipIf(!hasSharedData)('fit every price of 50,000 recorded trades', () => {
    const text = gunzipSync(readFileSync(sharedFile('data/upbit-krw-ticks.csv.gz'))).toString('utf8');
    const rows = text.trim().split('\n').slice(1);
    const off = rows.filter((row) => {
      const [, market = '', price = ''] = row.split(',');
      return !isOnTick(upbitKrw(market), parseDecimal(price));
    });
    expect(rows).toHaveLength(50_000);
    expect(off).toEqual([]);
  });
});
