/**
 * A single owner without group commit: each symbol is kept in memory, its fills are taken one after another, and each is
 * one round trip and one commit. The version is checked all the same, because another process may believe it owns too.
 */
import type pg from 'pg';
import type { Design } from '../contender.ts';
import type { BenchFill } from '../load.ts';
import { openPool } from './pool.ts';
import { type Held, heldFrom, readPosition, stepFrom, writeIfCurrent } from './statements.ts';

export const owner: Design = {
  name: 'owner',
  isSafe: true,
  open: async (url) => {
    const pool = openPool(url);
    const owners = new Map<string, SymbolOwner>();
    return {
      fill: (fill) => {
        let found = owners.get(fill.symbol);
        if (found === undefined) {
          found = new SymbolOwner(pool, fill.symbol);
          owners.set(fill.symbol, found);
        }
        return found.record(fill);
      },
      close: () => pool.end(),
    };
  },
};

class SymbolOwner {
  readonly #pool: pg.Pool;
  readonly #symbol: string;
  /** What is durable; undefined before the first fill, and after one whose fate is not known. */
  #held: Held | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(pool: pg.Pool, symbol: string) {
    this.#pool = pool;
    this.#symbol = symbol;
  }

  record(fill: BenchFill): Promise<void> {
    const recorded = this.#last.then(() => this.#commit(fill));
    // Whoever comes next waits for this one, not for its success.
    this.#last = recorded.catch(() => undefined);
    return recorded;
  }

  async #commit(fill: BenchFill): Promise<void> {
    const held = this.#held ?? heldFrom(await this.#pool.query(readPosition(this.#symbol)));
    this.#held = undefined;
    const step = stepFrom(held, fill);
    const { rowCount } = await this.#pool.query(writeIfCurrent(step));
    if (rowCount !== 1) throw new Error(`another writer has changed ${this.#symbol}`);
    this.#held = { version: step.version, position: step.after };
  }
}
