/** A ledger for the feed, in memory: journals that grow by `commit`, reads that take time, fail while it is away, and are counted. */
import { isSymbol } from '../../domain/instrument.ts';
import { FLAT } from '../../domain/position.ts';
import { RetryableError } from '../../protocol/errors.ts';
import { type Clock, sleep } from '../../protocol/ports/clock.ts';
import type { FeedReader, FeedSnapshot } from '../../protocol/ports/feed-reader.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';

type Reads = Pick<
  FeedReader,
  'heads' | 'journal' | 'symbolSnapshot' | 'accountSnapshot' | 'clusterSnapshot' | 'recentDecisions'
>;

export class FeedLedger implements Reads {
  readonly streams = new Map<string, StoredRow[]>();
  readonly reads = { heads: 0, journal: 0, snapshot: 0, decisions: 0 };
  /** Every read fails. */
  isAway = false;
  /** Milliseconds before a read looks, and after it until the answer is there. */
  delays: () => readonly [number, number] = () => [0, 0];
  readonly #clock: Clock;
  #count = 0;
  readonly #order: StoredRow[] = [];

  constructor(clock: Clock, symbols: readonly string[]) {
    this.#clock = clock;
    for (const stream of ['account', 'cluster', ...symbols]) this.streams.set(stream, []);
  }

  /** The next row of a stream. */
  commit(stream: string, kind: string, body: Readonly<Record<string, unknown>> = {}): StoredRow {
    const rows = this.streams.get(stream) ?? [];
    this.streams.set(stream, rows);
    this.#count += 1;
    const fill = {
      side: 'buy',
      quantity: 100_000_000n,
      price: 5n,
      fee: 0n,
      notional: 5n,
      costRemoved: 0n,
      realized: 0n,
    };
    const row: StoredRow = {
      symbol: stream,
      seq: rows.length + 1,
      id: `id-${this.#count}`,
      kind,
      at: this.#clock.now(),
      fill: kind === 'fill' ? { ...fill, side: 'buy' } : null,
      orderId: null,
      positionAfter: FLAT,
      request: null,
      body: kind === 'fill' ? null : JSON.stringify({ note: this.#count, ...body }),
    };
    rows.push(row);
    this.#order.push(row);
    return row;
  }

  head(stream: string): number {
    return this.streams.get(stream)?.length ?? 0;
  }

  /** Forgets rows up to `seq`, as a ledger that keeps its journal for some time does. */
  prune(stream: string, seq: number): void {
    this.pruned.set(stream, seq);
  }

  readonly pruned = new Map<string, number>();

  heads(): Promise<ReadonlyMap<string, number>> {
    this.reads.heads += 1;
    return this.#read(() => new Map([...this.streams].map(([stream, rows]) => [stream, rows.length])));
  }

  journal(stream: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]> {
    this.reads.journal += 1;
    const from = (): number => Math.max(afterSeq, this.pruned.get(stream) ?? 0);
    return this.#read(() => (this.streams.get(stream) ?? []).slice(from(), from() + limit));
  }

  symbolSnapshot(symbol: string): Promise<FeedSnapshot | undefined> {
    return this.#snapshot(symbol);
  }

  async accountSnapshot(): Promise<FeedSnapshot> {
    return this.#snapshot('account');
  }

  async clusterSnapshot(): Promise<FeedSnapshot> {
    return this.#snapshot('cluster');
  }

  recentDecisions(count: number): Promise<readonly StoredRow[]> {
    this.reads.decisions += 1;
    const isOne = ({ symbol, kind }: StoredRow): boolean =>
      isSymbol(symbol) && (kind === 'decision' || kind === 'signal');
    return this.#read(() => this.#order.filter(isOne).slice(-count));
  }

  /** As the feed's port; what the feed does not ask for is not there. */
  get port(): FeedReader {
    return this as unknown as FeedReader;
  }

  /** The last row's id is in the data, so that a client can see that data and seq are of one moment. */
  async #snapshot(stream: string): Promise<FeedSnapshot> {
    this.reads.snapshot += 1;
    return this.#read(() => {
      const rows = this.streams.get(stream) ?? [];
      return { seq: rows.length, data: { stream, lastId: rows.at(-1)?.id ?? null } };
    });
  }

  async #read<Result>(look: () => Result): Promise<Result> {
    const [before, after] = this.delays();
    if (before > 0) await sleep(this.#clock, before);
    const result = look();
    if (after > 0) await sleep(this.#clock, after);
    if (this.isAway) throw new RetryableError('the ledger is away');
    return result;
  }
}
