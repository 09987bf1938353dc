/** Time that all processes of a machine share, so that one can say when it sent and another when it read. */

/** Milliseconds since the machine started (on Linux: CLOCK_MONOTONIC), finer than microseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
