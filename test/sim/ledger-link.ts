/**
 * A Pod's way to the shared ledger: every call of a port travels there, takes effect, and its answer travels back. On
 * the way it can be lost before it took effect, or after; it can be held up for seconds and land late; and the Pod may
 * be frozen or gone when the answer comes.
 *
 * A call that runs code of the Pod inside its transaction (the account decides under the row's lock) happens while the
 * Pod runs, or not at all; every other call lands whatever becomes of the Pod.
 */
import { RetryableError } from '../../protocol/errors.ts';
import type { Dice } from './dice.ts';
import type { FaultCounts } from './fault-counts.ts';
import type { SimProcess } from './sim-process.ts';
import type { Timeline } from './timeline.ts';

/** What becomes of one call. */
export type CallFate = 'fine' | 'fails before' | 'fails after' | 'no answer';

/** No call waits longer for its answer. */
const ANSWER_MS_MAX = 5_000;
/** A call without an answer takes effect up to so much later. */
const LATE_MS_MAX = 15_000;

export class LedgerLink {
  readonly process: SimProcess;
  readonly timeline: Timeline;
  readonly dice: Dice;
  /** The latency of the ledger grows by up to this. */
  slowMs = 0;
  /** So many of the next calls go wrong in some way. */
  trouble = 0;
  /** No way to the ledger: refused at once, or nothing comes back. */
  partition: 'none' | 'refused' | 'hole' = 'none';
  readonly counts: FaultCounts;
  /** Calls that wait for an answer that does not come. */
  unanswered = 0;

  constructor(options: {
    readonly process: SimProcess;
    readonly timeline: Timeline;
    readonly dice: Dice;
    readonly counts: FaultCounts;
  }) {
    this.process = options.process;
    this.timeline = options.timeline;
    this.dice = options.dice;
    this.counts = options.counts;
  }

  /** One way, in milliseconds. */
  latencyMs(): number {
    const usual = this.dice.between(0.2, 2);
    return this.slowMs === 0 ? usual : usual + this.dice.between(0, this.slowMs);
  }

  /** Decides what becomes of the next call. */
  fate(): CallFate {
    if (this.partition === 'hole') return 'no answer';
    if (this.trouble === 0) return 'fine';
    this.trouble -= 1;
    return this.dice.pick(['fails before', 'fails after', 'no answer'] as const);
  }

  /** Sends a call; `inside` says that it runs code of the Pod. */
  call<T>(work: () => Promise<T>, inside: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.partition === 'refused') {
        this.process.deliver(this.latencyMs(), () => reject(new RetryableError('connection refused')));
        return;
      }
      const fate = this.fate();
      if (fate !== 'fine') this.counts.add(`ledger call: ${fate}`);
      this.#travel(this.#arrivalMs(fate), inside, () => {
        const answer = (settle: () => void): void => {
          if (this.partition === 'none') {
            this.process.deliver(this.latencyMs(), settle);
            return;
          }
          this.unanswered += 1;
          this.process.deliver(ANSWER_MS_MAX, () => {
            this.unanswered -= 1;
            reject(new RetryableError('the connection was lost with the answer'));
          });
        };
        if (fate === 'fails before') {
          answer(() => reject(new RetryableError('the connection was reset')));
          return;
        }
        work().then(
          (result) => {
            if (fate === 'fine') answer(() => resolve(result));
            else if (fate === 'fails after') answer(() => reject(new RetryableError('the answer was lost')));
          },
          (error: unknown) => answer(() => reject(error as Error)),
        );
      });
      if (fate === 'no answer') {
        this.unanswered += 1;
        this.process.clock.after(ANSWER_MS_MAX, () => {
          this.unanswered -= 1;
          reject(new RetryableError('timeout exceeded'));
        });
      }
    });
  }

  /** A call without an answer may take effect long after its sender has given it up, or never. */
  #arrivalMs(fate: CallFate): number {
    if (fate !== 'no answer') return this.latencyMs();
    return this.dice.chance(0.3) ? Number.POSITIVE_INFINITY : this.dice.between(0, LATE_MS_MAX);
  }

  #travel(delayMs: number, inside: boolean, arrive: () => void): void {
    if (delayMs === Number.POSITIVE_INFINITY) return;
    if (inside) this.process.deliver(delayMs, arrive);
    else this.timeline.after(delayMs, arrive);
  }
}
