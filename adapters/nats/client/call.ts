/**
 * One call until it is answered for good: attempts with the same content, a pause between them, one deadline. At any time
 * it waits either for the answer of its last attempt or for the end of a pause; answers to earlier attempts are heard in
 * both, because they answer the same command.
 */
import type { Reply } from '../../../protocol/errors.ts';
import type { Clock, Random } from '../../../protocol/ports/clock.ts';
import type { Address } from './commands.ts';
import type { Task } from './task.ts';
import type { TimerWheel, Waiter, WheelTimer } from './timer-wheel.ts';
import type { Wire } from './wire.ts';

const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 250;
/** Slowly: a hand-over takes some ten milliseconds, and a pause that overshoots it is all that a caller notices of it. */
const PAUSE_GROWTH = 1.5;

export interface CallPorts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  /** An attempt that is not answered in this time is followed by another. */
  readonly attemptMs: number;
}

export interface CallOptions {
  readonly ports: CallPorts;
  readonly owner: CallOwner;
  readonly token: string;
  readonly subject: string;
  readonly address: Address;
  readonly task: Task;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (reply: Reply) => void;
}

/** Who makes calls. One for all of them: functions made for each call would cost more than the rest of it. */
export interface CallOwner {
  /** Nobody listens and nothing can have arrived: is there such a name at all? Calls back once; undefined: nobody knows. */
  lookUp(address: Address, since: number, done: (missing: Reply | undefined) => void): void;
  ended(token: string): void;
}

export class Call implements Waiter {
  readonly #options: CallOptions;
  readonly #startedAt: number;
  readonly #endsAt: number;
  #attempts = 0;
  /** What it waits for: an answer, the end of a pause, or (no further attempt fits in) an answer until the deadline. */
  #state: 'answer' | 'pause' | 'last' | 'over' = 'pause';
  #timer: WheelTimer | undefined;
  /** The longest that the next pause may be. */
  #pauseMs = PAUSE_MIN_MS * 2;
  #isLookingUp = false;
  /** The last attempt reached nobody. */
  #isAlone = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#startedAt = options.ports.clock.monotonic();
    this.#endsAt = this.#startedAt + options.deadlineMs;
  }

  start(): void {
    this.#options.signal?.addEventListener('abort', this, { once: true });
    this.#attempt();
  }

  /** The caller gave up. */
  handleEvent(): void {
    this.stop('the caller gave up');
  }

  onTime(): void {
    if (this.#state === 'answer') {
      this.#isAlone = false;
      this.#pause();
    } else if (this.#state === 'last') {
      this.stop(this.#why());
    } else if (this.#state === 'pause') {
      this.#attempt();
    }
  }

  /** An answer to one of its attempts; undefined for one that says neither yes nor no. */
  onReply(attempt: number, reply: Reply | undefined): void {
    if (this.#state === 'over') return;
    const isAwaited = this.#isAwaited(attempt);
    if (isAwaited) this.#isAlone = false;
    const final = reply === undefined ? undefined : this.#options.task.heard(attempt, reply);
    if (final !== undefined) this.#end(final);
    else if (isAwaited) this.#pause();
  }

  /** The server says that nobody listens. */
  onNobody(attempt: number): void {
    if (this.#state === 'over') return;
    const isAwaited = this.#isAwaited(attempt);
    this.#options.task.reachedNobody(attempt);
    if (!isAwaited) return;
    this.#isAlone = true;
    this.#pause();
    this.#lookUp();
  }

  /** Answers to what was sent so far will not come: the next attempt need not wait for its time. */
  onReconnect(): void {
    if (this.#state === 'answer') this.#pause();
  }

  /** Ends the call with what is known now. */
  stop(why: string): void {
    if (this.#state !== 'over') this.#end(this.#options.task.end(why));
  }

  #isAwaited(attempt: number): boolean {
    return this.#state === 'answer' && attempt === this.#attempts;
  }

  #attempt(): void {
    const { ports, subject, task, token } = this.#options;
    const leftMs = this.#endsAt - ports.clock.monotonic();
    if (leftMs <= 0) {
      this.stop(this.#why());
      return;
    }
    if (!ports.wire.connected) {
      this.#pause();
      return;
    }
    this.#attempts += 1;
    this.#state = 'answer';
    this.#timer = ports.wheel.after(Math.min(ports.attemptMs, leftMs), this);
    ports.wire.publish(subject, task.attempt(this.#attempts), `${token}-${this.#attempts}`);
  }

  #pause(): void {
    const { clock, random, wheel } = this.#options.ports;
    this.#clearTimer();
    this.#state = 'pause';
    const pauseMs = PAUSE_MIN_MS + (this.#pauseMs - PAUSE_MIN_MS) * random.next();
    this.#pauseMs = Math.min(this.#pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS);
    const leftMs = this.#endsAt - clock.monotonic();
    if (pauseMs < leftMs) {
      this.#timer = wheel.after(pauseMs, this);
    } else if (this.#options.task.mayHaveArrived) {
      // No further attempt fits in, but an earlier one may still be answered.
      this.#state = 'last';
      this.#timer = wheel.after(Math.max(leftMs, 0), this);
    } else {
      this.stop(this.#why());
    }
  }

  #lookUp(): void {
    const { owner, address, task } = this.#options;
    if (this.#isLookingUp || this.#state === 'over' || task.mayHaveArrived) return;
    this.#isLookingUp = true;
    owner.lookUp(address, this.#startedAt, (missing) => {
      this.#isLookingUp = false;
      // An attempt that is on its way meanwhile may find the name: its answer decides.
      const waits = this.#state === 'pause' || this.#state === 'last';
      if (missing !== undefined && waits && !task.mayHaveArrived) this.#end(missing);
    });
  }

  #why(): string {
    const { ports, subject } = this.#options;
    if (!ports.wire.connected) return 'there is no connection to NATS: is the server running?';
    return this.#isAlone
      ? `nobody answers on ${subject}: is the engine running, and is the name right?`
      : `no answer on ${subject} in time: ask again`;
  }

  #end(reply: Reply): void {
    this.#clearTimer();
    this.#state = 'over';
    const { owner, token, signal, resolve } = this.#options;
    signal?.removeEventListener('abort', this);
    owner.ended(token);
    resolve(reply);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.ports.wheel.cancel(this.#timer);
    this.#timer = undefined;
  }
}
