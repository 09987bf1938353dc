/** Choosing a port: the one asked for, or the next free one when nobody asked by name. */
import { TerminalError } from '../../protocol/errors.ts';
import type { PortConfig } from './engine-config.ts';

const NEXT_PORTS_MAX = 50;

/** Calls `listen` with ports until one is free. `remembered`: the port used last time, for `port: 0`. */
export async function listenOn<T>(
  config: PortConfig,
  remembered: number | undefined,
  listen: (port: number) => Promise<T>,
): Promise<T> {
  if (config.port === 0) {
    if (remembered !== undefined && remembered > 0) {
      try {
        return await listen(remembered);
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    return listen(0);
  }
  for (let port = config.port; ; port += 1) {
    try {
      return await listen(port);
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (config.strict || port >= config.port + NEXT_PORTS_MAX) {
        throw new TerminalError(
          `port ${port} is taken: stop what listens there, or choose another port (0 = any free one)`,
          {
            cause: error,
          },
        );
      }
    }
  }
}

function isTaken(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === 'PortInUseError' || code === 'EADDRINUSE';
}
