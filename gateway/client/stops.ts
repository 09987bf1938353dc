/** Who paused or halted, as snapshot and events say it. Pure; for a symbol and for the account, whose rows say it alike. */
import type { FeedEvent, Stop } from '../../protocol/feed.ts';

/** The pauses and halts in force after a row: the newest of each, a halt first. */
export function stopsAfter(
  stops: readonly Stop[],
  { command, reason, haltedReason, by, at }: FeedEvent,
): readonly Stop[] {
  const said = { by: typeof by === 'string' ? by : null, at };
  if (command === 'resume') return [];
  if (command === 'pause') return [...halts(stops), { command, reason: String(reason), ...said }];
  if (command === 'halt') return [{ command, reason: String(reason), ...said }, ...pauses(stops)];
  // A supervisor's row has no command: it says only what holds now.
  if (command !== undefined || haltedReason === undefined) return stops;
  if (haltedReason === null) return pauses(stops);
  return [{ command: 'halt', reason: String(haltedReason), ...said }, ...pauses(stops)];
}

function halts(stops: readonly Stop[]): readonly Stop[] {
  return stops.filter(({ command }) => command === 'halt');
}

function pauses(stops: readonly Stop[]): readonly Stop[] {
  return stops.filter(({ command }) => command === 'pause');
}
