/** Turns on a clock: one after another and evenly spread, each once in a round. */
import type { Clock } from '../../protocol/ports/clock.ts';

export interface TurnsOptions {
  readonly turns: number;
  readonly roundMs: number;
}

/** Takes turn 0, 1, … and 0 again. Returns the cancel. */
export function takeTurns(clock: Clock, options: TurnsOptions, take: (turn: number) => void): () => void {
  const { turns, roundMs } = options;
  const intervalMs = roundMs / turns;
  let turn = 0;
  let dueAt = clock.monotonic();
  let cancel = next();
  function next(): () => void {
    const now = clock.monotonic();
    // A turn may take nearly as long as there is to the next: one that is late does not delay those behind it. What was
    // missed in a longer standstill is left out, so that nobody's turn comes twice within half a round.
    dueAt = (now - dueAt > roundMs / 2 ? now : dueAt) + intervalMs;
    return clock.after(Math.max(dueAt - now, 0), run);
  }
  function run(): void {
    cancel = next();
    take(turn);
    turn = (turn + 1) % turns;
  }
  return () => cancel();
}
