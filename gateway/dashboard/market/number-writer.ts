/** Numbers in the sentences of a command's plan. */
import { formatKrw, formatPercent, formatPrice, formatQuantity } from '../format/money.ts';
import { formatShortDateTime } from '../format/time.ts';
import { zone } from '../settings.ts';
import type { NumberWriter } from './command-plan.ts';

export const NUMBER_WRITER: NumberWriter = {
  krw: (amount) => formatKrw(amount),
  price: (price) => `₩${formatPrice(price)}`,
  percent: (percent) => formatPercent(percent),
  time: (at) => `${formatShortDateTime(at, zone.value)} ${zone.value}`,
  /** "0.5 BTC" of KRW-BTC: Upbit names the quote currency first. */
  quantity: (quantity, symbol) => `${formatQuantity(quantity)} ${symbol.split('-').at(-1) ?? symbol}`,
};
