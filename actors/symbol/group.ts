/** What a runner hands to the writer: consecutive turns of one symbol as one group, accepted or refused together. */
import { invariant } from '../../domain/invariant.ts';
import type { Order } from '../../domain/order.ts';
import type {
  CommitGroup,
  FunnelCount,
  JournalRow,
  ReservationChange,
  RiskChange,
} from '../../protocol/ports/ledger.ts';
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

const NONE: readonly never[] = [];

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
  let durable = false;
  let risk: RiskChange | null = null;
  const rows: JournalRow[] = [];
  let orders: Map<string, Order> | undefined;
  let reservations: readonly ReservationChange[] = NONE;
  let funnel: readonly FunnelCount[] = NONE;
  for (const { turn } of items) {
    const needed = turn.cashNeeded === 0n ? 0n : turn.cashNeeded - freed;
    if (needed > cashNeeded) cashNeeded = needed;
    cashDelta += turn.cash;
    freed += turn.freed;
    durable ||= turn.durableChanged;
    if (turn.risk !== null) risk = risk === null ? turn.risk : addRisk(risk, turn.risk);
    for (const row of turn.rows) rows.push(row);
    if (turn.orders.size > 0) orders = new Map([...(orders ?? NONE), ...turn.orders]);
    if (turn.reservations.length > 0) reservations = [...reservations, ...turn.reservations];
    if (turn.funnel.length > 0) funnel = [...funnel, ...turn.funnel];
  }
  return {
    symbol,
    epoch,
    expectedVersion,
    rows,
    positionAfter: last.turn.state.position,
    durableAfter: durable ? durableState(last.turn.state, modeOf(last.modes)) : null,
    cashDelta,
    cashNeeded,
    orders: orders === undefined ? NONE : [...orders.values()],
    reservations,
    funnel,
    risk,
  };
}

function addRisk(sum: RiskChange, next: RiskChange): RiskChange {
  return {
    day: sum.day,
    profit: sum.profit + next.profit,
    entries: sum.entries + next.entries,
    closed: next.closed.length === 0 ? sum.closed : [...sum.closed, ...next.closed],
  };
}
