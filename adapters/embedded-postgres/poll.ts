/** Waiting for another process: there is no event for it, so the condition is asked again until a deadline. */
import { setTimeout as pause } from 'node:timers/promises';
import { LAUNCH_LIMITS } from './limits.ts';

/** Milliseconds on the monotonic clock at which `timeoutMs` from now have passed. */
export function deadlineIn(timeoutMs: number): number {
  return performance.now() + timeoutMs;
}

export function hasPassed(deadline: number): boolean {
  return performance.now() >= deadline;
}

export async function pollPause(): Promise<void> {
  await pause(LAUNCH_LIMITS.pollIntervalMs);
}

/** True as soon as `condition` holds; false when the deadline passes first. Asks at least once. */
export async function eventuallyTrue(condition: () => Promise<boolean>, deadline: number): Promise<boolean> {
  for (;;) {
    if (await condition()) return true;
    if (hasPassed(deadline)) return false;
    await pollPause();
  }
}
