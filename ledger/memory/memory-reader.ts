/** Reads, candles and dead letters of the memory twin. */
import type { Candle } from '../../domain/candle.ts';
import type { Order } from '../../domain/order.ts';
import type { ClosedTradeJson } from '../../domain/trade.ts';
import type {
  DeadLetter,
  FunnelCount,
  LedgerReader,
  LedgerWriter,
  Reservation,
  StoredRow,
} from '../../protocol/ports/ledger.ts';
import { fillHours, hourWindow } from '../hour-closes.ts';
import { otherLedger } from '../ledger-info.ts';
import { openReservations } from './memory-account.ts';
import type { MemoryDatabase } from './memory-database.ts';

export class MemoryReader implements LedgerReader, LedgerWriter {
  readonly #database: MemoryDatabase;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async openOrders(symbols: readonly string[]): Promise<readonly Order[]> {
    return this.#database.unfinishedOrders(new Set(symbols));
  }

  async order(clientOrderId: string): Promise<Order | undefined> {
    return this.#database.orders.get(clientOrderId);
  }

  async journalRow(symbol: string, id: string): Promise<StoredRow | undefined> {
    return this.#database.journal.find(symbol, id);
  }

  async heldReservations(symbols: readonly string[]): Promise<readonly Reservation[]> {
    return openReservations(this.#database).filter(({ symbol }) => symbols.includes(symbol));
  }

  async head(stream: string): Promise<number> {
    return this.#database.journal.head(stream);
  }

  async journal(symbol: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]> {
    return this.#database.journal.after(symbol, afterSeq, limit);
  }

  async candles(symbol: string, count: number, through = Number.MAX_SAFE_INTEGER): Promise<readonly Candle[]> {
    return this.#database.candles.recent(symbol, count, through);
  }

  async hourCloses(symbol: string, count: number, before: number): Promise<readonly number[]> {
    const { from, until } = hourWindow(count, before);
    return fillHours(this.#database.candles.lastOfHours(symbol, from, until), from, until);
  }

  async lastCandles(symbols?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { positions, candles } = this.#database;
    const last = new Map<string, number>();
    for (const symbol of symbols ?? positions.keys()) {
      const openTime = candles.lastOpenTime(symbol);
      if (openTime !== undefined) last.set(symbol, openTime);
    }
    return last;
  }

  async trades(): Promise<readonly ClosedTradeJson[]> {
    return closedTrades(this.#database.journal.all());
  }

  async funnel(): Promise<Readonly<Record<string, number>>> {
    return Object.fromEntries([...this.#database.funnel].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async storeCandles(
    rows: readonly { readonly symbol: string; readonly candle: Candle }[],
    counts: readonly FunnelCount[] = [],
  ): Promise<void> {
    const { candles, funnel } = this.#database;
    for (const { symbol, candle } of rows) candles.store(symbol, candle);
    for (const { key, count } of counts) funnel.set(key, (funnel.get(key) ?? 0) + count);
  }

  async storeDeadLetter(letter: DeadLetter): Promise<void> {
    this.#database.deadLetters.push(letter);
  }

  async remember(venue: string, feed: string): Promise<string | undefined> {
    this.#database.info ??= { venue, feed };
    return otherLedger(this.#database.info, { venue, feed });
  }
}

/** The trades in the journal, by exit, symbol and version, as the view `trades` finds them. */
function closedTrades(rows: Iterable<StoredRow>): ClosedTradeJson[] {
  const closed: { readonly row: StoredRow; readonly trade: ClosedTradeJson }[] = [];
  for (const row of rows) {
    if (row.kind !== 'signal' || row.body === null) continue;
    const { signal, trade } = JSON.parse(row.body) as { signal?: string; trade?: ClosedTradeJson };
    if (signal === 'TRADE_CLOSED' && trade !== undefined) closed.push({ row, trade });
  }
  return closed
    .sort(
      (a, b) =>
        compare(a.trade.exitTime, b.trade.exitTime) || compare(a.row.symbol, b.row.symbol) || a.row.seq - b.row.seq,
    )
    .map(({ trade }) => trade);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
