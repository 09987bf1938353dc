/** What a person or another program may ask of a symbol beside recording fills. */
import { decideEntry, entryChecks } from '../../domain/entry.ts';
import { exitLevels } from '../../domain/exits.ts';
import { isOnTick } from '../../domain/instrument.ts';
import type { Reading } from '../../domain/market-view.ts';
import { formatDecimal, multiply } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { isoTime } from '../../domain/time.ts';
import { type OkReply, refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CancelRequest, ControlRequest, OrderRequest, ResolveRequest } from '../../protocol/messages.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import { askAccount } from './decide-entry.ts';
import { startExit } from './decide-exit.ts';
import { pastDeadline } from './decode.ts';
import { freeQuantity } from './record-fills.ts';
import type { Turn } from './turn.ts';
import { orderView, positionView } from './view.ts';
import { currentPrice, isDust, now, orderReply, placeOrder, settleByHand } from './work-orders.ts';

export function get(turn: Turn, owner: { readonly pod: string; readonly epoch: number }, commandId?: string): void {
  const { state, modes, settings } = turn;
  const reply: OkReply = {
    ok: true,
    position: positionView(settings.symbol, state, turn.version),
    mode: modes.mode,
    owner: owner.pod,
    epoch: owner.epoch,
    openOrders: state.working === null ? [] : [orderView(state.working.order)],
    pausedReason: state.pausedReason,
    haltedReason: state.haltedReason,
    dust: isDust(turn),
    exits: exitsView(turn),
  };
  if (commandId === undefined) {
    turn.reply = reply;
    return;
  }
  // Effects come after the commits of all that was accepted before, so the journal then holds the command, or it never will
  // by an attempt that arrived before. Two questions share an answer only when nothing was accepted between them.
  const key = contentId('command', settings.symbol, commandId, turn.version);
  turn.awaits = key;
  turn.addEffect({ type: 'find', key, commandId, reply });
}

/** Where the engine would sell at the moment; null without a position of its own. */
function exitsView({ state: { trade, regime }, settings }: Turn): Readonly<Record<string, string>> | null {
  if (trade === null) return null;
  const { stop, target } = exitLevels(trade, regime ?? 'UNKNOWN', settings.preset);
  return { stop: formatDecimal(stop.price), stopReason: stop.reason, target: formatDecimal(target) };
}

export function explain(turn: Turn, reading: Reading | undefined): void {
  const { settings, state } = turn;
  if (reading === undefined) {
    turn.reply = refuse('UNAVAILABLE', 'no closed candle has been seen yet: ask again when market data flows');
    return;
  }
  const outcome = decideEntry(reading, settings.preset);
  const holds = state.position.quantity > 0n;
  turn.reply = {
    ok: true,
    symbol: settings.symbol,
    at: isoTime(reading.candle.openTime + 60_000),
    regime: reading.regime,
    decision: holds ? 'HOLD' : outcome === 'ENTER' ? 'ENTER' : 'NO_ENTRY',
    reason: holds ? 'POSITION' : outcome,
    checks: entryChecks(reading, settings.preset),
    preset: settings.preset.name,
  };
}

/** pause, resume, halt: who allows what. The reason is kept in the journal. */
export function control(turn: Turn, command: 'pause' | 'resume' | 'halt', request: ControlRequest): void {
  const fingerprint = `${command}|${request.reason}`;
  if (isSettled(turn, request, fingerprint)) return;
  const { state } = turn;
  const next =
    command === 'pause'
      ? { pausedReason: request.reason }
      : command === 'halt'
        ? { haltedReason: request.reason }
        : { pausedReason: null, haltedReason: null };
  const unchanged =
    command === 'resume'
      ? state.pausedReason === null && state.haltedReason === null
      : command === 'pause' && state.haltedReason !== null;
  if (!unchanged) {
    const event = command === 'pause' ? 'PAUSE' : command === 'halt' ? 'HALT' : 'RESUME';
    const { control: current } = turn.modes.value;
    const already = (command === 'pause' && current === 'paused') || (command === 'halt' && current === 'halted');
    if (!already) turn.modes.send({ type: event });
    turn.change(next);
  }
  turn.note('mode', {
    id: request.id,
    at: now(turn),
    request: fingerprint,
    body: { command, reason: request.reason, mode: turn.modes.mode, ...named(request) },
  });
  turn.reply = controlReply(turn, request.id);
}

function named({ by }: ControlRequest): { readonly by?: string } {
  return by === undefined ? {} : { by };
}

export function flatten(turn: Turn, request: ControlRequest): void {
  const fingerprint = `flatten|${request.reason}`;
  if (isSettled(turn, request, fingerprint)) return;
  if (turn.state.position.quantity > 0n && isDust(turn)) {
    turn.reply = refuse('REFUSED', 'the position is below the minimum order of the venue (dust): it cannot be sold', {
      code: 'ORDER_MINIMUM',
    });
    return;
  }
  turn.note('mode', {
    id: request.id,
    at: now(turn),
    request: fingerprint,
    body: { command: 'flatten', reason: request.reason, ...named(request) },
  });
  startExit(turn, { reason: 'MANUAL', at: now(turn) });
  turn.reply = controlReply(turn, request.id);
}

export function order(turn: Turn, request: OrderRequest): void {
  const fingerprint = orderFingerprint(request);
  if (isOrdered(turn, request, fingerprint)) return;
  const refusal = orderRefusal(turn, request);
  if (refusal !== undefined) {
    turn.reply = refusal;
    return;
  }
  const { state, settings } = turn;
  turn.awaits = request.id;
  // The command's own row, before anything comes of it: the id is used from here on.
  turn.note('signal', { id: request.id, at: now(turn), request: fingerprint, body: { signal: 'ORDER_REQUESTED' } });
  const placed: Order = {
    clientOrderId: request.id,
    symbol: settings.symbol,
    side: request.side,
    type: request.type,
    status: 'pending',
    filledQuantity: 0n,
    filledNotional: 0n,
    fees: 0n,
    sendBefore: turn.receivedAt + LIMITS.sendWithinMs,
    intent: 'manual',
    ...(request.quantity === undefined ? {} : { quantity: request.quantity }),
    ...(request.amount === undefined ? {} : { amount: request.amount }),
    ...(request.price === undefined ? {} : { price: request.price }),
  };
  if (request.side === 'sell') {
    turn.modes.send({ type: 'EXIT_SIGNAL' });
    placeOrder(turn, placed, { at: now(turn), regime: state.regime ?? 'UNKNOWN', reserved: 0n });
    return;
  }
  askAccount(turn, {
    id: request.id,
    at: now(turn),
    regime: state.regime ?? 'UNKNOWN',
    price: request.price ?? currentPrice(turn),
    manual: placed,
    checks: '[]',
    volatility: turn.market.volatility,
    funnelKey: null,
  });
}

/** Answers a repeated order from what became of the first, and a new one that came after its deadline. */
function isOrdered(turn: Turn, request: OrderRequest, fingerprint: string): boolean {
  const { id } = request;
  const earlier = turn.known(id) ?? turn.undecided(id);
  if (earlier === undefined) {
    turn.reply = pastDeadline(request, turn.receivedAt);
    return turn.reply !== undefined;
  }
  const current = turn.state.working?.order;
  if (earlier.request !== fingerprint) turn.reply = otherCommand(id);
  else if (turn.state.pending?.id === id) turn.awaits = id;
  else if (current?.clientOrderId !== id) {
    turn.awaits = id;
    // Not decided yet when it is uncommitted: then its own answer comes. Else it is over, and the ledger tells how.
    if (turn.undecided(id) === undefined) turn.addEffect({ type: 'lookup', clientOrderId: id });
  } else if (current.status === 'pending') turn.awaits = id;
  else turn.reply = orderReply(turn, current);
  return true;
}

function orderRefusal(turn: Turn, request: OrderRequest) {
  const { settings, state, modes } = turn;
  const price = request.price ?? currentPrice(turn);
  if (price === 0n && request.amount === undefined)
    return refuse('UNAVAILABLE', 'no market price has been seen yet: try again when market data flows');
  if (request.price !== undefined && !isOnTick(settings.instrument, request.price)) {
    return refuse(
      'INVALID',
      `price: must be a multiple of the tick ${formatDecimal(settings.instrument.tickSize(request.price))}`,
    );
  }
  const notional = request.amount ?? multiply(request.quantity ?? 0n, price);
  if (notional < settings.instrument.minimumNotional) {
    return refuse('REFUSED', `an order is at least ${formatDecimal(settings.instrument.minimumNotional)}`, {
      code: 'ORDER_MINIMUM',
      notional: formatDecimal(notional),
    });
  }
  if (request.timeInForce !== undefined && request.timeInForce !== 'GTC') {
    return refuse('INVALID', 'timeInForce: this venue takes GTC only', { timeInForce: request.timeInForce });
  }
  if (request.side === 'buy' && state.haltedReason !== null) return refuse('HALTED', `halted: ${state.haltedReason}`);
  if (request.side === 'buy' && state.pausedReason !== null) return refuse('PAUSED', `paused: ${state.pausedReason}`);
  if (request.side === 'sell') {
    const free = freeQuantity(state);
    if ((request.quantity ?? 0n) > free) {
      return refuse('INSUFFICIENT', `only ${formatDecimal(free)} can be sold`, { free: formatDecimal(free) });
    }
    return modes.in('holding') ? undefined : busy(turn);
  }
  if (modes.in('flat') || modes.in('warming')) return undefined;
  return refuse('REFUSED', 'the symbol already has a position or an open order', {
    code: 'DUPLICATE',
    mode: modes.mode,
  });
}

function busy(turn: Turn) {
  return refuse('BUSY', `the symbol is ${turn.modes.mode}: it works on one order at a time`, { mode: turn.modes.mode });
}

/** Kept under its id like every command, so that a repetition hears what became of the order it cancelled. */
export function cancel(turn: Turn, request: CancelRequest): void {
  const { id, orderId, reason } = request;
  const fingerprint = `cancel|${orderId}`;
  const earlier = turn.known(id) ?? turn.undecided(id);
  const isWorking = turn.state.working?.order.clientOrderId === orderId;
  if (earlier !== undefined && earlier.request !== fingerprint) {
    turn.reply = otherCommand(id);
    return;
  }
  if (earlier === undefined) {
    turn.reply =
      pastDeadline(request, turn.receivedAt) ??
      (isWorking
        ? undefined
        : refuse('NOT_FOUND', `no open order ${orderId}: it is over, or belongs to another symbol`));
    if (turn.reply !== undefined) return;
    turn.note('signal', {
      id,
      at: now(turn),
      request: fingerprint,
      body: { signal: 'CANCEL_REQUESTED', orderId, reason: reason ?? null },
    });
  }
  turn.awaits = orderId;
  turn.addEffect({ type: isWorking ? 'cancel' : 'lookup', clientOrderId: orderId });
}

/** A person settles an order whose fate the venue does not tell. */
export function resolve(turn: Turn, request: ResolveRequest): void {
  const fingerprint = `resolve|${request.orderId}|${request.outcome}`;
  if (isSettled(turn, request, fingerprint)) return;
  const current = turn.state.working?.order;
  if (current?.clientOrderId !== request.orderId || current.status !== 'unknown') {
    turn.reply = refuse(
      'NOT_FOUND',
      `order ${request.orderId} is not unknown: only an unknown order is resolved by hand`,
    );
    return;
  }
  turn.note('mode', { id: request.id, at: now(turn), request: fingerprint, body: { command: 'resolve', ...request } });
  settleByHand(turn, request.orderId, request.outcome);
  turn.reply = controlReply(turn, request.id);
}

/** `version` is that of the command's own row, as a repetition will tell it too; what it set off may follow. */
function controlReply(turn: Turn, id: string) {
  const row = turn.rows.findIndex((own) => own.id === id);
  return {
    ok: true as const,
    mode: turn.modes.mode,
    version: row === -1 ? turn.version : turn.version - turn.rows.length + row + 1,
    position: positionView(turn.settings.symbol, turn.state, turn.version),
    pausedReason: turn.state.pausedReason,
    haltedReason: turn.state.haltedReason,
  };
}

/** Answers a repeated command from its record, and a new one that came after its deadline. */
function isSettled(turn: Turn, request: { id: string; deadline?: number | undefined }, fingerprint: string): boolean {
  const { id } = request;
  const earlier: StoredRow | undefined = turn.known(id) ?? turn.undecided(id);
  if (earlier !== undefined) {
    turn.reply =
      earlier.request === fingerprint ? { ...controlReply(turn, id), version: earlier.seq } : otherCommand(id);
    return true;
  }
  turn.reply = pastDeadline(request, turn.receivedAt);
  return turn.reply !== undefined;
}

function otherCommand(id: string) {
  return refuse('INVALID', `id ${id} was used before for another command: give every command its own id`, { id });
}

function orderFingerprint(request: OrderRequest): string {
  return ['order', request.side, request.type, request.quantity ?? '', request.amount ?? '', request.price ?? '']
    .map(String)
    .join('|');
}
