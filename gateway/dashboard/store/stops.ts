/** Who paused or halted what, read from the feed. */
import type { Stop } from '../../../protocol/feed.ts';
import { listOf, textOf } from './json.ts';

export function stopsOf(value: unknown): readonly Stop[] {
  return listOf(value).flatMap(({ command, reason, by, at }) =>
    command === 'pause' || command === 'halt'
      ? [{ command, reason: textOf(reason) ?? '', by: textOf(by), at: textOf(at) }]
      : [],
  );
}

/** The stop with this reason. Nobody is named for one that only the running engine has told so far. */
export function stopFor(stops: readonly Stop[], command: Stop['command'], reason: string): Stop {
  const known = stops.find((stop) => stop.command === command && stop.reason === reason);
  return known ?? { command, reason, by: null, at: null };
}
