/** Bounds of the feed that are nobody else's business (I10), and what happens when each is reached. */

/** Rows of one journal read; a longer gap takes several, one after another. */
export const JOURNAL_PAGE_ROWS = 500;

/** Bus events of a stream held back for an earlier one; more are dropped and come from the journal. */
export const HELD_EVENTS_MAX = 1_024;

/** Events a stream keeps in memory while somebody catches up: what is published during a read must be there after it. */
export const CATCH_UP_EVENTS_MAX = 4_096;

/** A stream that is further behind than this is not caught up event by event: its clients get a snapshot. */
export const BEHIND_ROWS_MAX = 10_000;

/** Reads that do not find the rows a stream is said to have; then its clients get a snapshot. */
export const MISSING_READS_MAX = 5;

/** Reads of the ledger under way; more wait their turn. There are at most two for each stream. */
export const LEDGER_READS_MAX = 8;

/** A read that takes longer has failed and is tried again. */
export const LEDGER_READ_MS_MAX = 5_000;

/** Pauses between attempts to read a ledger that is away: the first, doubled up to the last. */
export const BACKOFF_FIRST_MS = 50;
export const BACKOFF_MS_MAX = 1_000;

/** A snapshot this young is sent again, with the events since: a thousand clients at once cost one read. */
export const SNAPSHOT_AGE_MS_MAX = 500;

/** Heads younger than this say that a symbol does not exist; older ones are read again first. */
export const HEADS_TRUSTED_MS = 100;

/** A channel that nobody watches is kept this long, so that who comes back resumes from memory. */
export const LINGER_MS = 30_000;

/** How often the channels are looked at: whose state is due, which nobody has watched for long. */
export const LOOK_INTERVAL_MS = 100;

/** Requests for state under way; what is due then waits. */
export const STATE_REQUESTS_MAX = 32;
export const STATE_ANSWER_MS_MAX = 2_000;
/** A move of the price asks for the state this often, and nothing at all this often. */
export const STATE_AFTER_TICK_MS = 1_000;
export const STATE_IDLE_MS = 5_000;
/** A state that was told longer ago missed a telling: the engine is away, and who comes next is not shown it as fresh. */
export const STATE_TOLD_AGE_MS_MAX = 2 * STATE_IDLE_MS;

/** Clients are told prices in so many turns, a cohort each: 5,000 writes at once take 0.1 s, in which nothing else is done. */
export const COHORTS = 10;
/** A cohort has so many before the next one has any. */
export const COHORT_CLIENTS_MIN = 100;

/** Symbols whose last price is kept; trades of more are not shown. */
export const PRICES_MAX = 10_000;
/** A price that was heard longer ago is not sent to who comes next, as nobody could see there how old it is. */
export const PRICE_HEARD_AGE_MS_MAX = 60_000;
/** A price this far ahead of the newest, in market time, is taken for a wrong clock at first. */
export const PRICE_LEAP_MS_MAX = 24 * 3_600_000;
/** What is out of line with the newest price is not shown until that one was heard this long ago. */
export const PRICE_DOUBT_MS = 10_000;

/** Candles of a symbol remembered as published; an older one is not published. */
export const CANDLES_REMEMBERED_MAX = 32;

/** Milliseconds to wait after so many failures in a row (1 or more). */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (failures - 1), BACKOFF_MS_MAX);
}
