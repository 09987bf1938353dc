/**
 * Wall time, monotonic time and timers. Wall time drives leases, deadlines and retries; market time (which travels in
 * market events) drives strategy, risk and reports; never one for the other.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For leases and measured durations. */
  monotonic(): number;
  /** Calls back once after `delayMs`; the returned function cancels. A pending timer does not keep a process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** Randomness for jitter and ids; a seeded one makes a run reproducible (I9). */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
