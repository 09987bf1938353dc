/** What the feed counts since its start, for metrics. The hub adds what it can tell at the moment of asking. */
export interface FeedCounts {
  eventsPublished: number;
  /** Events that the bus did not bring, or too late. */
  gapRows: number;
  gapReads: number;
  /** Snapshots sent because a client read too slowly, or because a stream could not be caught up. */
  resyncs: number;
  snapshotReads: number;
  replayReads: number;
  ledgerFailures: number;
  stateFailures: number;
  /** Messages from the bus that could not be read. */
  badMessages: number;
  /** Messages of clients that were answered with an error, and connections closed for breaking a rule. */
  refused: number;
  closedForRules: number;
}

export interface FeedStats extends FeedCounts {
  readonly clients: number;
  readonly subscriptions: number;
  readonly streams: number;
  /** How long the oldest event that is known of and not published has waited. */
  readonly lagMs: number;
  /** Rows that the ledger or the bus told of and that are not published. */
  readonly rowsBehind: number;
}

export function zeroCounts(): FeedCounts {
  return {
    eventsPublished: 0,
    gapRows: 0,
    gapReads: 0,
    resyncs: 0,
    snapshotReads: 0,
    replayReads: 0,
    ledgerFailures: 0,
    stateFailures: 0,
    badMessages: 0,
    refused: 0,
    closedForRules: 0,
  };
}
