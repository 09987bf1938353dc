/** A channel that carries one stream of the journal: a symbol, the account or the cluster. */
import { invariant } from '../../domain/invariant.ts';
import { eventJson } from '../../protocol/event.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { FeedReader, FeedSnapshot } from '../../protocol/ports/feed-reader.ts';
import { HEADS_TRUSTED_MS, SNAPSHOT_AGE_MS_MAX } from './bounds.ts';
import type { Reading } from './catch-up.ts';
import { ACCOUNT, type ChannelName, CLUSTER, type DECISIONS, isSymbolStream } from './channel-name.ts';
import type { EventStream } from './event-stream.ts';
import { type ChannelPorts, FeedChannel } from './feed-channel.ts';
import { eventText, snapshotText } from './messages.ts';
import { PolledState } from './states.ts';

export class JournalChannel extends FeedChannel {
  /** The name of the stream. */
  readonly streamName: string;
  readonly state = new PolledState();
  #stream: EventStream | undefined;
  #kept: { readonly reading: Reading; readonly at: number } | undefined;
  /** Rows up to this one are not in the journal any more. */
  #forgotten = -1;

  constructor(name: string, parsed: Exclude<ChannelName, { kind: typeof DECISIONS }>, ports: ChannelPorts) {
    super(name, parsed.kind, ports);
    this.streamName = parsed.kind === 'symbol' ? parsed.symbol : parsed.kind;
  }

  get seq(): number {
    return this.#stream?.seq ?? 0;
  }

  /** Its events are published; false before the ledger told of it, or when there is no such symbol. */
  get isReady(): boolean {
    return this.#stream !== undefined;
  }

  async ready(): Promise<boolean> {
    const { heads, streams } = this.ports;
    if (this.#stream !== undefined) return true;
    const head = (await heads.atMost(HEADS_TRUSTED_MS)).get(this.streamName);
    if (head === undefined && isSymbolStream(this.streamName)) return false;
    if (!this.isClosed) this.#stream = streams.acquire(this.streamName, head ?? 0);
    this.catchingUp(true);
    return true;
  }

  readonly remembered: Reading = (since) => {
    if (this.#stream === undefined) return undefined;
    if (since !== undefined && this.mayReplay(since)) return this.#stream.recentAfter(since);
    const kept = this.#kept;
    if (kept === undefined || this.ports.clock.monotonic() - kept.at > SNAPSHOT_AGE_MS_MAX) return undefined;
    return kept.reading(undefined);
  };

  mayReplay(since: number): boolean {
    return since <= this.seq && this.seq - since <= LIMITS.feedReplayRowsMax && since >= this.#forgotten;
  }

  async replay(since: number): Promise<Reading> {
    const { reads, counts } = this.ports;
    const stream = this.#opened();
    counts.replayReads += 1;
    const rows = await reads.run((reader) => reader.journal(stream.name, since, LIMITS.feedReplayRowsMax));
    const last = rows.at(-1);
    if (last === undefined || last.seq !== since + rows.length || rows[0]?.seq !== since + 1) {
      this.#forgotten = rows[0]?.seq === since + 1 ? (last?.seq ?? since) : (rows[0]?.seq ?? stream.seq + 1) - 1;
      return () => undefined;
    }
    // The stream must not be behind what these clients get: they would hear it again.
    stream.offer(rows);
    await stream.reach(last.seq);
    const texts = rows.map((row) => eventText(this.name, row.kind, eventJson(row)));
    return (from) => {
      if (from === undefined || from < since) return undefined;
      const later = stream.recentAfter(Math.max(from, last.seq));
      return later === undefined ? undefined : [...texts.slice(from - since), ...later];
    };
  }

  async snapshot(): Promise<Reading> {
    const { clock } = this.ports;
    const stream = this.#opened();
    const snapshot = await readSnapshot(this.ports, stream.name);
    await stream.reach(snapshot.seq);
    const text = snapshotText(this.name, snapshot);
    const reading: Reading = () => {
      const later = stream.recentAfter(snapshot.seq);
      return later === undefined ? undefined : [text, ...later];
    };
    this.#kept = { reading, at: clock.monotonic() };
    return reading;
  }

  catchingUp(isCatchingUp: boolean): void {
    if (this.#stream !== undefined) this.#stream.isCatchingUp = isCatchingUp;
  }

  protected release(): void {
    if (this.#stream !== undefined) this.ports.streams.release(this.streamName);
  }

  #opened(): EventStream {
    invariant(this.#stream !== undefined, 'a channel is ready before it is read');
    return this.#stream;
  }
}

/** The durable state behind a stream now. Rejects when there is none, which a stream with a head has. */
export function readSnapshot(ports: Pick<ChannelPorts, 'reads' | 'counts'>, stream: string): Promise<FeedSnapshot> {
  ports.counts.snapshotReads += 1;
  return ports.reads.run(async (reader: FeedReader) => {
    if (stream === ACCOUNT) return reader.accountSnapshot();
    if (stream === CLUSTER) return reader.clusterSnapshot();
    const snapshot = await reader.symbolSnapshot(stream);
    invariant(snapshot !== undefined, `the ledger knows ${stream}, whose head it told`);
    return snapshot;
  });
}
