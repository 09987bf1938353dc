/**
 * The writer connection: sends batches of groups to `cp_commit`, pipelined, in order.
 *
 * When an answer fails or does not come, nobody knows what landed: the connection is closed and stays closed. The owner
 * of this object discards what was in flight and rebuilds it by a new claim, on a new connection; rebuilding at the same
 * epoch would let a batch that outlived this connection land later.
 */
import pg from 'pg';
import { formatDecimal, parseDecimal } from '../../domain/money.ts';
import { RetryableError, type TerminalError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { CommitGroup, CommitPort, GroupOutcome } from '../../protocol/ports/ledger.ts';
import { connectionConfig, ledgerFailure } from './connection.ts';
import { durableJson, extrasJson, type JournalJson, optionalText, storedRow } from './rows.ts';

const GROUP_ARRAYS = 11;
const ENTRY_ARRAYS = 19;
const COMMIT = `select ord, outcome, detail from cp_commit(${Array.from(
  { length: GROUP_ARRAYS + ENTRY_ARRAYS },
  (_, index) => `$${index + 1}`,
).join(', ')}) order by ord`;

const CLOSE_TIMEOUT_MS = 1_000;

/** The socket under a client, which the types leave out: destroying it is the only way to stop at once. */
type WriterClient = pg.Client & { readonly connection: { readonly stream: { destroy(): void } } };

interface OutcomeRow {
  readonly ord: number;
  readonly outcome: GroupOutcome['type'];
  readonly detail: string | null;
}

export class PostgresCommit implements CommitPort {
  readonly #client: WriterClient;
  #closed = false;
  #failure: RetryableError | TerminalError | undefined;

  private constructor(client: WriterClient) {
    this.#client = client;
  }

  /** `onLost` is called at most once: when the connection is lost before a commit noticed it or `close` was called. */
  static async connect(url: string, onLost: (cause: unknown) => void): Promise<PostgresCommit> {
    const client = new pg.Client({
      ...connectionConfig(url, 'writer'),
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
    try {
      const { rows } = await this.#client.query<OutcomeRow>({
        name: 'cp_commit',
        text: COMMIT,
        values: [...groupArrays(groups), ...entryArrays(groups)],
      });
      // It may have come together with the failure of the commit before it: after a failure nothing is answered.
      if (this.#failure !== undefined) throw this.#failure;
      return rows.map(toOutcome);
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

function toOutcome(row: OutcomeRow): GroupOutcome {
  const detail = row.detail ?? '';
  switch (row.outcome) {
    case 'committed':
    case 'fenced':
      return { type: row.outcome };
    case 'duplicate':
      return { type: 'duplicate', rows: (JSON.parse(detail) as JournalJson[]).map(storedRow) };
    case 'insufficient':
      return { type: 'insufficient', freeCash: parseDecimal(detail) };
    case 'refused': {
      const space = detail.indexOf(' ');
      const code = detail.slice(0, space) as 'HALTED' | 'PAUSED' | 'EXPIRED';
      return { type: 'refused', code, reason: detail.slice(space + 1) };
    }
  }
}

function groupArrays(groups: readonly CommitGroup[]): unknown[] {
  return [
    groups.map((group) => group.symbol),
    groups.map((group) => group.epoch),
    groups.map((group) => group.expectedVersion),
    groups.map((group) => group.rows.length),
    groups.map((group) => formatDecimal(group.positionAfter.quantity)),
    groups.map((group) => formatDecimal(group.positionAfter.cost)),
    groups.map((group) => formatDecimal(group.positionAfter.realizedPnl)),
    groups.map((group) => (group.durableAfter === null ? null : durableJson(group.durableAfter))),
    groups.map((group) => formatDecimal(group.cashDelta)),
    groups.map((group) => formatDecimal(group.cashNeeded)),
    groups.map((group) => extrasJson(group.orders, group.reservations, group.risk, group.funnel)),
  ];
}

function entryArrays(groups: readonly CommitGroup[]): unknown[] {
  const columns: unknown[][] = Array.from({ length: ENTRY_ARRAYS }, () => []);
  groups.forEach((group, index) => {
    group.rows.forEach((row, offset) => {
      const { fill, positionAfter } = row;
      const values = [
        index + 1,
        group.symbol,
        group.expectedVersion + offset + 1,
        row.id,
        row.kind,
        row.at,
        fill?.side ?? null,
        optionalText(fill?.quantity),
        optionalText(fill?.price),
        optionalText(fill?.notional),
        optionalText(fill?.fee),
        optionalText(fill?.costRemoved),
        optionalText(fill?.realized),
        row.orderId,
        formatDecimal(positionAfter.quantity),
        formatDecimal(positionAfter.cost),
        formatDecimal(positionAfter.realizedPnl),
        row.request,
        row.body,
      ];
      values.forEach((value, column) => {
        const target = columns[column] ?? [];
        columns[column] = target;
        target.push(value);
      });
    });
  });
  return columns;
}
