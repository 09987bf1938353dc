/**
 * The durable side of the engine as its users see it: commits of symbols, ownership, the account, and reads.
 * Postgres and the memory twin stand behind the same ports and pass the same contract suite.
 */

import type { Candle } from '../../domain/candle.ts';
import type { Units } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { Fill, Position } from '../../domain/position.ts';
import type { RiskCode, RiskDenied, RiskSettings } from '../../domain/risk.ts';
import type { ClosedTradeJson } from '../../domain/trade.ts';

/** What a symbol's actor must find again after a crash, beside its numbers. */
export interface DurableState {
  readonly mode: string;
  readonly regime: string | null;
  readonly highWaterMark: Units | null;
  readonly openedAt: number | null;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  /** The actor's own remainder, JSON. */
  readonly actor: string;
}

/** One change of one symbol: command record, event and history at once. Its `seq` is the version it made. */
export interface JournalRow {
  /** The command's id, or an id that is a pure function of what the engine decided. */
  readonly id: string;
  readonly kind: string;
  /** Market or wall time of the change, milliseconds. */
  readonly at: number;
  readonly fill: Fill | null;
  readonly orderId: string | null;
  readonly positionAfter: Position;
  /** Canonical form of the command, to tell a retry from another command under the same id. Null for own rows. */
  readonly request: string | null;
  /** JSON with everything else the reply and the event are derived from. */
  readonly body: string | null;
}

export interface StoredRow extends JournalRow {
  readonly symbol: string;
  readonly seq: number;
}

/** What happens to the reservation of an order in the same transaction. */
export type ReservationChange =
  /** Held becomes used; refused when it is gone, or when halt, pause or the limits speak against it by now. */
  | { readonly id: string; readonly action: 'use' }
  /** `remaining` stays reserved; 0 with `final` closes it. */
  | { readonly id: string; readonly action: 'settle'; readonly remaining: Units; readonly final: boolean };

/** What a group adds to the risk counters of its UTC market day. */
export interface RiskChange {
  readonly day: string;
  /** Realized profit after fees, of fills of this group. */
  readonly profit: Units;
  readonly entries: number;
  /** Set when a trade closed: its profit after fees decides the streak of losses. */
  readonly closed: readonly { readonly profit: Units; readonly at: number }[];
}

/** Consecutive changes of one symbol, accepted or refused as a whole, independent of the other groups of the batch. */
export interface CommitGroup {
  readonly symbol: string;
  readonly epoch: number;
  readonly expectedVersion: number;
  readonly rows: readonly JournalRow[];
  readonly positionAfter: Position;
  /** Null when the durable state did not change. */
  readonly durableAfter: DurableState | null;
  readonly cashDelta: Units;
  /** Free cash the group needs at its most demanding point (for buys without a reservation); 0 when it needs none. */
  readonly cashNeeded: Units;
  readonly orders: readonly Order[];
  readonly reservations: readonly ReservationChange[];
  readonly risk: RiskChange | null;
  /** Decisions at a close that belong to this change. */
  readonly funnel: readonly FunnelCount[];
}

export type GroupOutcome =
  | { readonly type: 'committed' }
  /** The row's epoch or version is not what the writer believed: its authority is gone. */
  | { readonly type: 'fenced' }
  /** Nothing was written because these ids are known; their rows are here. */
  | { readonly type: 'duplicate'; readonly rows: readonly StoredRow[] }
  /** Nothing was written because free cash is short. */
  | { readonly type: 'insufficient'; readonly freeCash: Units }
  /** Nothing was written because the reservation may not be used any more. */
  | { readonly type: 'refused'; readonly code: IntentRefusalCode; readonly reason: string };

/** EXPIRED: the reservation is gone. */
export type IntentRefusalCode =
  | Extract<RiskCode, 'HALTED' | 'PAUSED' | 'COOLDOWN' | 'DAILY_LOSS' | 'DAILY_ENTRIES' | 'POSITIONS'>
  | 'EXPIRED';

/** One round trip, one transaction, any number of symbols; outcomes in the order of the groups. */
export interface CommitPort {
  commit(groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]>;
}

/** What the group-commit writer pulls changes from: a symbol's runner. */
export interface CommitSource {
  /** Up to about `rowsMax` rows not yet sent, as one group; undefined when there are none. */
  take(rowsMax: number): CommitGroup | undefined;
  /** The outcome of the oldest group taken and not yet settled. */
  settle(outcome: GroupOutcome): void;
  /** The commit of everything taken and not settled has an unknown outcome. */
  lost(cause: unknown): void;
}

export interface CommitQueue {
  /** Announces that `source` has rows to take. */
  dirty(source: CommitSource): void;
}

export interface AccountState {
  readonly cash: Units;
  readonly reserved: Units;
  readonly deposits: Units;
  readonly withdrawals: Units;
  readonly version: number;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  /** Limits a person has set: they come before those an engine is configured with. */
  readonly limits: Partial<RiskSettings>;
  /** What was told to sell everything and has not all answered yet. */
  readonly flatten: FlattenOrder | null;
  readonly lossesInRow: number;
  readonly cooldownFrom: number | null;
  readonly referenceEquity: Units | null;
  readonly referenceDay: string | null;
  /** Deposits less withdrawals when the reference was fixed. */
  readonly referenceNetDeposits: Units | null;
  readonly day: { readonly day: string; readonly profit: Units; readonly entries: number } | null;
  readonly positions: readonly HeldPosition[];
  readonly reservations: readonly Reservation[];
}

/** A person's word that everything is to be sold: every symbol is told, whoever owns the account meanwhile. */
export interface FlattenOrder {
  /** Id of the command. */
  readonly id: string;
  readonly reason: string;
  readonly by?: string;
  /** Those with a position or an open entry when the command was accepted. */
  readonly symbols: readonly string[];
}

export interface HeldPosition {
  readonly symbol: string;
  readonly quantity: Units;
  readonly cost: Units;
}

export interface Reservation {
  readonly id: string;
  readonly symbol: string;
  readonly remaining: Units;
  readonly status: 'held' | 'used';
}

export interface EntryRequest {
  /** Pure function of what was decided: asking twice reserves once. */
  readonly id: string;
  readonly symbol: string;
  readonly at: number;
}

/** The limits that may have been reached between the account's decision and the intent's commit. */
export interface IntentLimits {
  /** Market time of the decision, and its UTC date. */
  readonly at: number;
  readonly day: string;
  readonly cooldownMs: number;
  /** Realized loss of the day at which no entry is made. */
  readonly dailyLossMax: Units;
  readonly dailyEntriesMax: number;
  readonly positionsMax: number;
}

/** What the account decides about an entry, given the locked account. */
export type EntryVerdict =
  | {
      readonly granted: true;
      readonly amount: Units;
      readonly reserve: Units;
      /** By what the intent is judged again when it commits; absent when limits are not enforced. */
      readonly limits?: IntentLimits;
    }
  | { readonly granted: false; readonly denied: RiskDenied };

/** How an account command changes the locked account: new values, or a refusal. */
export type AccountChange =
  | {
      readonly ok: true;
      readonly cashDelta?: Units;
      readonly pausedReason?: string | null;
      readonly haltedReason?: string | null;
      readonly limits?: Partial<RiskSettings>;
      readonly flatten?: FlattenOrder | null;
      readonly body: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly code: 'INSUFFICIENT' | 'INVALID' | 'EXPIRED'; readonly message: string };

export interface AccountCommandInput {
  readonly id: string;
  readonly kind: string;
  readonly request: string;
  readonly at: number;
  /** Reservations not in use yet are released with it: their entries were decided under what it changes. */
  readonly releasesHeld?: boolean;
}

export type AccountCommitResult =
  | { readonly type: 'committed'; readonly state: AccountState; readonly seq: number; readonly body: string }
  | { readonly type: 'duplicate'; readonly request: string | null; readonly body: string; readonly state: AccountState }
  | { readonly type: 'refused'; readonly code: 'INSUFFICIENT' | 'INVALID' | 'EXPIRED'; readonly message: string }
  | { readonly type: 'fenced' };

/** The account as its owner valued it. */
export interface EquitySnapshot {
  /** Market time, milliseconds. */
  readonly at: number;
  readonly cash: Units;
  /** Cash and positions at market. */
  readonly equity: Units;
}

/** Every method reads the locked account row first and is refused (fenced) for an owner whose epoch is past. */
export interface AccountPort {
  read(day: string): Promise<AccountState>;
  apply(
    epoch: number,
    command: AccountCommandInput,
    change: (state: AccountState) => AccountChange,
  ): Promise<AccountCommitResult>;
  reserve(
    epoch: number,
    request: EntryRequest,
    day: string,
    decide: (state: AccountState) => EntryVerdict,
  ): Promise<EntryVerdict | 'fenced'>;
  /** Frees a reservation that is still held; one in use stays. Asking twice is harmless. */
  release(id: string): Promise<void>;
  /** Fixes the reference equity of a day once; the stored one wins. */
  setReference(epoch: number, day: string, equity: Units): Promise<void>;
  /** What the account was worth at a moment of market time; the first word about a moment stands. */
  recordEquity(epoch: number, point: EquitySnapshot): Promise<void>;
  /** How many losing trades in a row start the cooldown: commits count them. */
  setLossesInARowMax(epoch: number, count: number): Promise<void>;
}

export interface DeadLetter {
  readonly stream: string;
  readonly message: string;
  readonly error: string;
  readonly attempts: number;
}

export interface LedgerReader {
  openOrders(symbols: readonly string[]): Promise<readonly Order[]>;
  order(clientOrderId: string): Promise<Order | undefined>;
  journalRow(symbol: string, id: string): Promise<StoredRow | undefined>;
  heldReservations(symbols: readonly string[]): Promise<readonly Reservation[]>;
  /** The last seq of a stream; 0 when it has none. */
  head(stream: string): Promise<number>;
  /** Rows of a stream in order of seq, after `afterSeq`. */
  journal(symbol: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]>;
  /** The most recent closed candles up to `through` (inclusive), oldest first. */
  candles(symbol: string, count: number, through?: number): Promise<readonly Candle[]>;
  /** Closes of the most recent closed hours that end at or before `before`, oldest first, gaps filled. */
  hourCloses(symbol: string, count: number, before: number): Promise<readonly number[]>;
  /** Closed trades in the order of their exits, as they were published. */
  trades(): Promise<readonly ClosedTradeJson[]>;
  /** Sum of the funnel over all days and symbols. */
  funnel(): Promise<Readonly<Record<string, number>>>;
  /** Open time of the last stored candle of these symbols (of all without an argument); without candles: not in it. */
  lastCandles(symbols?: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface FunnelCount {
  readonly day: string;
  readonly symbol: string;
  /** `REGIME/REASON`. */
  readonly key: string;
  readonly count: number;
}

export interface LedgerWriter {
  /** Candles and the decisions counted on them, together or not at all: what is not stored is decided again. */
  storeCandles(
    candles: readonly { readonly symbol: string; readonly candle: Candle }[],
    funnel?: readonly FunnelCount[],
  ): Promise<void>;
  storeDeadLetter(letter: DeadLetter): Promise<void>;
  /** Refuses (with a sentence) a ledger that belongs to another venue or feed kind; remembers on first use. */
  remember(venue: string, feed: string): Promise<string | undefined>;
}
