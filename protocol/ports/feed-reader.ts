/** What the gateway reads of the ledger: consistent snapshots with the seq they belong to, heads of streams, and pages. */
import type { CandleJson, FeedEvent } from '../feed.ts';
import type { StoredRow } from './ledger.ts';

export interface FeedSnapshot {
  /** The journal row that the data is right after. */
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EquityPoint {
  /** ISO-8601, UTC. */
  readonly at: string;
  /** Decimal strings. */
  readonly equity: string;
  readonly cash: string;
  /** Deposits less withdrawals until then. */
  readonly netDeposits: string;
}

export interface Page {
  readonly limit: number;
  /** A cursor of an earlier page; undefined for the newest. */
  readonly before?: string | undefined;
}

export interface FeedReader {
  /** Heads of all streams of the ledger: every symbol, `account` and `cluster`. In one statement. */
  heads(): Promise<ReadonlyMap<string, number>>;
  /** Rows of a stream in order of seq, after `afterSeq`. */
  journal(stream: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]>;
  /** Undefined for a symbol the ledger does not know. Data and seq are of one moment. Shapes: docs/FEED.md. */
  symbolSnapshot(symbol: string): Promise<FeedSnapshot | undefined>;
  accountSnapshot(): Promise<FeedSnapshot>;
  clusterSnapshot(): Promise<FeedSnapshot>;
  /** The newest rows of kinds `decision` and `signal` over all symbols, oldest first. */
  recentDecisions(count: number): Promise<readonly StoredRow[]>;
  positions(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Newest first. */
  trades(
    page: Page & { readonly symbol?: string | undefined },
  ): Promise<{ readonly trades: readonly unknown[]; readonly before: string | null }>;
  /** Oldest first; `before` is an ISO time, exclusive. */
  candles(symbol: string, page: Page): Promise<readonly CandleJson[]>;
  /** Newest first; `before` is a seq, exclusive. */
  fills(symbol: string, page: Page): Promise<readonly FeedEvent[]>;
  /** Equal steps from `from` (milliseconds; undefined: the beginning) to the newest market time. */
  equity(options: { readonly from?: number | undefined; readonly points: number }): Promise<readonly EquityPoint[]>;
}
