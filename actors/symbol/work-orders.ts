/**
 * The one order a symbol works on: its intent is a journal row before its first byte leaves (I6), then the venue's
 * answers are applied in whatever order and however often they come.
 */
import { MINUTE_MS } from '../../domain/candle.ts';
import { formatDecimal, fromNumber, multiply, type Units } from '../../domain/money.ts';
import { applyOrderEvent, isFinal, type Order, type OrderEvent, type OrderIntent } from '../../domain/order.ts';
import { dayOf } from '../../domain/risk.ts';
import { type Reply, refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { SubmitOutcome, VenueOrderState, VenueTrade, VenueUpdate } from '../../protocol/ports/venue.ts';
import type { WorkingOrder } from './state.ts';
import { openTrade, trackTrade } from './trade.ts';
import type { Turn } from './turn.ts';
import { orderView, positionView } from './view.ts';

/** Makes an order durable; it is sent once that is committed. */
export function placeOrder(
  turn: Turn,
  order: Order,
  work: {
    readonly at: number;
    readonly regime: WorkingOrder['regime'];
    readonly reserved: Units;
    readonly previousEntryAt?: number | null;
  },
): void {
  turn.change({
    working: {
      order,
      regime: work.regime,
      reserved: work.reserved,
      tradeIds: [],
      previousEntryAt: work.previousEntryAt ?? null,
    },
  });
  turn.putOrder(order);
  turn.note('order', {
    id: contentId('intent', order.clientOrderId),
    at: work.at,
    orderId: order.clientOrderId,
    body: orderView(order),
  });
  turn.addEffect({ type: 'submit', order });
}

/** A sell of the whole position (or of `quantity`) at market. `trigger`: the level that decided it. */
export function placeExit(
  turn: Turn,
  exit: { readonly reason: string; readonly at: number; readonly intent: OrderIntent; readonly trigger?: Units },
): void {
  const { symbol } = turn.settings;
  const { position, trade, regime } = turn.state;
  const clientOrderId = contentId('exit', symbol, turn.version, exit.at, exit.reason);
  turn.modes.send({ type: 'EXIT_SIGNAL' });
  turn.change({ decidedThrough: turn.closedThrough });
  turn.note('decision', {
    id: contentId('decision', clientOrderId),
    at: exit.at,
    body: {
      decision: 'EXIT',
      reason: exit.reason,
      price: formatDecimal(exit.trigger ?? currentPrice(turn)),
      highWaterMark: trade === null ? null : formatDecimal(trade.highWaterMark),
      entryPrice: trade === null ? null : formatDecimal(trade.entryPrice),
      preset: turn.settings.preset.name,
      parameters: turn.settings.parametersHash,
    },
  });
  const order: Order = {
    clientOrderId,
    symbol,
    side: 'sell',
    type: 'market',
    quantity: position.quantity,
    status: 'pending',
    filledQuantity: 0n,
    filledNotional: 0n,
    fees: 0n,
    sendBefore: turn.receivedAt + LIMITS.sendWithinMs,
    intent: exit.intent,
    reason: exit.reason,
    ...(exit.trigger === undefined ? {} : { trigger: exit.trigger }),
  };
  placeOrder(turn, order, { at: exit.at, regime: regime ?? 'UNKNOWN', reserved: 0n });
}

export function onSubmitted(turn: Turn, clientOrderId: string, outcome: SubmitOutcome): void {
  const event: OrderEvent =
    outcome.type === 'accepted'
      ? { type: 'accepted' }
      : outcome.type === 'rejected'
        ? { type: 'rejected', reason: outcome.reason }
        : { type: 'ambiguous' };
  const working = workingOn(turn, clientOrderId);
  // The venue's own update may have overtaken the answer: an order that is over stays over.
  if (working === undefined) return;
  advance(turn, working, event, now(turn));
  if (outcome.type === 'ambiguous') turn.addEffect({ type: 'query', clientOrderId, delayMs: QUERY_RETRY_MS });
}

export function onUpdate(turn: Turn, update: VenueUpdate): void {
  const working = workingOn(turn, update.clientOrderId);
  if (working !== undefined) applyVenue(turn, update.clientOrderId, update.trades, update.status);
}

/** What the venue proves about an order that was pending or unknown when an earlier life ended. */
export function onQueried(turn: Turn, clientOrderId: string, state: VenueOrderState): void {
  const working = workingOn(turn, clientOrderId);
  if (working === undefined) return;
  if (state.type === 'found') {
    if (state.status === 'open' && working.order.status !== 'open')
      advance(turn, working, { type: 'accepted' }, now(turn));
    applyVenue(turn, clientOrderId, state.trades, state.status);
    // An exit waits for its end: the life that asked for the cancellation may have ended before the venue heard of it.
    if (state.status === 'open' && turn.state.flattenReason !== null) turn.addEffect({ type: 'cancel', clientOrderId });
    return;
  }
  if (state.final) {
    neverArrived(turn, working);
    return;
  }
  // Not seen yet is not "never": it stays unknown and is asked for again.
  if (working.order.status === 'pending') advance(turn, working, { type: 'ambiguous' }, now(turn));
  turn.addEffect({ type: 'query', clientOrderId, delayMs: QUERY_RETRY_MS });
}

/**
 * The order never left, proven. An exit was decided and is placed anew: its reason may not come again (I12). An entry is
 * taken back: if its close is delivered again (a recording goes on where it stopped) it is decided again; live it is past,
 * and only the counts are put right.
 */
function neverArrived(turn: Turn, working: WorkingOrder): void {
  const { order } = working;
  if (order.intent === 'entry') takeBackEntry(turn, working);
  advance(turn, working, { type: 'rejected', reason: 'never reached the venue' }, now(turn));
  if (order.intent !== 'exit' || turn.state.working !== null || turn.state.position.quantity === 0n) return;
  placeExit(turn, {
    reason: order.reason ?? 'MANUAL',
    at: now(turn),
    intent: 'exit',
    ...(order.trigger === undefined ? {} : { trigger: order.trigger }),
  });
}

function takeBackEntry(turn: Turn, { regime, previousEntryAt }: WorkingOrder): void {
  const { decidedThrough } = turn.state;
  if (decidedThrough === null) return;
  turn.change({ decidedThrough: decidedThrough - MINUTE_MS, lastEntryAt: previousEntryAt });
  // The day of the close, as the entry was counted.
  turn.countRisk(decidedThrough + MINUTE_MS, 0n, -1);
  turn.addFunnel({
    day: dayOf(decidedThrough),
    symbol: turn.settings.symbol,
    key: `${regime}/ENTER`,
    count: -1,
  });
}

/** A person has found out what became of an unknown order: it never arrived, or it was cancelled as far as it is filled. */
export function settleByHand(turn: Turn, clientOrderId: string, outcome: 'rejected' | 'cancelled'): void {
  const working = workingOn(turn, clientOrderId);
  if (working === undefined) return;
  const event: OrderEvent =
    outcome === 'cancelled' || working.order.filledQuantity > 0n
      ? { type: 'cancelled' }
      : { type: 'rejected', reason: 'resolved by hand: never reached the venue' };
  advance(turn, working, event, now(turn));
}

const QUERY_RETRY_MS = 1_000;

function applyVenue(
  turn: Turn,
  clientOrderId: string,
  trades: readonly VenueTrade[],
  status: VenueUpdate['status'],
): void {
  for (const trade of trades) {
    const working = workingOn(turn, clientOrderId);
    if (working === undefined) return;
    if (!working.tradeIds.includes(trade.tradeId)) takeTrade(turn, working, trade);
  }
  const working = workingOn(turn, clientOrderId);
  if (working === undefined || status === 'open') return;
  advance(turn, working, { type: status === 'done' ? 'done' : 'cancelled' }, trades.at(-1)?.at ?? now(turn));
}

function takeTrade(turn: Turn, working: WorkingOrder, trade: VenueTrade): void {
  const { order } = working;
  const id = contentId('trade', trade.tradeId);
  // The journal already holds it: only the commit that said so was lost to us.
  if (turn.known(id) !== undefined) return;
  const before = turn.state.trade;
  const spent = order.side === 'buy' ? multiply(trade.quantity, trade.price) + trade.fee : 0n;
  const reserved = working.reserved > spent ? working.reserved - spent : 0n;
  const fill = turn.fill(
    { side: order.side, quantity: trade.quantity, price: trade.price, fee: trade.fee },
    { id, at: trade.at, orderId: order.clientOrderId, request: null, reserved: working.reserved - reserved },
  );
  const next = applyOrderEvent(order, {
    type: 'fill',
    quantity: fill.quantity,
    notional: fill.notional,
    fee: fill.fee,
  });
  if ('illegal' in next) throw new Error(`order ${order.clientOrderId}: ${next.illegal}`);
  turn.change({ working: { ...working, order: next, reserved, tradeIds: [...working.tradeIds, trade.tradeId] } });
  turn.putOrder(next);
  if (order.side === 'buy') {
    turn.addReservation({ id: order.clientOrderId, action: 'settle', remaining: reserved, final: false });
  }
  if (before === null && order.side === 'buy' && order.intent === 'entry') {
    openTrade(turn, fill, trade.at, working.regime);
  } else {
    trackTrade(turn, fill, trade.at, order.reason ?? 'MANUAL');
  }
}

/** Applies an event that is not a fill; the end of the order frees what is left reserved and moves the mode. */
function advance(turn: Turn, working: WorkingOrder, event: OrderEvent, at: number): void {
  const next = applyOrderEvent(working.order, event);
  if ('illegal' in next) throw new Error(`order ${working.order.clientOrderId}: ${next.illegal}`);
  if (next === working.order) return;
  turn.putOrder(next);
  turn.note('order', {
    id: contentId('order', next.clientOrderId, turn.version, next.status),
    at,
    orderId: next.clientOrderId,
    body: orderView(next),
  });
  if (!isFinal(next.status)) {
    turn.change({ working: { ...working, order: next } });
    answerOrder(turn, next);
    return;
  }
  if (next.side === 'buy') {
    turn.addReservation({ id: next.clientOrderId, action: 'settle', remaining: 0n, final: true });
  }
  turn.change({ working: null });
  turn.modes.send({ type: 'ORDER_DONE', holds: turn.state.position.quantity > 0n });
  answerOrder(turn, next);
  exitIfDue(turn, at);
}

/** The exit that waited for an order to end, or for an entry to be declined; a position too small to sell stays. */
export function exitIfDue(turn: Turn, at: number): void {
  const { flattenReason, position } = turn.state;
  if (flattenReason === null) return;
  turn.change({ flattenReason: null });
  if (position.quantity > 0n && !isDust(turn)) placeExit(turn, { reason: flattenReason, at, intent: 'exit' });
}

/** What the caller of `order` hears: accepted or filled is ok, a definitive refusal REFUSED, else OUTCOME_UNKNOWN. */
export function orderReply(turn: Turn, order: Order): Reply {
  switch (order.status) {
    case 'rejected':
      return refuse('REFUSED', order.reason ?? 'the venue refused the order', { order: orderView(order) });
    case 'pending':
    case 'unknown':
      return refuse('OUTCOME_UNKNOWN', 'the venue has not answered: ask again with the same id', {
        orderId: order.clientOrderId,
      });
    default:
      return {
        ok: true,
        order: orderView(order),
        position: positionView(turn.settings.symbol, turn.state, turn.version),
      };
  }
}

function answerOrder(turn: Turn, order: Order): void {
  turn.addEffect({ type: 'answer', clientOrderId: order.clientOrderId, reply: orderReply(turn, order) });
}

function workingOn(turn: Turn, clientOrderId: string): WorkingOrder | undefined {
  const { working } = turn.state;
  return working?.order.clientOrderId === clientOrderId ? working : undefined;
}

/** Market time of the moment; wall time where there is no market. */
export function now(turn: Turn): number {
  return turn.market.at ?? turn.receivedAt;
}

export function currentPrice(turn: Turn): Units {
  return turn.market.price === undefined ? 0n : fromNumber(turn.market.price);
}

/** A position too small for the venue to sell. */
export function isDust(turn: Turn): boolean {
  const { quantity } = turn.state.position;
  const price = currentPrice(turn);
  return price > 0n && quantity > 0n && multiply(quantity, price) < turn.settings.instrument.minimumNotional;
}
