/** The durable side of a Pod: the ledger, the membership in it, and the writer connection under that membership. */
import { randomUUID } from 'node:crypto';
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { migrate } from '../../ledger/migrate.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { ledgerFailure } from '../../ledger/postgres/connection.ts';
import { PostgresLedger } from '../../ledger/postgres/ledger.ts';
import { TerminalError } from '../../protocol/errors.ts';
import type { Feed } from '../../protocol/ports/market.ts';
import { Membership } from '../membership.ts';
import type { RunningPart } from '../rest-for-one.ts';
import type { EngineContext } from './engine-context.ts';
import { openFeed } from './feed.ts';
import { untilReachable, withTimeout } from './waiting.ts';

const HISTORY_CHUNK = 5_000;

export async function startLedger(context: EngineContext, signal: AbortSignal): Promise<RunningPart> {
  const url = context.databaseUrl;
  await untilReachable(context.log, signal, 'the database', () => migrate({ url, log: context.log }));
  context.ledger = await PostgresLedger.open({ url, log: context.log });
  const { feed } = context.config;
  if (feed.kind !== 'bus') {
    const refused = await context.ledger.store.remember('paper', feed.kind);
    if (refused !== undefined) throw new TerminalError(refused);
    context.feed ??= await openFeed(feed, context.config.symbols, context.log);
    await storeHistory(context, context.feed);
  }
  const { paper } = context.config;
  context.venue = new PaperVenue({ settings: paper, store: context.ledger.paper, log: context.log });
  return { stop: () => context.ledger.close() };
}

/** Warm-up data that lies before the feed, once. */
async function storeHistory(context: EngineContext, feed: Feed): Promise<void> {
  await context.ledger.ownership.addSymbols(feed.symbols);
  const stored = await context.ledger.store.lastCandles();
  for (const symbol of feed.symbols) {
    const history = await feed.history(symbol, stored.get(symbol));
    for (let start = 0; start < history.length; start += HISTORY_CHUNK) {
      const chunk = history.slice(start, start + HISTORY_CHUNK);
      await context.ledger.store.storeCandles(chunk.map((candle) => ({ symbol, candle })));
    }
  }
}

export async function startMembership(context: EngineContext, failed: (error: unknown) => void, signal: AbortSignal) {
  const owner = { pod: context.config.pod, incarnation: randomUUID() };
  const { ownership } = context.ledger;
  const membership = await untilReachable(context.log, signal, 'the cluster', async () => {
    await context.bus.request(context.subjects.pod(owner.pod, 'ping'), '', 1_000);
    return Membership.join({
      owner,
      ownership,
      bus: context.bus,
      subjects: context.subjects,
      clock: systemClock,
      log: context.log,
      onFenced: failed,
    });
  });
  context.membership = membership;
  return {
    stop: async () => {
      membership.stop();
      await withTimeout(ownership.leave(owner), context.patienceMs);
    },
  };
}

export async function startWriter(context: EngineContext, failed: (error: unknown) => void, signal: AbortSignal) {
  let queue: GroupCommit | undefined;
  const port = await untilReachable(context.log, signal, 'the database', () =>
    PostgresCommit.connect(context.databaseUrl, (cause) => queue?.fail(ledgerFailure(cause))),
  );
  const onFailed = (cause: unknown): void => {
    context.ledgerUp = false;
    failed(cause);
  };
  queue = new GroupCommit(port, onFailed, () => context.membership?.holds ?? false);
  context.queue = queue;
  context.ledgerUp = true;
  return { stop: () => port.close() };
}
