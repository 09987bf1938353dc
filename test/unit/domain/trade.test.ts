import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../domain/candle.ts';
import { fromNumber, parseDecimal } from '../../../domain/money.ts';
import { closedTradeJson } from '../../../domain/trade.ts';
import { START } from './builders.ts';

describe('a closed trade', () => {
  it('is written with UTC times and canonical decimals, profit after fees', () => {
    const json = closedTradeJson({
      symbol: 'KRW-BTC',
      entryTime: START,
      exitTime: START + MINUTE_MS,
      entryPrice: fromNumber(100),
      exitPrice: parseDecimal('96.50'),
      quantity: parseDecimal('0.00000001'),
      profit: parseDecimal('-3.6'),
      fees: parseDecimal('0.1'),
      reason: 'STOP_LOSS',
      regime: 'BEAR',
    });
    expect(json).toEqual({
      symbol: 'KRW-BTC',
      entryTime: '2022-01-01T00:00:00.000Z',
      exitTime: '2022-01-01T00:01:00.000Z',
      entryPrice: '100',
      exitPrice: '96.5',
      quantity: '0.00000001',
      profit: '-3.6',
      fees: '0.1',
      reason: 'STOP_LOSS',
      regime: 'BEAR',
    });
  });
});
