/** The durable side of a Pod: the ledger, and the writer connection to it. */
import { PaperVenue } from '../../adapters/paper/paper-venue.ts';
import { systemClock } from '../../adapters/system-clock.ts';
import { GroupCommit } from '../../ledger/group-commit.ts';
import { migrate } from '../../ledger/migrate.ts';
import { PostgresCommit } from '../../ledger/postgres/commit.ts';
import { ledgerFailure } from '../../ledger/postgres/connection.ts';
import { PostgresLedger } from '../../ledger/postgres/ledger.ts';
import { TerminalError } from '../../protocol/errors.ts';
import { backfill } from '../backfill.ts';
import type { PodOutside, PodWriter } from '../pod.ts';
import type { RunningPart } from '../rest-for-one.ts';
import { addressOf, untilReachable, withTimeout } from '../waiting.ts';
import type { EngineContext } from './engine-context.ts';
import { openFeed } from './feed.ts';

/** A database that does not answer is not waited for. */
const CLOSE_TIMEOUT_MS = 2_000;

export async function startLedger(context: EngineContext, signal: AbortSignal): Promise<RunningPart> {
  const url = context.databaseUrl;
  await untilReachable({ clock: systemClock, log: context.log, signal }, `Postgres at ${addressOf(url)}`, () =>
    migrate({ url, log: context.log }),
  );
  context.ledger = await PostgresLedger.open({ url, log: context.log });
  const { feed, role } = context.config;
  if (feed.kind !== 'bus') {
    const refused = await context.ledger.store.remember('paper', feed.kind);
    if (refused !== undefined) throw new TerminalError(refused);
    context.feed ??= await openFeed(feed, context.config.symbols, context.log);
    // A collector does both once it is the active one.
    if (role === 'up') {
      await backfill(context.ledger.store, context.feed);
      await context.ledger.ownership.addSymbols(context.feed.symbols);
    }
  }
  const { paper } = context.config;
  context.venue = new PaperVenue({ settings: paper, store: context.ledger.paper, log: context.log });
  const { ledger } = context;
  return { stop: () => withTimeout(systemClock, ledger.close(), CLOSE_TIMEOUT_MS) };
}

/** The writer connection and the queue in front of it. */
export async function openWriter(
  context: EngineContext,
  { onFailed, mayCommit, load }: Parameters<PodOutside['openWriter']>[0],
): Promise<PodWriter> {
  let queue: GroupCommit | undefined;
  const port = await PostgresCommit.connect(context.databaseUrl, (cause) => queue?.fail(ledgerFailure(cause)));
  queue = new GroupCommit(port, onFailed, mayCommit, load);
  context.queue = queue;
  return { queue, close: () => port.close() };
}
