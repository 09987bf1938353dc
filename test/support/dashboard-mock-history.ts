/** Rows that the played engine of dashboard-mock.ts had written before anybody watched. */
import type { FeedEvent } from '../../protocol/feed.ts';

/** `at` says when so many minutes ago was (ISO-8601). */
export function mockHistory(at: (minutesAgo: number) => string): FeedEvent[] {
  const rows: FeedEvent[] = [];
  const add = (minutesAgo: number, event: Record<string, unknown>): void => {
    rows.push({ id: `id-${rows.length}`, at: at(minutesAgo), ...event } as FeedEvent);
  };
  const trade = { profit: '-121460.37', reason: 'STOP_LOSS' };
  const position = { quantity: '0', cost: '0', realizedPnl: '0' };
  add(210, {
    stream: 'KRW-ETH',
    seq: 30,
    kind: 'decision',
    decision: 'ENTER',
    amount: '2000000',
    price: '4790000',
    regime: 'SIDEWAYS',
  });
  add(209, {
    stream: 'KRW-ETH',
    seq: 32,
    kind: 'fill',
    side: 'buy',
    quantity: '0.4175',
    price: '4790000',
    fee: '999.9',
    realized: '0',
    position,
  });
  add(130, { stream: 'KRW-ETH', seq: 33, kind: 'decision', decision: 'EXIT', reason: 'STOP_LOSS', price: '4598400' });
  add(129, {
    stream: 'KRW-ETH',
    seq: 35,
    kind: 'fill',
    side: 'sell',
    quantity: '0.4175',
    price: '4598400',
    fee: '959.9',
    realized: '-119500.5',
    position,
  });
  add(129, { stream: 'KRW-ETH', seq: 37, kind: 'signal', signal: 'TRADE_CLOSED', trade });
  add(96, {
    stream: 'KRW-BTC',
    seq: 36,
    kind: 'decision',
    decision: 'REFUSED',
    code: 'TOO_SOON',
    price: '134000000',
    regime: 'BULL',
  });
  add(94, {
    stream: 'KRW-BTC',
    seq: 37,
    kind: 'decision',
    decision: 'ENTER',
    amount: '1655500',
    price: '134100000',
    regime: 'BULL',
  });
  add(94, {
    stream: 'KRW-BTC',
    seq: 39,
    kind: 'fill',
    side: 'buy',
    quantity: '0.01234567',
    price: '134100000',
    fee: '827.7',
    realized: '0',
    position,
  });
  add(94, {
    stream: 'KRW-SOL',
    seq: 39,
    kind: 'fill',
    side: 'buy',
    quantity: '7.5',
    price: '206900',
    fee: '775.8',
    realized: '0',
    position,
  });
  return rows;
}
