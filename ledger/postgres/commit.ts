/**
 * The writer connection: sends batches of groups to `cp_commit`, pipelined, in order.
 *
 * When an answer fails or does not come, nobody knows what landed: the connection is closed and stays closed. The owner
 * of this object discards what was in flight and rebuilds it by a new claim, on a new connection; rebuilding at the same
 * epoch would let a batch that outlived this connection land later.
 */
import pg from 'pg';
import { parseDecimal } from '../../domain/money.ts';
import { RetryableError, type TerminalError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CommitGroup, CommitPort, GroupOutcome, IntentRefusalCode } from '../../protocol/ports/ledger.ts';
import { COMMIT_PARAMETERS, CommitEncoder } from './commit-columns.ts';
import { connectionConfig, ledgerFailure } from './connection.ts';
import { type JournalJson, storedRow } from './rows.ts';

const PARAMETERS = COMMIT_PARAMETERS.map((_, index) => `$${index + 1}`).join(', ');
const COMMIT = `select ord, outcome, detail from cp_commit(${PARAMETERS})`;

/**
 * The writer finds every row by its key. Left to statistics, the plan for a young table is a scan of all of it, kept until
 * somebody analyses that table; and planning its statements anew for every batch costs more than running them.
 */
const PLANS = [
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_bitmapscan=off',
  'plan_cache_mode=force_generic_plan',
];

const CLOSE_TIMEOUT_MS = 1_000;

/** The socket under a client, which the types leave out: destroying it is the only way to stop at once. */
type WriterClient = pg.Client & { readonly connection: { readonly stream: { destroy(): void } } };

interface OutcomeRow {
  readonly ord: number;
  readonly outcome: Exclude<GroupOutcome['type'], 'committed'>;
  readonly detail: string | null;
}

export class PostgresCommit implements CommitPort {
  readonly #client: WriterClient;
  /** Those of answered batches: memory of an unanswered one may still have to be sent. */
  readonly #encoders: CommitEncoder[] = [];
  #closed = false;
  #failure: RetryableError | TerminalError | undefined;

  private constructor(client: WriterClient) {
    this.#client = client;
  }

  /** `onLost` is called at most once: when the connection is lost before a commit noticed it or `close` was called. */
  static async connect(url: string, onLost: (cause: unknown) => void): Promise<PostgresCommit> {
    const client = new pg.Client({
      ...connectionConfig(url, 'writer', PLANS),
      pipeline: true,
      query_timeout: LIMITS.commitTimeoutMs,
    } as pg.ClientConfig) as WriterClient;
    const commit = new PostgresCommit(client);
    let connected = false;
    const lost = (cause: unknown) => {
      if (commit.#closed || !connected) return;
      onLost(commit.#fail(cause));
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('the database closed the writer connection')));
    try {
      await client.connect();
      connected = true;
    } catch (cause) {
      throw ledgerFailure(cause);
    }
    return commit;
  }

  /** Rejects with a RetryableError or TerminalError when the outcome is unknown; so does every later call. */
  async commit(groups: readonly CommitGroup[]): Promise<readonly GroupOutcome[]> {
    if (this.#closed) throw this.#failure ?? new RetryableError('the writer connection was closed');
    const encoder = this.#encoders.pop() ?? new CommitEncoder();
    try {
      const { rows } = await this.#client.query<OutcomeRow>({
        name: 'cp_commit',
        text: COMMIT,
        values: encoder.encode(groups),
      });
      this.#encoders.push(encoder);
      // It may have come together with the failure of the commit before it: after a failure nothing is answered.
      if (this.#failure !== undefined) throw this.#failure;
      return outcomesOf(groups.length, rows);
    } catch (cause) {
      throw this.#fail(cause);
    }
  }

  /** In order while the server answers; a server that does not is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    const impatient = setTimeout(() => this.#client.connection.stream.destroy(), CLOSE_TIMEOUT_MS);
    await this.#client.end().catch(() => undefined);
    clearTimeout(impatient);
  }

  #fail(cause: unknown): RetryableError | TerminalError {
    this.#failure ??= ledgerFailure(cause);
    if (!this.#closed) {
      this.#closed = true;
      // Not gracefully: nobody waits for the answers that are still under way, and the server rolls back what it can't give.
      this.#client.connection.stream.destroy();
    }
    return this.#failure;
  }
}

const COMMITTED: GroupOutcome = { type: 'committed' };
const FENCED: GroupOutcome = { type: 'fenced' };

/** The ledger names the groups it did not commit. */
function outcomesOf(count: number, rows: readonly OutcomeRow[]): readonly GroupOutcome[] {
  const outcomes = new Array<GroupOutcome>(count).fill(COMMITTED);
  for (const row of rows) outcomes[row.ord - 1] = toOutcome(row);
  return outcomes;
}

function toOutcome(row: OutcomeRow): GroupOutcome {
  const detail = row.detail ?? '';
  switch (row.outcome) {
    case 'fenced':
      return FENCED;
    case 'duplicate':
      return { type: 'duplicate', rows: (JSON.parse(detail) as JournalJson[]).map(storedRow) };
    case 'insufficient':
      return { type: 'insufficient', freeCash: parseDecimal(detail) };
    case 'refused': {
      const space = detail.indexOf(' ');
      const code = detail.slice(0, space) as IntentRefusalCode;
      return { type: 'refused', code, reason: detail.slice(space + 1) };
    }
  }
}
