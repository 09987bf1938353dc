/** Market data as the wire contract tells it: numbers as decimal strings, times in UTC. */
import type { Bus } from '../protocol/ports/bus.ts';
import type { MarketEvent } from '../protocol/ports/market.ts';
import type { Subjects } from '../protocol/subjects.ts';

export function tellMarket(bus: Bus, subjects: Subjects, event: MarketEvent): void {
  const { symbol } = event;
  if (event.type === 'trade') {
    const { tradeId, price, quantity, at } = event.trade;
    const body = {
      symbol,
      tradeId,
      price: String(price),
      quantity: String(quantity),
      at: new Date(at).toISOString(),
    };
    bus.publish(subjects.market(symbol, 'trade'), JSON.stringify(body));
    return;
  }
  const { openTime, open, high, low, close, volume } = event.candle;
  const body = {
    symbol,
    unit: '1m',
    openTime: new Date(openTime).toISOString(),
    open: String(open),
    high: String(high),
    low: String(low),
    close: String(close),
    volume: String(volume),
  };
  bus.publish(subjects.market(symbol, 'candle'), JSON.stringify(body));
}
