/** Trying again, for the designs that find out afterwards that somebody was faster. */
import { setTimeout as pause } from 'node:timers/promises';

const FIRST_PAUSE_MS_MAX = 8;
const PAUSE_MS_MAX = 64;

/**
 * Until `attempt` says true: with a pause between, drawn anew each time so that those who met do not meet again, from a
 * range that doubles. Without an end: with so few connections one of them always gets through.
 */
export async function untilDone(attempt: () => Promise<boolean>): Promise<void> {
  let pauseMsMax = FIRST_PAUSE_MS_MAX;
  while (!(await attempt())) {
    await pause(Math.random() * pauseMsMax);
    pauseMsMax = Math.min(pauseMsMax * 2, PAUSE_MS_MAX);
  }
}
