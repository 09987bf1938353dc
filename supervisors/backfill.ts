/** What lies before the first event of a feed, brought into the ledger once, so that every symbol starts warm. */
import type { LedgerReader, LedgerWriter } from '../protocol/ports/ledger.ts';
import type { Feed } from '../protocol/ports/market.ts';

const CANDLES_PER_STATEMENT = 5_000;

/**
 * Each symbol's candles are stored in order: one that is cut off goes on behind the last. Comes before the feed's symbols are
 * made known: who serves one before its history is there begins with nothing.
 */
export async function backfill(store: LedgerReader & LedgerWriter, feed: Feed): Promise<void> {
  const stored = await store.lastCandles(feed.symbols);
  for (const symbol of feed.symbols) {
    const history = await feed.history(symbol, stored.get(symbol));
    for (let start = 0; start < history.length; start += CANDLES_PER_STATEMENT) {
      const candles = history.slice(start, start + CANDLES_PER_STATEMENT);
      await store.storeCandles(candles.map((candle) => ({ symbol, candle })));
    }
  }
}
