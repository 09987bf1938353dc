/**
 * A writer connection: batches in order, pipelined, answered in order. When one fails, or its answer does not come,
 * nobody knows what landed: the connection is closed and stays closed, every later call rejects. What was sent may still
 * land, seconds later, when its sender was declared dead long ago: fencing has to see to it that it does no harm.
 */
import { RetryableError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CommitGroup, CommitPort, GroupOutcome } from '../../protocol/ports/ledger.ts';
import type { LedgerLink } from './ledger-link.ts';

/** What becomes of the next batch. */
export type BatchFate = 'fine' | 'fails before' | 'fails after' | 'lands late' | 'no answer';

export const BATCH_FATES = ['fails before', 'fails after', 'lands late', 'no answer'] as const;

interface Batch {
  readonly groups: readonly CommitGroup[];
  readonly resolve: (outcomes: readonly GroupOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** Between two messages that keep their order: far more than what adding up times rounds away. */
const APART_MS = 0.001;
const LATE_MS = { least: 200, most: 15_000 };

export class SimWriter implements CommitPort {
  readonly #link: LedgerLink;
  readonly #commit: (groups: readonly CommitGroup[]) => Promise<readonly GroupOutcome[]>;
  readonly #onLost: (cause: unknown) => void;
  readonly #nextFate: () => BatchFate;
  readonly #waiting = new Set<Batch>();
  #closed = false;
  #failure: RetryableError | undefined;
  /** Batches arrive in order, and so do their answers. */
  #sentAt = 0;
  #answeredAt = 0;

  constructor(options: {
    readonly link: LedgerLink;
    /** What the ledger does with a batch that arrives. */
    readonly commit: (groups: readonly CommitGroup[]) => Promise<readonly GroupOutcome[]>;
    readonly onLost: (cause: unknown) => void;
    readonly nextFate: () => BatchFate;
  }) {
    this.#link = options.link;
    this.#commit = options.commit;
    this.#onLost = options.onLost;
    this.#nextFate = options.nextFate;
  }

  /** Batches whose fate the Pod does not know yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  commit(groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#failure ?? new RetryableError('the writer connection was closed'));
        return;
      }
      const batch: Batch = { groups, resolve, reject };
      this.#waiting.add(batch);
      this.#send(batch, this.#link.partition === 'hole' ? 'no answer' : this.#nextFate());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await new Promise<void>((resolve) => {
      this.#link.process.deliver(this.#link.latencyMs(), resolve);
    });
  }

  /** The connection breaks while nothing, or something, is on its way. */
  break(): void {
    if (this.#closed) return;
    const cause = new RetryableError('the writer connection was reset');
    // Either may come first: the news of the connection or those of its batches.
    if (this.#waiting.size > 0 && this.#link.dice.chance(0.5)) {
      this.#fail(cause);
      return;
    }
    this.#link.process.deliver(this.#link.latencyMs(), () => {
      if (this.#closed) return;
      this.#fail(cause);
      this.#onLost(cause);
    });
  }

  #send(batch: Batch, fate: BatchFate): void {
    const link = this.#link;
    const { timeline, dice } = link;
    if (fate !== 'fine') link.counts.add(`commit: ${fate}`);
    const late = fate === 'lands late' || (fate === 'no answer' && dice.chance(0.5));
    const delayMs = late ? dice.between(LATE_MS.least, LATE_MS.most) : link.latencyMs();
    this.#sentAt = Math.max(this.#sentAt + APART_MS, timeline.nowMs + delayMs);
    const arrivesInMs = this.#sentAt - timeline.nowMs;
    if (fate === 'no answer' || fate === 'lands late') {
      const patienceMs = fate === 'no answer' ? LIMITS.commitTimeoutMs : link.latencyMs();
      link.process.clock.after(patienceMs, () => this.#fail(new RetryableError('the commit was not answered')));
    }
    if (fate === 'fails before') {
      link.process.deliver(link.latencyMs(), () => this.#fail(new RetryableError('the connection was reset')));
      // What was sent behind it on this connection went the same way.
      this.#sentAt = Number.POSITIVE_INFINITY;
      return;
    }
    if (arrivesInMs === Number.POSITIVE_INFINITY) return;
    timeline.after(arrivesInMs, () => {
      this.#commit(batch.groups).then(
        (outcomes) => {
          if (fate === 'fine') this.#answer(() => this.#settle(batch, outcomes));
          if (fate === 'fails after') this.#answer(() => this.#fail(new RetryableError('the answer was lost')));
        },
        (error: unknown) => this.#answer(() => this.#fail(error as RetryableError)),
      );
    });
  }

  #answer(run: () => void): void {
    const { timeline, process, partition } = this.#link;
    if (partition !== 'none') {
      process.clock.after(LIMITS.commitTimeoutMs, () => this.#fail(new RetryableError('the commit was not answered')));
      return;
    }
    this.#answeredAt = Math.max(this.#answeredAt + APART_MS, timeline.nowMs + this.#link.latencyMs());
    process.deliver(this.#answeredAt - timeline.nowMs, run);
  }

  #settle(batch: Batch, outcomes: readonly GroupOutcome[]): void {
    if (this.#failure !== undefined) return;
    this.#waiting.delete(batch);
    batch.resolve(outcomes);
  }

  #fail(cause: RetryableError): void {
    this.#failure ??= cause;
    this.#closed = true;
    for (const batch of this.#waiting) batch.reject(this.#failure);
    this.#waiting.clear();
  }
}
