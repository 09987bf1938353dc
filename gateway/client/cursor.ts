/** How far a subscriber is, and what a journal row is to it. */
import type { Channel, FeedEvent } from '../../protocol/feed.ts';
import { isSequenced } from './channels.ts';
import type { MessageOf } from './handlers.ts';

/** `next`: now its turn. `old`: had before. `gap`: rows between are missing. */
export type Judgement = 'next' | 'old' | 'gap';

export interface Cursor {
  /** The last row that was had; 0 where rows are not numbered. */
  readonly seq: number;
  /** Moves on when the row is the next one. */
  take(row: Pick<FeedEvent, 'stream' | 'seq'>): Judgement;
}

export function cursorAfter(channel: Channel, snapshot: MessageOf<'snapshot'>): Cursor {
  if (isSequenced(channel)) return new StreamCursor(snapshot.seq);
  return new MixedCursor(recentRows(snapshot));
}

/** One stream without holes: what is not last + 1 is told apart at once. */
class StreamCursor implements Cursor {
  #seq: number;

  constructor(seq: number) {
    this.#seq = seq;
  }

  get seq(): number {
    return this.#seq;
  }

  take({ seq }: Pick<FeedEvent, 'seq'>): Judgement {
    if (seq <= this.#seq) return 'old';
    if (seq > this.#seq + 1) return 'gap';
    this.#seq = seq;
    return 'next';
  }
}

/** Some rows of many streams: holes are normal, but no stream goes back. One number a stream, so it stays small. */
class MixedCursor implements Cursor {
  readonly seq = 0;
  readonly #seqs = new Map<string, number>();

  constructor(rows: readonly FeedEvent[]) {
    for (const row of rows) this.take(row);
  }

  take({ stream, seq }: Pick<FeedEvent, 'stream' | 'seq'>): Judgement {
    if (seq <= (this.#seqs.get(stream) ?? -1)) return 'old';
    this.#seqs.set(stream, seq);
    return 'next';
  }
}

/** The rows in a snapshot of `decisions`, oldest first. */
export function recentRows({ data }: MessageOf<'snapshot'>): readonly FeedEvent[] {
  return Array.isArray(data.recent) ? (data.recent as readonly FeedEvent[]) : [];
}
