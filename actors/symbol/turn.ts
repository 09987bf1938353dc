/**
 * One turn: the handling of one message. It collects what the message changes as data; nothing here is visible to anyone
 * until the runner has committed it. A turn may be run again after a commit turned out void, from another state, so
 * handlers depend on nothing but the state, the message and what the turn offers.
 */

import type { Instrument } from '../../domain/instrument.ts';
import type { Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import { applyFill, cashDelta, type Execution, type Fill, priceFill } from '../../domain/position.ts';
import type { Preset } from '../../domain/preset.ts';
import { dayOf } from '../../domain/risk.ts';
import type { ClosedTrade } from '../../domain/trade.ts';
import type { Volatility } from '../../domain/volatility.ts';
import type { OkReply, Reply } from '../../protocol/errors.ts';
import type {
  FunnelCount,
  IntentRefusalCode,
  JournalRow,
  ReservationChange,
  RiskChange,
  StoredRow,
} from '../../protocol/ports/ledger.ts';
import type { EventKind } from '../../protocol/subjects.ts';
import type { EntryAsk } from './entry-ask.ts';
import type { Modes } from './modes.ts';
import type { FillResults, RefusedFills } from './record-fills.ts';
import type { SymbolState } from './state.ts';

/** What is to be done in the world once the turn is committed. */
export type Effect =
  | { readonly type: 'reserve'; readonly ask: EntryAsk }
  | { readonly type: 'release'; readonly reservationId: string }
  | { readonly type: 'submit'; readonly order: Order }
  | { readonly type: 'cancel'; readonly clientOrderId: string }
  | { readonly type: 'query'; readonly clientOrderId: string; readonly delayMs: number }
  /** Answers the callers that wait for an order. */
  | { readonly type: 'answer'; readonly clientOrderId: string; readonly reply: Reply }
  /** Answers them from the ledger: the order is over. */
  | { readonly type: 'lookup'; readonly clientOrderId: string }
  /** Answers who waits for `key` with `reply` and what the ledger holds under the id of a command. */
  | { readonly type: 'find'; readonly key: string; readonly commandId: string; readonly reply: OkReply }
  /** Answers who waits for `key`, once the ledger has said which of the refused fills it knows. */
  | { readonly type: 'confirm'; readonly key: string; readonly refused: RefusedFills }
  | { readonly type: 'count'; readonly funnelKey: string }
  | { readonly type: 'closed'; readonly trade: ClosedTrade };

/** The symbol's fixed surroundings. */
export interface SymbolSettings {
  readonly symbol: string;
  readonly preset: Preset;
  /** Fingerprint of the preset's parameters, stored with every decision. */
  readonly parametersHash: string;
  readonly instrument: Instrument;
  readonly feeRate: Units;
}

/** What the market says at the moment; updated before the turn, never taken back. */
export interface MarketNow {
  readonly price: number | undefined;
  readonly at: number | undefined;
  /** Open time of the last closed candle. */
  readonly closedThrough: number | undefined;
  readonly volatility: Volatility;
}

const NONE: readonly never[] = [];
const NO_ORDERS: ReadonlyMap<string, Order> = new Map();

export class Turn {
  readonly settings: SymbolSettings;
  readonly modes: Modes;
  readonly market: MarketNow;
  /** Wall time of the message. */
  readonly receivedAt: number;
  state: SymbolState;
  version: number;
  /** What most turns have none of shares one empty list: tens of thousands of turns are made a second. */
  #rows: StoredRow[] | undefined;
  #orders: Map<string, Order> | undefined;
  #reservations: ReservationChange[] | undefined;
  #effects: Effect[] | undefined;
  #funnel: FunnelCount[] | undefined;
  cash: Units = 0n;
  /** Change of free cash: that of cash, and what reservations gave back. */
  freed: Units = 0n;
  /** Free cash at the start of the turn that its most demanding step asks for: what the commit checks under the lock. */
  cashNeeded: Units = 0n;
  risk: RiskChange | null = null;
  reply: Reply | undefined;
  /** Fills from outside: the reply is told from their rows. */
  recorded: FillResults | undefined;
  /** Set when the answer comes later, with this order. */
  awaits: string | undefined;
  /** The state beyond the numbers changed and has to be stored. */
  durableChanged = false;
  readonly #memory: TurnMemory;

  constructor(options: {
    readonly settings: SymbolSettings;
    readonly modes: Modes;
    readonly market: MarketNow;
    readonly receivedAt: number;
    readonly state: SymbolState;
    readonly version: number;
    readonly memory: TurnMemory;
  }) {
    this.settings = options.settings;
    this.modes = options.modes;
    this.market = options.market;
    this.receivedAt = options.receivedAt;
    this.state = options.state;
    this.version = options.version;
    this.#memory = options.memory;
  }

  get rows(): readonly StoredRow[] {
    return this.#rows ?? NONE;
  }

  /** The last state of each order this turn changed. */
  get orders(): ReadonlyMap<string, Order> {
    return this.#orders ?? NO_ORDERS;
  }

  get reservations(): readonly ReservationChange[] {
    return this.#reservations ?? NONE;
  }

  get effects(): readonly Effect[] {
    return this.#effects ?? NONE;
  }

  /** Decisions at a close that are counted with this commit. */
  get funnel(): readonly FunnelCount[] {
    return this.#funnel ?? NONE;
  }

  putOrder(order: Order): void {
    this.#orders ??= new Map();
    this.#orders.set(order.clientOrderId, order);
  }

  addReservation(change: ReservationChange): void {
    this.#reservations ??= [];
    this.#reservations.push(change);
  }

  addEffect(effect: Effect): void {
    this.#effects ??= [];
    this.#effects.push(effect);
  }

  addFunnel(count: FunnelCount): void {
    this.#funnel ??= [];
    this.#funnel.push(count);
  }

  /** The stored row of an id the ledger is known to hold (learned from a void commit). */
  known(id: string): StoredRow | undefined {
    return this.#memory.known.get(id);
  }

  /** The row of an id decided earlier and not committed yet: the duplicate joins it. */
  undecided(id: string): StoredRow | undefined {
    return this.#memory.uncommitted.get(id);
  }

  /** Free cash when a commit has just said how much there is; undefined while nothing speaks against the buy. */
  get freeCash(): Units | undefined {
    return this.#memory.freeCash?.units;
  }

  get intentRefusal(): TurnMemory['intentRefusal'] {
    return this.#memory.intentRefusal;
  }

  /**
   * The last candle whose close is in the past of this turn; null before the first. It never goes back: right after a start
   * the candles read back may end before the last decision, because a candle is stored after it was decided on.
   */
  get closedThrough(): number | null {
    const { closedThrough } = this.market;
    const { decidedThrough } = this.state;
    if (closedThrough === undefined) return decidedThrough;
    return decidedThrough === null ? closedThrough : Math.max(closedThrough, decidedThrough);
  }

  change(next: Partial<SymbolState>): void {
    this.state = { ...this.state, ...next };
    this.durableChanged = true;
  }

  /**
   * Records an execution: journal row, position, cash. `reserved`: what its order's reservation gives back by it; null for
   * an execution from outside, which needs free cash for all it takes.
   */
  fill(
    execution: Execution,
    row: { id: string; at: number; orderId: string | null; request: string | null; reserved: Units | null },
  ): Fill {
    const fill = priceFill(this.state.position, execution);
    const before = this.state.position;
    const position = applyFill(before, fill);
    const openedAt = position.quantity === 0n ? null : (this.state.openedAt ?? row.at);
    // Opened or closed: what came before is never decided again from the new position.
    if (openedAt !== this.state.openedAt) this.change({ openedAt, decidedThrough: this.closedThrough });
    this.state = { ...this.state, position };
    const delta = cashDelta(fill);
    if (row.reserved === null && delta < 0n) {
      const needed = -delta - this.freed;
      if (needed > this.cashNeeded) this.cashNeeded = needed;
    }
    this.cash += delta;
    this.addFree(delta + (row.reserved ?? 0n));
    this.append({
      kind: 'fill',
      id: row.id,
      at: row.at,
      fill,
      orderId: row.orderId,
      request: row.request,
      body: viewBody(this.state, this.#memory),
    });
    this.countRisk(row.at, fill.realized - fill.fee);
    return fill;
  }

  /** Records a change that is not a fill. */
  note(kind: EventKind, row: { id: string; at: number; body: unknown; request?: string; orderId?: string }): void {
    this.append({
      kind,
      id: row.id,
      at: row.at,
      fill: null,
      orderId: row.orderId ?? null,
      request: row.request ?? null,
      body: JSON.stringify(row.body),
    });
  }

  countRisk(at: number, profit: Units, entries = 0, closed?: { readonly profit: Units; readonly at: number }): void {
    // Fills recorded without profit or fee leave the day's counters alone: the common case costs nothing.
    if (profit === 0n && entries === 0 && closed === undefined) return;
    const current = this.risk ?? { day: dayOf(at), profit: 0n, entries: 0, closed: [] };
    this.risk = {
      day: current.day,
      profit: current.profit + profit,
      entries: current.entries + entries,
      closed: closed === undefined ? current.closed : [...current.closed, closed],
    };
  }

  private addFree(units: Units): void {
    this.freed += units;
    const { freeCash } = this.#memory;
    if (freeCash !== undefined) freeCash.units += units;
  }

  private append(row: Omit<JournalRow, 'positionAfter'>): void {
    this.version += 1;
    const { id, kind, at, fill, orderId, request, body } = row;
    const { symbol } = this.settings;
    const stored: StoredRow = {
      symbol,
      seq: this.version,
      id,
      kind,
      at,
      fill,
      orderId,
      positionAfter: this.state.position,
      request,
      body,
    };
    if (this.#rows === undefined) this.#rows = [stored];
    else this.#rows.push(stored);
    this.#memory.uncommitted.set(id, stored);
  }
}

/** What the runner remembers between turns until their commits are answered. */
export interface TurnMemory {
  readonly known: Map<string, StoredRow>;
  readonly uncommitted: Map<string, StoredRow>;
  freeCash: { units: Units } | undefined;
  /** The body of the last fill's row, and what it says. */
  viewed: (Pick<SymbolState, 'regime' | 'openedAt'> & { highWaterMark: Units | null; body: string }) | undefined;
  /** Why the account did not let a reservation be used, learned from a refused commit. */
  intentRefusal: { readonly code: IntentRefusalCode; readonly reason: string } | undefined;
}

/** The part of a position's public view that is not in the row's own columns; null when there is nothing. */
function viewBody({ regime, trade, openedAt }: SymbolState, memory: TurnMemory): string | null {
  const highWaterMark = trade === null ? null : trade.highWaterMark;
  if (regime === null && highWaterMark === null && openedAt === null) return null;
  const { viewed } = memory;
  // Fills in a row rarely change it.
  if (viewed?.regime === regime && viewed.highWaterMark === highWaterMark && viewed.openedAt === openedAt) {
    return viewed.body;
  }
  const body = JSON.stringify({ regime, highWaterMark: highWaterMark?.toString() ?? null, openedAt });
  memory.viewed = { regime, highWaterMark, openedAt, body };
  return body;
}
