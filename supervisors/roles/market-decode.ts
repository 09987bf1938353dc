/** Market data of the wire contract, checked; a sentence says what is wrong with data that can't be used. */
import { z } from 'zod';
import { MINUTE_MS } from '../../domain/candle.ts';
import { describeIssues } from '../../protocol/messages.ts';
import type { MarketEvent } from '../../protocol/ports/market.ts';

const number = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = Number(value);
  if (value !== '' && Number.isFinite(parsed) && parsed >= 0) return parsed;
  context.addIssue({ code: 'custom', message: 'is not a number of at least 0' });
  return z.NEVER;
});
const price = number.refine((value) => value > 0, { error: 'must be greater than 0' });
const time = z.iso.datetime().transform((text) => Date.parse(text));

const trade = z.looseObject({ tradeId: z.coerce.string(), price, quantity: number, at: time });
const candle = z
  .looseObject({
    unit: z.literal('1m'),
    openTime: time.refine((at) => at % MINUTE_MS === 0, { error: 'must be the start of a minute' }),
    open: price,
    high: price,
    low: price,
    close: price,
    volume: number,
  })
  .refine(
    (value) => value.high >= Math.max(value.open, value.close) && value.low <= Math.min(value.open, value.close),
    {
      error: 'high and low must span open and close',
    },
  );

/** Of the minute that runs, what the trades said that came here: nothing keeps one from being lost on its way. */
export interface HeardMinute {
  readonly openTime: number;
  readonly low: number;
  readonly high: number;
}

export function decodeMarketEvent(
  kind: string,
  symbol: string,
  data: Uint8Array,
  heard: HeardMinute,
): MarketEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (error) {
    return (error as Error).message;
  }
  if (kind === 'trade') {
    const parsed = trade.safeParse(value);
    if (!parsed.success) return describeIssues(parsed.error);
    const { tradeId, quantity, at } = parsed.data;
    return { type: 'trade', symbol, trade: { tradeId, price: parsed.data.price, quantity, at } };
  }
  if (kind !== 'candle') return `there is no market data "${kind}"`;
  const parsed = candle.safeParse(value);
  if (!parsed.success) return describeIssues(parsed.error);
  const { openTime, open, high, low, close, volume } = parsed.data;
  return {
    type: 'candle',
    symbol,
    candle: { openTime, open, high, low, close, volume },
    // A level that the candle reached and no trade heard here did would be passed over.
    inside: heard.openTime === openTime && heard.low <= low && heard.high >= high ? 'trades' : 'path',
  };
}
