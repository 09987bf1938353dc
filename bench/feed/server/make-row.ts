/** The fills of the load, as the ledger stores them. */
import { ONE } from '../../../domain/money.ts';
import { FLAT } from '../../../domain/position.ts';
import type { StoredRow } from '../../../protocol/ports/ledger.ts';
import { SYMBOL } from './fan-out.ts';

const PRICE = 143_000_000n * ONE;
const ID = '019d2f3a-7c11-7aa0-8b53-5f0e5a3c9d21';

/** What a symbol decided and why, in some two kilobytes. */
const DECISION = JSON.stringify({
  regime: 'SIDEWAYS',
  decision: 'no',
  reason: 'RSI7_NOT_RECOVERED',
  checks: Array.from({ length: 24 }, (_, index) => ({
    name: `RSI7_NOT_RECOVERED_${index}`,
    value: 34.91 + index,
    limit: 35 + index,
    pass: false,
  })),
});

export type RowKind = 'fill' | 'decision';

/** Row `seq`; all of a kind are the same but for their number and time. */
export function makeRow(seq: number, kind: RowKind): StoredRow {
  const fill = {
    side: 'buy',
    quantity: ONE / 100n,
    price: PRICE,
    fee: PRICE / 200_000n,
    notional: PRICE / 100n,
    costRemoved: 0n,
    realized: 0n,
  } as const;
  const positionAfter = { ...FLAT, quantity: ONE / 2n, cost: PRICE / 2n };
  return {
    symbol: SYMBOL,
    seq,
    id: ID,
    kind,
    at: Date.now(),
    fill: kind === 'fill' ? fill : null,
    orderId: ID,
    positionAfter,
    request: null,
    body: kind === 'fill' ? null : DECISION,
  };
}
