/** The feed a configuration names. */
import { DemoFeed } from '../../adapters/feeds/demo-feed.ts';
import { DEMO_SYMBOLS } from '../../adapters/feeds/demo-profile.ts';
import { FileFeed } from '../../adapters/feeds/file-feed.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import { TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import type { Feed } from '../../protocol/ports/market.ts';
import type { FeedConfig } from './engine-config.ts';

export async function openFeed(
  config: Exclude<FeedConfig, { kind: 'bus' }>,
  symbols: readonly string[],
  log: Log,
): Promise<Feed> {
  if (config.kind === 'demo') {
    return new DemoFeed({
      symbols: symbols.length > 0 ? symbols : DEMO_SYMBOLS,
      seed: config.seed,
      speed: config.speed,
      clock: systemClock,
      log,
    });
  }
  try {
    return await FileFeed.open({ sources: config.sources, speed: config.speed, clock: systemClock, log });
  } catch (cause) {
    throw new TerminalError((cause as Error).message, { cause });
  }
}

/** What a feed that could not be played fails with: wrong data stay wrong until a person mends them. */
export function feedFailure(error: unknown): unknown {
  const { name, message } = error as Error;
  return name === 'RecordedDataError' ? new TerminalError(message, { cause: error }) : error;
}
