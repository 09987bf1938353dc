/**
 * What is not in the journal, asked of the engine while somebody watches: a symbol's mode, exit levels and entry checks,
 * the valued account, the Pods. Asked only after something happened or a while has passed; told when it changed, and after
 * a while though it did not, so that who shows it knows that it still holds. What can't be asked stays as it was.
 */

import { LIMITS } from '../../protocol/limits.ts';
import type { Bus } from '../../protocol/ports/bus.ts';
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Subjects } from '../../protocol/subjects.ts';
import {
  STATE_AFTER_TICK_MS,
  STATE_ANSWER_MS_MAX,
  STATE_IDLE_MS,
  STATE_REQUESTS_MAX,
  STATE_TOLD_AGE_MS_MAX,
} from './bounds.ts';
import { stateText } from './messages.ts';
import type { FeedCounts } from './stats.ts';

/** The state of one channel as it was told last. */
export class PolledState {
  /** The message; undefined before the first answer. */
  text: string | undefined;
  data: string | undefined;
  /** Something changed, or only a price did, since it was asked for. */
  hasHappened = true;
  hasMoved = false;
  isAsking = false;
  askedAt = -STATE_IDLE_MS;
  /** Monotonic milliseconds. */
  toldAt = -STATE_IDLE_MS;

  /** For who comes at `now` (monotonic): undefined also when it is so old that it may not hold any more. */
  recentText(now: number): string | undefined {
    return now - this.toldAt > STATE_TOLD_AGE_MS_MAX ? undefined : this.text;
  }

  isDue(now: number): boolean {
    const age = now - this.askedAt;
    if (this.isAsking || age < LIMITS.feedStateIntervalMs) return false;
    return this.hasHappened || (this.hasMoved && age >= STATE_AFTER_TICK_MS) || age >= STATE_IDLE_MS;
  }
}

export interface Watched {
  readonly name: string;
  readonly kind: string;
  /** The symbol, for a symbol's channel. */
  readonly streamName: string;
  readonly watchers: number;
  readonly state: PolledState;
}

export interface StatesOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly counts: FeedCounts;
  readonly publish: (channel: string, text: string) => void;
}

interface Answer {
  readonly ok?: unknown;
  readonly account?: unknown;
  readonly position?: { readonly highWaterMark?: unknown } | null;
  readonly [field: string]: unknown;
}

const DECODER = new TextDecoder();

export class States {
  readonly #options: StatesOptions;
  /** Requests under way. */
  #requests = 0;

  constructor(options: StatesOptions) {
    this.#options = options;
  }

  /** Asks for what is due; those that have waited longest first, when there are too many for one turn. */
  ask(channels: Iterable<Watched>): void {
    const now = this.#options.clock.monotonic();
    const due = [...channels].filter(({ watchers, state }) => watchers > 0 && state.isDue(now));
    due.sort((one, other) => one.state.askedAt - other.state.askedAt);
    for (const channel of due) {
      if (this.#requests >= STATE_REQUESTS_MAX) return;
      void this.#refresh(channel, now);
    }
  }

  async #refresh(channel: Watched, now: number): Promise<void> {
    const { state } = channel;
    state.isAsking = true;
    state.askedAt = now;
    state.hasHappened = false;
    state.hasMoved = false;
    try {
      const data = JSON.stringify(await this.#read(channel));
      if (data !== state.data || now - state.toldAt >= STATE_IDLE_MS) {
        state.data = data;
        state.toldAt = now;
        state.text = stateText(channel.name, this.#options.clock.now(), data);
        if (channel.watchers > 0) this.#options.publish(channel.name, state.text);
      }
    } catch {
      // An owner that changes or an engine that is away: counted, and asked again soon.
      this.#options.counts.stateFailures += 1;
      state.hasMoved = true;
    } finally {
      state.isAsking = false;
    }
  }

  async #read({ kind, streamName }: Watched): Promise<unknown> {
    const { subjects } = this.#options;
    if (kind === 'account') return (await this.#request(subjects.account('get'))).account;
    if (kind === 'cluster') return this.#request(subjects.cluster('get'));
    const [answer, explain] = await Promise.all([
      this.#request(subjects.symbol(streamName, 'get')),
      this.#request(subjects.symbol(streamName, 'explain')).catch(() => null),
    ]);
    const { mode, owner, epoch, pausedReason = null, haltedReason = null, openOrders = [], exits = null } = answer;
    // The mark rises with the price, without a row of its own.
    const highWaterMark = answer.position?.highWaterMark ?? null;
    return { mode, owner, epoch, pausedReason, haltedReason, openOrders, exits, highWaterMark, explain };
  }

  /** Rejects when nobody answered, or the answer is no. */
  async #request(subject: string): Promise<Answer> {
    this.#requests += 1;
    try {
      const data = await this.#options.bus.request(subject, '{}', STATE_ANSWER_MS_MAX);
      const answer = JSON.parse(DECODER.decode(data)) as Answer | null;
      if (answer?.ok !== true) throw new Error(`${subject} was refused`);
      return answer;
    } finally {
      this.#requests -= 1;
    }
  }
}
