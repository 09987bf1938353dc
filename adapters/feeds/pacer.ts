/**
 * Turns distances in market time into waits on the clock. The first moment reached is "now"; from there market time
 * runs at `speed`, and what comes late because the sink was slow is caught up, so that the pace holds over hours.
 */
import type { Clock } from '../../protocol/ports/clock.ts';

/** 1: as it happened. 60: a minute a second. 'max': no waiting at all. */
export type Speed = number | 'max';

/** Timers count in 31 bits; longer waits are made of shorter ones. */
const WAIT_MS_MAX = 3_600_000;
/** Shorter waits are not worth a timer; the next one makes up for it. */
const WAIT_MS_MIN = 1;

export function checkSpeed(speed: Speed): Speed {
  if (speed !== 'max' && !(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a speed is a positive number or 'max', not ${speed}`);
  }
  return speed;
}

export interface PacerOptions {
  readonly speed: Speed;
  readonly clock: Clock;
  /** Market time before this is caught up without waiting: what some symbols stored already and others did not. */
  readonly from: number;
}

export class Pacer {
  private readonly options: PacerOptions;
  private anchor: { readonly market: number; readonly wall: number } | undefined;

  constructor(options: PacerOptions) {
    this.options = options;
  }

  /** Resolves when market time `at` is reached, or at once when `signal` aborts. */
  async reach(at: number, signal: AbortSignal): Promise<void> {
    const { speed, clock, from } = this.options;
    if (speed === 'max' || at < from) return;
    this.anchor ??= { market: at, wall: clock.monotonic() };
    const due = this.anchor.wall + (at - this.anchor.market) / speed;
    for (let waitMs = due - clock.monotonic(); waitMs >= WAIT_MS_MIN; waitMs = due - clock.monotonic()) {
      if (signal.aborted) return;
      await waitOrAbort(clock, Math.min(waitMs, WAIT_MS_MAX), signal);
    }
  }
}

function waitOrAbort(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(delayMs, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
