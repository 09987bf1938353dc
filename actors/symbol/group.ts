/** What a runner hands to the writer: consecutive turns of one symbol as one group, accepted or refused together. */
import { invariant } from '../../domain/invariant.ts';
import type { CommitGroup, RiskChange } from '../../protocol/ports/ledger.ts';
import type { ModeValue } from './machine.ts';
import type { Envelope } from './messages.ts';
import { modeOf } from './modes.ts';
import { durableState } from './state.ts';
import type { Turn } from './turn.ts';

/** A message that was handled, what it changes, and the mode after it. */
export interface LogItem {
  readonly envelope: Envelope;
  readonly turn: Turn;
  readonly modes: ModeValue;
}

/** Consecutive items as one group: the rows in order, the rest netted. */
export function groupOf(
  symbol: string,
  epoch: number,
  expectedVersion: number,
  items: readonly LogItem[],
): CommitGroup {
  const last = items[items.length - 1];
  invariant(last !== undefined, 'a group has items');
  let cashDelta = 0n;
  let freed = 0n;
  let cashNeeded = 0n;
  const risks = items.flatMap(({ turn }) => (turn.risk === null ? [] : [turn.risk]));
  for (const { turn } of items) {
    const needed = turn.cashNeeded === 0n ? 0n : turn.cashNeeded - freed;
    if (needed > cashNeeded) cashNeeded = needed;
    cashDelta += turn.cash;
    freed += turn.freed;
  }
  const orders = new Map(items.flatMap(({ turn }) => [...turn.orders]));
  const durable = items.some(({ turn }) => turn.durableChanged);
  return {
    symbol,
    epoch,
    expectedVersion,
    rows: items.flatMap(({ turn }) => turn.rows),
    positionAfter: last.turn.state.position,
    durableAfter: durable ? durableState(last.turn.state, modeOf(last.modes)) : null,
    cashDelta,
    cashNeeded,
    orders: [...orders.values()],
    reservations: items.flatMap(({ turn }) => turn.reservations),
    funnel: items.flatMap(({ turn }) => turn.funnel),
    risk: risks.length === 0 ? null : risks.reduce(addRisk),
  };
}

function addRisk(sum: RiskChange, next: RiskChange): RiskChange {
  return {
    day: sum.day,
    profit: sum.profit + next.profit,
    entries: sum.entries + next.entries,
    closed: [...sum.closed, ...next.closed],
  };
}
