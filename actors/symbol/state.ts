/**
 * What a symbol's actor decides from and must find again after a crash. Immutable: a decision makes a new state, so going
 * back to the last committed one is keeping a reference. Market knowledge (indicators, last price) is not in here: it is
 * updated once per event and never taken back.
 */

import type { OpenTrade } from '../../domain/exits.ts';
import { formatDecimal, parseDecimal, type Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { isFinal } from '../../domain/order.ts';
import { FLAT, type Position } from '../../domain/position.ts';
import type { Regime } from '../../domain/regime.ts';
import type { Volatility } from '../../domain/volatility.ts';
import type { DurableState } from '../../protocol/ports/ledger.ts';
import type { ClaimedPosition } from '../../protocol/ports/ownership.ts';

/** A position the strategy opened and will close. What was recorded from outside alone has none: it is left to people. */
export interface ManagedTrade extends OpenTrade {
  /** Fees of its fills so far. */
  readonly fees: Units;
  /** Realized profit of its sells so far, fees excluded. */
  readonly realized: Units;
  /** Total quantity and notional bought and sold, for the closed trade's prices. */
  readonly bought: Units;
  readonly boughtNotional: Units;
  readonly sold: Units;
  readonly soldNotional: Units;
}

/** The order a symbol is working on; there is at most one at a time. */
export interface WorkingOrder {
  readonly order: Order;
  /** Regime when it was decided. */
  readonly regime: Regime;
  /** Reservation still open for it (buys). */
  readonly reserved: Units;
  /** Trades of the venue already taken over, so that a repeated update changes nothing. */
  readonly tradeIds: readonly string[];
  /** `lastEntryAt` before this order. */
  readonly previousEntryAt: number | null;
}

/** An entry that waits for the account's verdict. */
export interface PendingEntry {
  readonly id: string;
  readonly at: number;
  readonly regime: Regime;
  readonly price: Units;
  readonly manual: Order | null;
  readonly checks: string;
  readonly volatility: Volatility;
  /** How the close is counted; null for an order by hand. */
  readonly funnelKey: string | null;
}

export interface SymbolState {
  readonly position: Position;
  readonly regime: Regime | null;
  readonly openedAt: number | null;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  readonly trade: ManagedTrade | null;
  readonly working: WorkingOrder | null;
  readonly pending: PendingEntry | null;
  /** A flatten that waits for a resting order to be cancelled first. */
  readonly flattenReason: string | null;
  /** Market time of the last entry that was ordered. */
  readonly lastEntryAt: number | null;
  /**
   * Open time of the last candle before the last entry, exit or change of hands. When it is delivered again after a crash,
   * it and what came before it only update indicators; later ones were decided "no" and are decided again, with the same "no".
   */
  readonly decidedThrough: number | null;
}

export const INITIAL_STATE: SymbolState = {
  position: FLAT,
  regime: null,
  openedAt: null,
  pausedReason: null,
  haltedReason: null,
  trade: null,
  working: null,
  pending: null,
  flattenReason: null,
  lastEntryAt: null,
  decidedThrough: null,
};

interface ActorJson {
  readonly trade: Record<string, string | number> | null;
  readonly working: {
    readonly regime: Regime;
    readonly reserved: string;
    readonly tradeIds: string[];
    readonly previousEntryAt: number | null;
  } | null;
  readonly flattenReason: string | null;
  readonly lastEntryAt: number | null;
  readonly decidedThrough: number | null;
}

export function durableState(state: SymbolState, mode: string): DurableState {
  const { trade, working } = state;
  const actor: ActorJson = {
    trade:
      trade === null
        ? null
        : {
            entryPrice: formatDecimal(trade.entryPrice),
            entryTime: trade.entryTime,
            entryRegime: trade.entryRegime,
            highWaterMark: formatDecimal(trade.highWaterMark),
            fees: formatDecimal(trade.fees),
            realized: formatDecimal(trade.realized),
            bought: formatDecimal(trade.bought),
            boughtNotional: formatDecimal(trade.boughtNotional),
            sold: formatDecimal(trade.sold),
            soldNotional: formatDecimal(trade.soldNotional),
          },
    working:
      working === null
        ? null
        : {
            regime: working.regime,
            reserved: formatDecimal(working.reserved),
            tradeIds: [...working.tradeIds],
            previousEntryAt: working.previousEntryAt,
          },
    flattenReason: state.flattenReason,
    lastEntryAt: state.lastEntryAt,
    decidedThrough: state.decidedThrough,
  };
  return {
    mode,
    regime: state.regime,
    highWaterMark: trade?.highWaterMark ?? null,
    openedAt: state.openedAt,
    pausedReason: state.pausedReason,
    haltedReason: state.haltedReason,
    actor: JSON.stringify(actor),
  };
}

/** The state a claim found, with the order that is still open. Throws on a remainder that can't be read. */
export function restoreState(claimed: ClaimedPosition, openOrder: Order | undefined): SymbolState {
  const { durable } = claimed;
  const state: SymbolState = { ...INITIAL_STATE, position: claimed.position };
  if (durable === null) return state;
  const actor = (JSON.parse(durable.actor) ?? {}) as Partial<ActorJson>;
  return {
    ...state,
    regime: durable.regime as Regime | null,
    openedAt: durable.openedAt,
    pausedReason: durable.pausedReason,
    haltedReason: durable.haltedReason,
    trade: actor.trade ? restoreTrade(actor.trade) : null,
    working: openOrder === undefined || isFinal(openOrder.status) ? null : restoreWorking(openOrder, actor.working),
    flattenReason: actor.flattenReason ?? null,
    lastEntryAt: actor.lastEntryAt ?? null,
    decidedThrough: actor.decidedThrough ?? null,
  };
}

function restoreTrade(json: Record<string, string | number>): ManagedTrade {
  const decimal = (name: string): Units => parseDecimal(String(json[name]));
  return {
    entryPrice: decimal('entryPrice'),
    entryTime: Number(json.entryTime),
    entryRegime: json.entryRegime as Regime,
    highWaterMark: decimal('highWaterMark'),
    fees: decimal('fees'),
    realized: decimal('realized'),
    bought: decimal('bought'),
    boughtNotional: decimal('boughtNotional'),
    sold: decimal('sold'),
    soldNotional: decimal('soldNotional'),
  };
}

function restoreWorking(order: Order, json: ActorJson['working'] | undefined): WorkingOrder {
  return {
    order,
    regime: json?.regime ?? 'UNKNOWN',
    reserved: parseDecimal(json?.reserved ?? '0'),
    tradeIds: json?.tradeIds ?? [],
    previousEntryAt: json?.previousEntryAt ?? null,
  };
}
