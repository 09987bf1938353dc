/**
 * One life of a simulated process, and the only way anything reaches it: timers, messages and answers all come through
 * here. So a pause (SIGSTOP) is total, and so is a crash. While it is paused its monotonic clock goes on, and what came
 * for it waits; after a crash nothing reaches it any more, and nobody ever hears from it again.
 */
import type { Clock } from '../../protocol/ports/clock.ts';
import type { Dice } from './dice.ts';
import type { Timeline } from './timeline.ts';

/** Wall time at the start of every run. */
export const EPOCH_MS = Date.UTC(2026, 0, 31, 9);

type Kind = 'timer' | 'message';

interface Held {
  readonly kind: Kind;
  readonly run: () => void;
  readonly isCancelled: () => boolean;
}

export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  /** By how much its wall clock is wrong; jumps. */
  skewMs = 0;
  readonly #timeline: Timeline;
  readonly #dice: Dice;
  #paused = false;
  #ended = false;
  #held: Held[] = [];
  readonly #onEnd: (() => void)[] = [];

  constructor(name: string, timeline: Timeline, dice: Dice) {
    this.name = name;
    this.#timeline = timeline;
    this.#dice = dice;
    this.clock = {
      now: () => EPOCH_MS + Math.floor(timeline.nowMs + this.skewMs),
      monotonic: () => timeline.nowMs,
      // As the real timers do it: whole milliseconds, and at least one.
      after: (delayMs, callback) => this.#deliver('timer', Math.max(1, Math.trunc(delayMs)), callback),
    };
  }

  get paused(): boolean {
    return this.#paused;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Brings something in from outside, so much later; the returned function takes it back. */
  deliver(delayMs: number, run: () => void): () => void {
    return this.#deliver('message', delayMs, run);
  }

  pause(): void {
    this.#paused = true;
  }

  /** Everything that came meanwhile is there at once: timers and sockets in either order, each kind in its own. */
  resume(): void {
    this.#paused = false;
    const first: Kind = this.#dice.chance(0.5) ? 'timer' : 'message';
    const held = this.#held;
    this.#held = [];
    for (const kind of [first, first === 'timer' ? 'message' : 'timer']) {
      for (const item of held) if (item.kind === kind) this.#schedule(item, 0);
    }
  }

  /** The process is gone, whatever it was doing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#held = [];
    for (const callback of this.#onEnd) callback();
  }

  /** For those who notice its end: the servers it was connected to. */
  onEnd(callback: () => void): void {
    this.#onEnd.push(callback);
  }

  #deliver(kind: Kind, delayMs: number, run: () => void): () => void {
    let cancelled = false;
    this.#schedule({ kind, run, isCancelled: () => cancelled }, delayMs);
    return () => {
      cancelled = true;
    };
  }

  #schedule(item: Held, delayMs: number): void {
    this.#timeline.after(delayMs, () => {
      if (this.#ended || item.isCancelled()) return;
      if (this.#paused) this.#held.push(item);
      else item.run();
    });
  }
}
