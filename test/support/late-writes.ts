/**
 * Fills that are sent once, to the owner of the moment, and never again: one of them in the ledger after its owner lost
 * the symbol is a write that came too late and was accepted all the same.
 */
import { expect } from 'vitest';
import type { Cluster } from './cluster.ts';
import { sql } from './ledger-audit.ts';
import { ask, type Reply, uuidv7 } from './wire.ts';

export class LateWrites {
  readonly #cluster: Cluster;
  readonly #ids: readonly string[];
  readonly #replies: Promise<PromiseSettledResult<Reply>[]>;

  /** `withinMs`: how long an answer is waited for. */
  static send(cluster: Cluster, options: { symbol: string; count: number; withinMs: number }): LateWrites {
    const { symbol, count, withinMs } = options;
    const fills = Array.from({ length: count }, () => ({ id: uuidv7(), side: 'buy', quantity: '1', price: '100' }));
    const asked = fills.map((fill) => ask(cluster.nc, `cp.symbol.${symbol}.fill`, fill, withinMs));
    return new LateWrites(
      cluster,
      fills.map(({ id }) => id),
      Promise.allSettled(asked),
    );
  }

  private constructor(cluster: Cluster, ids: readonly string[], replies: Promise<PromiseSettledResult<Reply>[]>) {
    this.#cluster = cluster;
    this.#ids = ids;
    this.#replies = replies;
  }

  /** Waits for all answers first: an answer is given after whatever was done about its command. */
  async expectNoneAccepted(): Promise<void> {
    for (const reply of await this.#replies) {
      if (reply.status === 'fulfilled') expect(reply.value).toMatchObject({ ok: false, error: { retryable: true } });
    }
    const accepted = await sql(
      this.#cluster.databaseUrl,
      'select symbol, seq::int, id from journal where id = any($1::uuid[])',
      [this.#ids],
    );
    expect(accepted, this.#cluster.explain()).toEqual([]);
  }
}
