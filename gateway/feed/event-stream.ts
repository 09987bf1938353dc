/**
 * One stream of the journal, published in order, each event once, without a gap (I7). The journal is the truth: what the bus
 * brings is a hint that makes it fast. An event that follows the last one is published at once; one that comes too early is
 * held while the rows before it are read; heads tell of events that the bus lost, the last one included. One read at a time.
 */
import { eventJson } from '../../protocol/event.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { type Clock, sleep } from '../../protocol/ports/clock.ts';
import type { FeedSnapshot } from '../../protocol/ports/feed-reader.ts';
import type { StoredRow } from '../../protocol/ports/ledger.ts';
import type { Log } from '../../protocol/ports/log.ts';
import {
  BEHIND_ROWS_MAX,
  backoffMs,
  CATCH_UP_EVENTS_MAX,
  HELD_EVENTS_MAX,
  JOURNAL_PAGE_ROWS,
  MISSING_READS_MAX,
} from './bounds.ts';
import { channelOfStream } from './channel-name.ts';
import { messageOf } from './ledger-reads.ts';
import { eventText } from './messages.ts';
import { Recent } from './recent.ts';
import type { FeedCounts } from './stats.ts';

export interface StreamEvent {
  readonly seq: number;
  readonly kind: string;
  /** As the bus and `eventJson` have it. */
  readonly json: string;
}

export interface StreamPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: FeedCounts;
  journal(stream: string, afterSeq: number, limit: number): Promise<readonly StoredRow[]>;
  /** The durable state now, with the row it is right after. */
  snapshot(stream: string): Promise<FeedSnapshot>;
  /** An event is published: `text` is the message of the stream's channel. */
  published(stream: EventStream, event: StreamEvent, text: string): void;
  /** Rows were passed over: all who watch the stream need this snapshot instead. */
  restarted(stream: EventStream, snapshot: FeedSnapshot): void;
}

export class EventStream {
  readonly name: string;
  /** The channel that carries it. */
  readonly channel: string;
  /** Somebody catches up: more is remembered. */
  isCatchingUp = false;
  readonly #ports: StreamPorts;
  /** Messages of the channel; its last number is the seq of the last event published. */
  readonly #recent: Recent<string>;
  /** Events that came before their turn, by seq. */
  readonly #held = new Map<number, StreamEvent>();
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  /** The newest seq that is known to exist. */
  #head: number;
  #isFilling = false;
  #isClosed = false;
  /** Monotonic; since when something is known of and not published. */
  #behindSince: number | undefined;

  /** Publishes what comes after row `seq`. */
  constructor(name: string, seq: number, ports: StreamPorts) {
    this.name = name;
    this.channel = channelOfStream(name);
    this.#head = seq;
    this.#recent = new Recent(seq);
    this.#ports = ports;
  }

  /** The seq of the last event published. */
  get seq(): number {
    return this.#recent.last;
  }

  get rowsBehind(): number {
    return this.#head - this.seq;
  }

  get behindSince(): number | undefined {
    return this.#behindSince;
  }

  /** Messages of all events after `seq` up to the last one published; undefined when memory does not reach back. */
  recentAfter(seq: number): readonly string[] | undefined {
    return this.#recent.after(seq);
  }

  /** An event from the bus: late, early, twice or in time. */
  hint(event: StreamEvent): void {
    if (this.#isClosed || event.seq <= this.seq) return;
    if (event.seq === this.seq + 1) this.#publish(event);
    else if (this.#held.size < HELD_EVENTS_MAX) this.#held.set(event.seq, event);
    this.learn(event.seq);
  }

  /** Rows read for another purpose: what follows the last event published is published. */
  offer(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      if (this.#isClosed || row.seq > this.seq + 1) return;
      if (row.seq <= this.seq) continue;
      this.#ports.counts.gapRows += 1;
      this.#publish({ seq: row.seq, kind: row.kind, json: eventJson(row) });
    }
  }

  /** The ledger has a row `head`: what is missing up to it is read. */
  learn(head: number): void {
    if (head > this.#head) this.#head = head;
    if (this.#isClosed || this.rowsBehind <= 0) return;
    this.#behindSince ??= this.#ports.clock.monotonic();
    if (!this.#isFilling) void this.#fill();
  }

  /** Resolves when event `seq`, which the ledger has, is published (or the stream is closed). */
  reach(seq: number): Promise<void> {
    if (this.#isClosed || seq <= this.seq) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ seq, resolve });
      this.learn(seq);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#held.clear();
    this.#wake();
  }

  #publish(event: StreamEvent): void {
    const { counts } = this.#ports;
    for (let next: StreamEvent | undefined = event; next !== undefined; next = this.#held.get(this.seq + 1)) {
      this.#held.delete(next.seq);
      const text = eventText(this.channel, next.kind, next.json);
      this.#recent.push(text, this.isCatchingUp ? CATCH_UP_EVENTS_MAX : LIMITS.feedRecentEventsMax);
      counts.eventsPublished += 1;
      this.#ports.published(this, next, text);
    }
    this.#moved();
  }

  #moved(): void {
    if (this.#head < this.seq) this.#head = this.seq;
    if (this.rowsBehind === 0) this.#behindSince = undefined;
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const isOver = ({ seq }: { readonly seq: number }): boolean => this.#isClosed || seq <= this.seq;
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((waiter) => !isOver(waiter));
    for (const { resolve } of over) resolve();
  }

  /** Reads until nothing is missing. Ends only then, or when the stream is closed: an outage is waited out. */
  async #fill(): Promise<void> {
    const { clock, log } = this.#ports;
    this.#isFilling = true;
    let failures = 0;
    let missing = 0;
    while (!this.#isClosed && this.rowsBehind > 0) {
      const before = this.seq;
      try {
        if (missing >= MISSING_READS_MAX || this.rowsBehind > BEHIND_ROWS_MAX) await this.#restart();
        else await this.#readPage();
        missing = this.seq > before ? 0 : missing + 1;
        failures = missing;
      } catch (error) {
        failures += 1;
        log.debug({ stream: this.name, failures, error: messageOf(error) }, 'a gap could not be read: tried again');
      }
      if (failures > 0 && this.rowsBehind > 0) await sleep(clock, backoffMs(failures));
    }
    this.#isFilling = false;
  }

  async #readPage(): Promise<void> {
    this.#ports.counts.gapReads += 1;
    this.offer(await this.#ports.journal(this.name, this.seq, JOURNAL_PAGE_ROWS));
  }

  /** Goes on after a snapshot: the rows are too many, or are not there (a bus that tells of another ledger's, say). */
  async #restart(): Promise<void> {
    const { log, counts } = this.#ports;
    const snapshot = await this.#ports.snapshot(this.name);
    if (this.#isClosed) return;
    log.warn({ stream: this.name, from: this.seq, to: snapshot.seq, head: this.#head }, 'a stream starts anew');
    this.#head = Math.max(snapshot.seq, this.seq);
    for (const seq of this.#held.keys()) if (seq <= snapshot.seq || seq > this.#head + 1) this.#held.delete(seq);
    if (snapshot.seq > this.seq) {
      counts.resyncs += 1;
      this.#recent.restart(snapshot.seq);
      this.#ports.restarted(this, snapshot);
    }
    const next = this.#held.get(this.seq + 1);
    if (next !== undefined) this.#publish(next);
    this.#moved();
  }
}
