/** What the pages see: filled by the store from the feed and the read API, read by every component through signals. */
import type { ReadonlySignal } from '@preact/signals';
import type { CandleJson, FeedEvent, Stop } from '../../../protocol/feed.ts';
import type { PositionData } from '../../client/channels.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** A value and when the engine said it (milliseconds of this browser's clock), so that a page can show its age. */
export interface Aged<T> {
  readonly value: T;
  readonly heardAt: number;
}

export interface Price extends Aged<string> {
  /** Market time, ISO-8601: nobody has heard a trade yet, and this is the close of a candle that ended then. */
  readonly closedAt?: string;
}

export interface EntryCheck {
  readonly name: string;
  readonly value: number | string | null;
  readonly limit: number | string | null;
  readonly pass: boolean;
}

export interface SymbolView {
  readonly position: PositionData;
  readonly mode: string;
  readonly pausedReason: string | null;
  readonly haltedReason: string | null;
  /** Who gave these reasons and when, by the journal. */
  readonly stops: readonly Stop[];
  readonly owner: string | null;
  readonly epoch: number;
  readonly openOrders: readonly Readonly<Record<string, unknown>>[];
  /** Price levels that end the position; null without one. */
  readonly exits: { readonly stop: string; readonly target: string; readonly stopReason: string } | null;
  readonly explain: {
    readonly decision: string;
    readonly reason: string;
    readonly regime: string;
    readonly at: string;
    readonly checks: readonly EntryCheck[];
  } | null;
}

export interface AccountView {
  readonly cash: string;
  readonly reserved: string;
  readonly equity: string;
  readonly exposure: string;
  readonly referenceEquity: string | null;
  readonly day: {
    readonly day: string;
    readonly profit: string;
    readonly entries: number;
    readonly lossesInRow: number;
    /** Deposits less withdrawals since the reference was taken, and equity against it without them. */
    readonly netDeposits: string | null;
    readonly equityProfit: string | null;
  };
  /** Null: the engine has not told them. */
  readonly limits: AccountLimits | null;
  readonly paused: string | null;
  readonly halted: string | null;
  readonly stops: readonly Stop[];
  readonly deposits: string;
  readonly withdrawals: string;
}

/** By the names of domain/risk.ts; shares are of 1. */
export interface AccountLimits {
  readonly enforced: boolean;
  readonly dailyLossShareMax: number;
  readonly dailyEntriesMax: number;
  readonly positionsMax: number;
  readonly lossesInARowMax: number;
  readonly exposureShareMax: number;
}

export interface ClusterView {
  readonly pods: readonly {
    readonly pod: string;
    readonly live: boolean;
    readonly symbols: number;
    readonly draining: boolean;
    /** When it was heard of; null: unknown. */
    readonly heartbeatAgeMs: number | null;
  }[];
  readonly symbols: readonly {
    readonly symbol: string;
    readonly owner: string | null;
    readonly epoch: number;
    readonly mode: string;
  }[];
}

export interface EquityPoint {
  readonly at: string;
  readonly equity: string;
  readonly cash: string;
  readonly netDeposits: string;
}

export interface EquityCurve {
  readonly points: readonly EquityPoint[];
  readonly maxDrawdown: string | null;
}

export type CommandName = 'pause' | 'resume' | 'halt' | 'flatten';

export interface Command {
  /** A UUID. Whoever asks again because nobody knows the outcome sends the same one. */
  readonly id: string;
  readonly target: 'symbol' | 'account';
  readonly symbol?: string;
  readonly command: CommandName;
  readonly reason: string;
  readonly by: string;
}

export interface Store {
  readonly connection: ReadonlySignal<Connection>;
  /** When the connection was lost; null while it lives. */
  readonly lostAt: ReadonlySignal<number | null>;
  /** Ticks once a second: what shows an age reads it. */
  readonly now: ReadonlySignal<number>;
  readonly symbols: ReadonlySignal<readonly string[]>;
  /** Undefined until the first snapshot of the symbol. The signal of a symbol is the same one for as long as it is listed. */
  symbol(symbol: string): ReadonlySignal<Aged<SymbolView> | undefined>;
  price(symbol: string): ReadonlySignal<Price | undefined>;
  /** The last closed candle heard of. */
  candle(symbol: string): ReadonlySignal<CandleJson | undefined>;
  readonly account: ReadonlySignal<Aged<AccountView> | undefined>;
  readonly cluster: ReadonlySignal<Aged<ClusterView> | undefined>;
  readonly equity: ReadonlySignal<EquityCurve | undefined>;
  /** The newest events of all symbols, account and cluster, newest first; at most 200. */
  readonly events: ReadonlySignal<readonly FeedEvent[]>;
  /** Of one symbol, each exactly once and in order; returns how to stop. */
  onEvent(symbol: string, listener: (event: FeedEvent) => void): () => void;
  candles(symbol: string, limit: number): Promise<readonly CandleJson[]>;
  /** Newest first. */
  fills(symbol: string, limit: number): Promise<readonly FeedEvent[]>;
  /** The engine's own reply. Rejects only when nobody knows what became of it. */
  command(command: Command): Promise<{
    readonly ok: boolean;
    readonly error?: { readonly code: string; readonly message: string };
    readonly [field: string]: unknown;
  }>;
}
