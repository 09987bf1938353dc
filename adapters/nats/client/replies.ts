/** What is answered, as it travels: decimals are strings, times ISO-8601 UTC. A newer engine may add fields. */
import type { ErrorReply } from '../../../protocol/errors.ts';
import type { Decimal, Side, Time } from './requests.ts';

/** Every answer is a value: what was asked for, or why not. Nothing that happens outside is thrown. */
export type Answer<Body> = ({ readonly ok: true } & Body) | ErrorReply;

export interface Position {
  readonly symbol: string;
  readonly quantity: Decimal;
  /** Without fees, like the average price. */
  readonly cost: Decimal;
  /** Null without a position. */
  readonly averagePrice: Decimal | null;
  readonly realizedPnl: Decimal;
  /** Counts the changes of the symbol, one by one. */
  readonly version: number;
  readonly regime: string | null;
  readonly highWaterMark: Decimal | null;
  readonly openedAt: Time | null;
}

export interface Order {
  readonly id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: 'market' | 'limit';
  readonly status: string;
  readonly intent: string;
  readonly quantity: Decimal | null;
  readonly amount: Decimal | null;
  readonly price: Decimal | null;
  readonly filledQuantity: Decimal;
  readonly filledNotional: Decimal;
  readonly fees: Decimal;
  readonly reason: string | null;
}

export interface FillReply {
  /** Version of the symbol that this fill made, and its position right after it. */
  readonly version: number;
  readonly position: Position;
}

export interface FillsReply {
  /** In the order of the request. */
  readonly results: readonly Answer<FillReply>[];
}

export interface OrderReply {
  readonly order: Order;
  /** Missing when the order was over before this answer was asked for. */
  readonly position?: Position;
}

export interface ControlReply {
  readonly mode: string;
  readonly haltedReason: string | null;
  /** Missing, like what follows, from the answer to a resume that starts a crashed symbol again. */
  readonly pausedReason?: string | null;
  readonly version?: number;
  readonly position?: Position;
}

export interface SymbolReply {
  /** Null while the symbol is halted because its actor keeps crashing. */
  readonly position: Position | null;
  readonly mode: string;
  /** The Pod that answers. */
  readonly owner: string;
  readonly epoch: number;
  readonly openOrders: readonly Order[];
  readonly haltedReason: string | null;
  readonly pausedReason?: string | null;
  /** The position is too small for the venue to sell. */
  readonly dust?: boolean;
  /** Where the engine would sell at the moment; null without a position that it manages. */
  readonly exits?: { readonly stop: string; readonly stopReason: string; readonly target: string } | null;
}

/** A command as the ledger holds it: accepted, once. */
export interface KnownCommand {
  readonly id: string;
  /** Kind of its journal row: fill, signal (an order), mode (pause, resume, halt, flatten, resolve). */
  readonly kind: string;
  readonly version: number;
  readonly at: Time;
  /** The position right after it. */
  readonly position: Position;
  /** The first answer where the ledger tells it: for a fill, and for an order whose fate is known. */
  readonly reply: Answer<FillReply> | Answer<OrderReply> | null;
}

export interface CommandReply extends SymbolReply {
  /** Null: nothing was accepted under this id so far. See docs/CLIENT.md for when that is final. */
  readonly command: KnownCommand | null;
}

export interface ExplainReply {
  readonly symbol: string;
  readonly at: Time;
  readonly regime: string;
  readonly decision: 'HOLD' | 'ENTER' | 'NO_ENTRY';
  readonly reason: string;
  readonly checks: readonly {
    readonly name: string;
    readonly value: unknown;
    readonly limit: unknown;
    readonly pass: boolean;
  }[];
  readonly preset: string;
}

export interface Account {
  readonly cash: Decimal;
  readonly reserved: Decimal;
  readonly equity: Decimal;
  readonly exposure: Decimal;
  readonly referenceEquity: Decimal | null;
  readonly day: {
    readonly day: string;
    readonly profit: Decimal;
    readonly entries: number;
    readonly lossesInRow: number;
    /** Deposits less withdrawals since the reference equity was fixed. Null, like the next, before it was. */
    readonly netDeposits: Decimal | null;
    /** Equity against its reference, without that cash. */
    readonly equityProfit: Decimal | null;
  };
  /** What an entry has to keep to, by the names of domain/risk.ts; with `enforced` false most of it is not looked at. */
  readonly limits: { readonly enforced: boolean; readonly [name: string]: unknown };
  /** Why entries are paused or halted; null when they are not. */
  readonly paused: string | null;
  readonly halted: string | null;
  readonly deposits: Decimal;
  readonly withdrawals: Decimal;
  readonly version: number;
}

export interface AccountReply {
  readonly account: Account;
}

export interface LimitsReply extends AccountReply {
  readonly enforced: boolean;
  readonly limits: Readonly<Record<string, unknown>>;
  /** Those of them that a person has set. */
  readonly set: Readonly<Record<string, unknown>>;
}

export interface FlattenReply extends AccountReply {
  /** `told` sells, or has nothing to sell; `under way` is told again until it answers; `refused` says why it can't. */
  readonly symbols: readonly {
    readonly symbol: string;
    readonly state: 'told' | 'refused' | 'under way';
    readonly reason?: string;
  }[];
}

export interface ClusterReply {
  readonly pods: readonly {
    readonly pod: string;
    readonly incarnation: string;
    readonly symbols: number;
    readonly draining: boolean;
    /** joining, serving or draining. */
    readonly state: string;
    readonly heartbeatAgeMs: number;
    readonly live: boolean;
  }[];
  readonly symbols: readonly {
    readonly symbol: string;
    readonly owner: string | null;
    readonly epoch: number;
    readonly mode: string;
  }[];
}

export interface DrainReply {
  readonly pod: string;
  readonly draining: boolean;
}

/** That it answers is the answer. */
export type PingReply = Readonly<Record<string, unknown>>;

export interface PodReply {
  readonly pod: string;
  readonly incarnation: string;
  readonly symbols: readonly {
    readonly symbol: string;
    readonly mode: string;
    readonly epoch: number;
    readonly waiting: number;
    readonly crashes: number;
  }[];
  /** Counters of the Pod: commands, refusals, and more. */
  readonly [counter: string]: unknown;
}
