/** A task again and again on a clock. */
import type { Clock } from '../../protocol/ports/clock.ts';

/** Runs `task` every `intervalMs`, the first time after one interval. Returns the cancel. */
export function every(clock: Clock, intervalMs: number, task: () => void): () => void {
  let cancel = clock.after(intervalMs, run);
  function run(): void {
    cancel = clock.after(intervalMs, run);
    task();
  }
  return () => cancel();
}
