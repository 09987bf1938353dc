/** The strategy at a close without a position, and what becomes of a signal: reserve → order, or a refusal on record. */

import { MINUTE_MS } from '../../domain/candle.ts';
import { decideEntry, entryChecks, funnelKey } from '../../domain/entry.ts';
import type { Reading } from '../../domain/market-view.ts';
import { formatDecimal, fromNumber, multiply, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { sizeFor } from '../../domain/preset.ts';
import { dayOf } from '../../domain/risk.ts';
import { refuse } from '../../protocol/errors.ts';
import { contentId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { EntryVerdict } from '../../protocol/ports/ledger.ts';
import type { EntryAsk } from './entry-ask.ts';
import type { PendingEntry } from './state.ts';
import type { Turn } from './turn.ts';
import { exitIfDue, placeOrder } from './work-orders.ts';

export function considerEntry(turn: Turn, reading: Reading, at: number): void {
  const outcome = decideEntry(reading, turn.settings.preset);
  if (outcome !== 'WARMING_UP' && turn.modes.in('warming')) turn.modes.send({ type: 'WARMED' });
  const key = funnelKey(reading, outcome);
  // A "no" (here: the one that ends the warm-up) is counted when its candle is stored, an ENTER in the commit that records
  // what became of it.
  if (outcome !== 'ENTER') {
    turn.addEffect({ type: 'count', funnelKey: key });
    return;
  }
  askAccount(turn, {
    id: contentId('entry', turn.settings.symbol, turn.version, reading.candle.openTime),
    at,
    regime: reading.regime,
    price: fromNumber(reading.candle.close),
    manual: null,
    checks: JSON.stringify(entryChecks(reading, turn.settings.preset)),
    volatility: turn.market.volatility,
    funnelKey: key,
  });
}

/** Asks the account for cash and permission. `pending.manual` carries an order by hand. */
export function askAccount(turn: Turn, pending: PendingEntry): void {
  const { settings, state } = turn;
  const effects = turn.modes.send({ type: 'ENTRY_SIGNAL' });
  if (effects.length === 0) return;
  turn.change({ pending });
  const { manual } = pending;
  const ask: EntryAsk = {
    id: pending.id,
    symbol: settings.symbol,
    at: pending.at,
    price: pending.price,
    regimeSize: sizeFor(settings.preset, pending.regime),
    volatility: pending.volatility,
    amount: manual === null ? null : spendingMax(manual, pending.price),
    minimumNotional: settings.instrument.minimumNotional,
    feeRate: settings.feeRate,
    haltedReason: state.haltedReason,
    pausedReason: state.pausedReason,
    lastEntryAt: state.lastEntryAt,
  };
  turn.addEffect({ type: 'reserve', ask });
}

/** The most an order by hand may spend, fees excluded. A market order by quantity may find a worse price than the last one. */
function spendingMax({ amount, quantity = 0n, price }: Order, lastPrice: Units): Units {
  if (amount !== undefined) return amount;
  if (price !== undefined) return multiply(quantity, price);
  return multiply(quantity, lastPrice + lastPrice / PRICE_MARGIN_PART);
}

/** One hundredth: a market buy by quantity is filled up to so much above the last price, and no further. */
const PRICE_MARGIN_PART = 100n;

export function onVerdict(turn: Turn, entryId: string, verdict: EntryVerdict | { readonly lost: string }): void {
  const { pending, position } = turn.state;
  if (pending?.id !== entryId) {
    // Nobody waits for it: what it set aside must not stay so. One that is in use is not touched by this.
    turn.addEffect({ type: 'release', reservationId: entryId });
    return;
  }
  turn.change({ pending: null });
  const denied = denial(turn, verdict);
  if (denied === undefined) {
    grant(turn, pending, verdict as Granted);
    return;
  }
  // Also when the answer was lost: what it may have reserved must not stay set aside. Releasing nothing is harmless.
  if ('lost' in verdict || verdict.granted) turn.addEffect({ type: 'release', reservationId: entryId });
  turn.modes.send({ type: 'DECLINED', holds: position.quantity > 0n });
  noteDecision(turn, pending, { decision: 'REFUSED', ...denied });
  exitIfDue(turn, pending.at);
  if (pending.manual === null) return;
  const code =
    denied.code === 'HALTED' || denied.code === 'PAUSED' || denied.code === 'UNAVAILABLE' ? denied.code : 'REFUSED';
  turn.addEffect({
    type: 'answer',
    clientOrderId: pending.id,
    reply: refuse(code, denied.message, { code: denied.code, ...denied.details }),
  });
}

type Granted = Extract<EntryVerdict, { granted: true }>;

interface Denial {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string | number>>;
}

/** Why the entry is not made; undefined when it is. */
function denial(turn: Turn, verdict: EntryVerdict | { readonly lost: string }): Denial | undefined {
  if ('lost' in verdict) return { code: 'UNAVAILABLE', message: verdict.lost, details: {} };
  if (!verdict.granted) return verdict.denied;
  // The answer took its time: what a person said meanwhile holds.
  const { haltedReason, pausedReason, flattenReason } = turn.state;
  if (haltedReason !== null) return { code: 'HALTED', message: haltedReason, details: {} };
  if (pausedReason !== null) return { code: 'PAUSED', message: pausedReason, details: {} };
  if (flattenReason !== null) return { code: 'FLATTENED', message: 'flattened while it was decided', details: {} };
  const refusal = turn.intentRefusal;
  if (refusal !== undefined) return { code: refusal.code, message: refusal.reason, details: {} };
  if (turn.state.position.quantity > 0n) {
    return { code: 'DUPLICATE', message: 'a position was opened from outside meanwhile', details: {} };
  }
  return undefined;
}

function grant(turn: Turn, pending: PendingEntry, verdict: Granted): void {
  turn.modes.send({ type: 'RESERVED', consult: false });
  const { manual } = pending;
  // What is reserved is all it may spend, wherever the price goes.
  const capped = manual?.type === 'market' ? { ...manual, amount: verdict.amount } : manual;
  const order: Order = capped ?? {
    clientOrderId: pending.id,
    symbol: turn.settings.symbol,
    side: 'buy',
    type: 'market',
    amount: verdict.amount,
    status: 'pending',
    filledQuantity: 0n,
    filledNotional: 0n,
    fees: 0n,
    sendBefore: turn.receivedAt + LIMITS.sendWithinMs,
    intent: 'entry',
  };
  noteDecision(turn, pending, { decision: 'ENTER', amount: formatDecimal(verdict.amount), ai: 'off' });
  turn.addReservation({ id: pending.id, action: 'use' });
  turn.countRisk(pending.at, 0n, 1);
  const previousEntryAt = turn.state.lastEntryAt;
  turn.change({ lastEntryAt: pending.at });
  placeOrder(
    turn,
    { ...order, sendBefore: turn.receivedAt + LIMITS.sendWithinMs },
    {
      at: pending.at,
      regime: pending.regime,
      reserved: verdict.reserve,
      previousEntryAt,
    },
  );
}

/** Every decision is on record with the numbers that decided (I11). */
function noteDecision(turn: Turn, pending: PendingEntry, decision: Readonly<Record<string, unknown>>): void {
  turn.change({ regime: pending.regime, decidedThrough: turn.closedThrough });
  if (pending.funnelKey !== null) {
    const { symbol } = turn.settings;
    turn.addFunnel({ day: dayOf(pending.at - MINUTE_MS), symbol, key: pending.funnelKey, count: 1 });
  }
  turn.note('decision', {
    id: contentId('decision', pending.id, turn.version),
    at: pending.at,
    body: {
      ...decision,
      by: pending.manual === null ? 'strategy' : 'person',
      price: formatDecimal(pending.price),
      regime: pending.regime,
      volatility: pending.volatility,
      preset: turn.settings.preset.name,
      parameters: turn.settings.parametersHash,
      ...(pending.manual === null ? { checks: JSON.parse(pending.checks) as unknown } : {}),
    },
  });
}
