/**
 * The channel of all symbols' decisions and signals. It has no numbers of its own: its snapshot holds the newest, and while
 * somebody watches it all symbols' streams are open, so that each later one is heard once.
 */

import { RetryableError } from '../../protocol/errors.ts';
import { eventJson } from '../../protocol/event.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { CATCH_UP_EVENTS_MAX, HEADS_TRUSTED_MS, SNAPSHOT_AGE_MS_MAX } from './bounds.ts';
import type { Reading } from './catch-up.ts';
import { DECISIONS, isSymbolStream } from './channel-name.ts';
import type { StreamEvent } from './event-stream.ts';
import { type ChannelPorts, FeedChannel } from './feed-channel.ts';
import type { HeadsOfStreams } from './heads.ts';
import { decisionsText, eventText } from './messages.ts';
import { Recent } from './recent.ts';

const KINDS: ReadonlySet<string> = new Set(['decision', 'signal']);

interface Heard {
  readonly stream: string;
  readonly seq: number;
  readonly text: string;
}

export class DecisionsChannel extends FeedChannel {
  /** Streams of symbols that are open for this channel. */
  readonly #streams = new Set<string>();
  /** What was heard, in the order in which it was published. */
  readonly #recent = new Recent<Heard>(0);
  #isReady = false;
  #kept: { readonly reading: Reading; readonly at: number } | undefined;
  #isCatchingUp = false;

  constructor(ports: ChannelPorts) {
    super(DECISIONS, DECISIONS, ports);
  }

  /** The channel has no numbers. */
  readonly seq = 0;

  async ready(): Promise<boolean> {
    if (this.#isReady) return true;
    const heads = await this.ports.heads.atMost(HEADS_TRUSTED_MS);
    if (this.#isReady || this.isClosed) return true;
    for (const [stream, head] of heads) this.#open(stream, head);
    this.#isReady = true;
    return true;
  }

  readonly remembered: Reading = () => {
    const kept = this.#kept;
    if (kept === undefined || this.ports.clock.monotonic() - kept.at > SNAPSHOT_AGE_MS_MAX) return undefined;
    return kept.reading(undefined);
  };

  mayReplay(): boolean {
    return false;
  }

  replay(): Promise<Reading> {
    return this.snapshot();
  }

  async snapshot(): Promise<Reading> {
    const { reads, counts, clock, heads, streams } = this.ports;
    const mark = this.#recent.last;
    counts.snapshotReads += 1;
    const read = await reads.run((reader) => reader.recentDecisions(LIMITS.feedRecentDecisionsMax));
    const rows = read.filter(({ symbol }) => isSymbolStream(symbol));
    const newest = new Map<string, number>();
    for (const { symbol, seq } of rows) newest.set(symbol, Math.max(seq, newest.get(symbol) ?? 0));
    for (const [stream, seq] of newest) {
      if (!this.#streams.has(stream)) await heads.atMost(0);
      if (!this.#streams.has(stream) && !this.isClosed) throw new RetryableError(`${stream} has no head yet`);
      // What the snapshot holds must not be heard after it.
      await streams.get(stream)?.reach(seq);
    }
    const text = decisionsText(this.name, rows.map(eventJson));
    const reading: Reading = () => {
      const heard = this.#recent.after(mark);
      if (heard === undefined) return undefined;
      const later = heard.filter(({ stream, seq }) => seq > (newest.get(stream) ?? 0));
      return [text, ...later.map((event) => event.text)];
    };
    this.#kept = { reading, at: clock.monotonic() };
    return reading;
  }

  catchingUp(isCatchingUp: boolean): void {
    this.#isCatchingUp = isCatchingUp;
  }

  /** An event of a symbol was published: the message for those who watch, if it is one of theirs. */
  hear(stream: string, { seq, kind, json }: StreamEvent): string | undefined {
    if (!KINDS.has(kind) || !this.#streams.has(stream)) return undefined;
    const text = eventText(this.name, kind, json);
    this.#recent.push({ stream, seq, text }, this.#isCatchingUp ? CATCH_UP_EVENTS_MAX : LIMITS.feedRecentEventsMax);
    return text;
  }

  /** Symbols that are new since the last look: nothing of theirs has been heard. */
  adopt(heads: HeadsOfStreams): void {
    if (!this.#isReady || this.isClosed) return;
    for (const [stream, head] of heads) this.#open(stream, head > LIMITS.feedReplayRowsMax ? head : 0);
  }

  /** Some events are lost to those who watch: what was read before is of no use. */
  forget(): void {
    this.#kept = undefined;
  }

  protected release(): void {
    for (const stream of this.#streams) this.ports.streams.release(stream);
    this.#streams.clear();
  }

  #open(stream: string, seq: number): void {
    if (this.#streams.has(stream) || !isSymbolStream(stream)) return;
    this.#streams.add(stream);
    this.ports.streams.acquire(stream, seq);
  }
}
