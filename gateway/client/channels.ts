/** Channels and what they carry, as docs/FEED.md describes it: types for whoever reads the feed. */
import type { Channel, FeedEvent, Stop } from '../../protocol/feed.ts';

/** Decimals are strings, times ISO-8601 UTC. */
export interface PositionData {
  readonly symbol: string;
  readonly quantity: string;
  /** What the held quantity cost, fees excluded. */
  readonly cost: string;
  /** Null when nothing is held. */
  readonly averagePrice: string | null;
  readonly realizedPnl: string;
  /** The journal row that the position is right after. */
  readonly version: number;
  readonly regime: string | null;
  readonly highWaterMark: string | null;
  readonly openedAt: string | null;
}

export type OrderData = Readonly<Record<string, unknown>>;

/** What a candle closed at: a price of the past. */
export interface LastClose {
  readonly price: string;
  readonly at: string;
}

export interface SymbolSnapshot {
  readonly symbol: string;
  readonly position: PositionData;
  readonly mode: string;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  /** Who said so and when, a halt first. */
  readonly stops: readonly Stop[];
  /** The Pod whose actor trades the symbol. */
  readonly owner: string | null;
  readonly epoch: number;
  readonly openOrders: readonly OrderData[];
  /** Of the newest stored candle; null without one. */
  readonly lastClose: LastClose | null;
}

export interface AccountSnapshot {
  readonly cash: string;
  readonly reserved: string;
  readonly deposits: string;
  readonly withdrawals: string;
  /** Reasons. */
  readonly paused: string | null;
  readonly halted: string | null;
  /** Who gave them and when, a halt first. */
  readonly stops: readonly Stop[];
  readonly version: number;
}

/** The valued account, as the engine answers it. */
export interface AccountLive {
  readonly cash: string;
  readonly reserved: string;
  /** Cash and positions at market. */
  readonly equity: string;
  /** Positions at market and open reservations. */
  readonly exposure: string;
  /** Equity when the day began; null before its first price. */
  readonly referenceEquity: string | null;
  readonly day: {
    readonly day: string;
    /** Realized after fees. */
    readonly profit: string;
    readonly entries: number;
    readonly lossesInRow: number;
    /** Deposits less withdrawals since the reference was taken, and equity against the reference without them. */
    readonly netDeposits: string | null;
    readonly equityProfit: string | null;
  };
  /** What entries have to keep to; shares are of 1. With `enforced` false nobody looks at them. */
  readonly limits: {
    readonly enforced: boolean;
    readonly orderShareMax: number;
    readonly exposureShareMax: number;
    readonly cashReserveShare: number;
    readonly dailyLossShareMax: number;
    readonly dailyEntriesMax: number;
    readonly positionsMax: number;
    readonly lossesInARowMax: number;
    readonly cooldownMs: number;
    readonly entryIntervalMs: number;
  };
  readonly paused: string | null;
  readonly halted: string | null;
  readonly deposits: string;
  readonly withdrawals: string;
  readonly version: number;
}

export interface ClusterSnapshot {
  readonly pods: readonly {
    readonly pod: string;
    readonly incarnation: string;
    readonly draining: boolean;
    /** Its lease runs. */
    readonly live: boolean;
    readonly heartbeatAt: string;
  }[];
  readonly symbols: readonly { readonly symbol: string; readonly owner: string | null; readonly epoch: number }[];
}

export interface DecisionsSnapshot {
  /** Oldest first. */
  readonly recent: readonly FeedEvent[];
}

/** What the engine answers about a symbol at the moment. */
export interface SymbolLive {
  readonly mode: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  readonly openOrders: readonly OrderData[];
  /** Prices that end the position; null without one. */
  readonly exits: { readonly stop: string; readonly target: string; readonly stopReason: string } | null;
  /** The highest price since the entry; null without a position that the engine manages. */
  readonly highWaterMark: string | null;
  readonly explain: Readonly<Record<string, unknown>> | null;
}

export type SymbolChannel = `symbol:${string}`;
type Anything = Readonly<Record<string, unknown>>;

/** What a snapshot of the channel holds. */
export type SnapshotData<Name extends Channel> = Name extends SymbolChannel
  ? SymbolSnapshot
  : Name extends 'account'
    ? AccountSnapshot
    : Name extends 'cluster'
      ? ClusterSnapshot
      : Name extends 'decisions'
        ? DecisionsSnapshot
        : Anything;

/** What a `state` message of the channel holds. */
export type LiveData<Name extends Channel> = Name extends SymbolChannel
  ? SymbolLive
  : Name extends 'account'
    ? AccountLive
    : Anything;

export function symbolChannel(symbol: string): SymbolChannel {
  return `symbol:${symbol}`;
}

/** False for `decisions`, which mixes streams and cannot be resumed. */
export function isSequenced(channel: Channel): boolean {
  return channel !== 'decisions';
}
