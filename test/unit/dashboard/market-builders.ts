/** Events and views as the store hands them to the market page, for its tests. */
import { divide, formatDecimal, parseDecimal } from '../../../domain/money.ts';
import type { SymbolView } from '../../../gateway/dashboard/store/types.ts';
import type { FeedEvent } from '../../../protocol/feed.ts';

export const SYMBOL = 'KRW-BTC';

export function eventOf(
  seq: number,
  kind: string,
  body: Readonly<Record<string, unknown>> = {},
  at = '2026-01-31T09:00:00.000Z',
): FeedEvent {
  return { ...body, stream: SYMBOL, seq, kind, at, id: `id-${seq}` };
}

export function fillOf(seq: number, side: 'buy' | 'sell', quantity: string, at: string): FeedEvent {
  return eventOf(seq, 'fill', { side, quantity, price: '95000000', fee: '0', realized: '0', orderId: null }, at);
}

export interface ViewParts {
  readonly quantity?: string;
  readonly cost?: string;
  readonly exits?: SymbolView['exits'];
  readonly pausedReason?: string;
  readonly haltedReason?: string;
  readonly openOrders?: SymbolView['openOrders'];
}

/** Flat unless a quantity and its cost are given. */
export function viewOf({ quantity = '0', cost = '0', ...rest }: ViewParts): SymbolView {
  const held = parseDecimal(quantity);
  return {
    position: {
      symbol: SYMBOL,
      quantity,
      cost,
      averagePrice: held > 0n ? formatDecimal(divide(parseDecimal(cost), held)) : null,
      realizedPnl: '0',
      version: 1,
      regime: 'BULL',
      highWaterMark: null,
      openedAt: null,
    },
    mode: held > 0n ? 'holding' : 'flat',
    pausedReason: rest.pausedReason ?? null,
    haltedReason: rest.haltedReason ?? null,
    stops: [],
    owner: 'a',
    epoch: 1,
    openOrders: rest.openOrders ?? [],
    exits: rest.exits ?? null,
    explain: null,
  };
}
