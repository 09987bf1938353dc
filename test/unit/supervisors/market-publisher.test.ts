/** What a collector may say: only while it has the role, only what is stored, and only when somebody can hear it. */
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../domain/candle.ts';
import { FencedError, RetryableError } from '../../../protocol/errors.ts';
import type { MarketEvent } from '../../../protocol/ports/market.ts';
import { Subjects } from '../../../protocol/subjects.ts';
import { MarketPublisher } from '../../../supervisors/market-publisher.ts';
import { door } from '../../support/door.ts';
import { FakeBusServer } from '../../support/fake-bus.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const AT = Date.UTC(2026, 0, 5);
const CANDLE: Candle = { openTime: AT, open: 1, high: 2, low: 1, close: 2, volume: 3 };
const TRADE: MarketEvent = {
  type: 'trade',
  symbol: 'KRW-BTC',
  trade: { tradeId: '1', price: 2, quantity: 1, at: AT + 1_000 },
};
const candleOf = (symbol: string): MarketEvent => ({ type: 'candle', symbol, candle: CANDLE, inside: 'trades' });

function world() {
  const server = new FakeBusServer(new FakeClock());
  const bus = server.connect();
  const may = { publish: true };
  const statements: string[][] = [];
  const store = door();
  const publisher = new MarketPublisher({
    writer: {
      storeCandles: async (rows) => {
        statements.push(rows.map(({ symbol }) => symbol));
        await store.opened;
      },
    },
    bus,
    subjects: new Subjects(),
    mayPublish: () => may.publish,
  });
  return { publisher, server, bus, may, statements, store };
}

describe('a publisher of market data', () => {
  it('neither stores nor says anything once the role is over', async () => {
    const { publisher, server, may, statements } = world();
    may.publish = false;
    await expect(publisher.deliver(TRADE)).rejects.toThrow(FencedError);
    await expect(publisher.deliver(candleOf('KRW-BTC'))).rejects.toThrow(FencedError);
    expect([server.published, statements]).toEqual([[], []]);
  });

  it('does not say what it was storing when the role ended', async () => {
    const { publisher, server, may, store } = world();
    const delivered = publisher.deliver(candleOf('KRW-BTC'));
    may.publish = false;
    store.open();
    await expect(delivered).rejects.toThrow(FencedError);
    expect(server.published).toEqual([]);
  });

  it('waits with a market that nobody hears', async () => {
    const { publisher, bus } = world();
    bus.disconnect();
    await expect(publisher.deliver(TRADE)).rejects.toThrow(RetryableError);
    expect(publisher.trades).toBe(0);
  });

  it('stores the candles of one instant in one statement', async () => {
    const { publisher, server, statements, store } = world();
    store.open();
    await Promise.all(['KRW-BTC', 'KRW-ETH'].map((symbol) => publisher.deliver(candleOf(symbol))));
    expect(statements).toEqual([['KRW-BTC', 'KRW-ETH']]);
    expect(server.published.map(({ subject }) => subject)).toEqual([
      'cp.market.KRW-BTC.candle',
      'cp.market.KRW-ETH.candle',
    ]);
  });
});
