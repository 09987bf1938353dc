/**
 * What a contender has acknowledged, held against its ledger by content: each id must have its row, there must be no other
 * rows, and quantities, values and fees must add up to those that were sent. Looks from outside, by SQL.
 */
import { sql } from '../../test/support/ledger-audit.ts';
import type { Verdict } from '../harness/interleave.ts';
import type { BenchFill } from './load.ts';

/** Sums over fills, whole units of 1e-8; `value` (quantity × price) of 1e-16. Buys count up, sells down; fees only up. */
interface Sums {
  readonly rows: number;
  readonly versions: number;
  readonly quantity: bigint;
  readonly value: bigint;
  readonly fee: bigint;
}

const NONE: Sums = { rows: 0, versions: 0, quantity: 0n, value: 0n, fee: 0n };
const HELD = `
  select count(*)::int as rows, (select sum(version) from positions)::float8 as versions,
    trunc(coalesce(sum(case side when 'buy' then quantity else -quantity end), 0) * 1e8)::text as quantity,
    trunc(coalesce(sum(case side when 'buy' then quantity else -quantity end * price), 0) * 1e16)::text as value,
    trunc(coalesce(sum(fee), 0) * 1e8)::text as fee
  from journal where kind = 'fill'`;
const MISSING = `
  select count(*)::int as missing from unnest($1::uuid[]) as promised (id)
  where not exists (select from journal where journal.id = promised.id)`;

export class Promises {
  readonly #url: string;
  /** What was in the ledger when the promises below began. */
  #held: Sums;
  #ids: string[] = [];
  #sent = { quantity: 0n, value: 0n, fee: 0n };

  /** What is in the ledger by now was nobody's promise. */
  static async begin(url: string): Promise<Promises> {
    return new Promises(url, await read(url));
  }

  private constructor(url: string, held: Sums) {
    this.#url = url;
    this.#held = held;
  }

  acknowledged({ id, side, quantity, price, fee }: Omit<BenchFill, 'symbol' | 'at'>): void {
    const signed = side === 'buy' ? quantity : -quantity;
    this.#ids.push(id);
    this.#sent.quantity += signed;
    this.#sent.value += signed * price;
    this.#sent.fee += fee;
  }

  /**
   * Of what was acknowledged since the last time. Lost is what has no row in the journal, or did not move its position's
   * version, whichever is more. Faults are what else is wrong.
   */
  async verdict(): Promise<Verdict> {
    const [ids, sent, before] = [this.#ids, this.#sent, this.#held];
    const after = await read(this.#url);
    const [row] = await sql<{ missing: number }>(this.#url, MISSING, [ids]);
    const missing = row?.missing ?? Number.NaN;
    this.#ids = [];
    this.#sent = { quantity: 0n, value: 0n, fee: 0n };
    this.#held = after;
    const strangers = after.rows - before.rows - (ids.length - missing);
    const faults = strangers === 0 ? [] : [`${strangers} rows are in the journal that nobody acknowledged`];
    if (missing === 0 && strangers === 0) {
      for (const what of ['quantity', 'value', 'fee'] as const) {
        const recorded = after[what] - before[what];
        if (recorded !== sent[what])
          faults.push(`the ${what} of all fills is ${recorded} units, sent were ${sent[what]}`);
      }
    }
    return { lost: Math.max(missing, ids.length - (after.versions - before.versions)), faults };
  }
}

async function read(url: string): Promise<Sums> {
  const [row] = await sql<{ rows: number; versions: number | null } & Record<'quantity' | 'value' | 'fee', string>>(
    url,
    HELD,
  );
  if (row === undefined) return NONE;
  const { rows, versions, quantity, value, fee } = row;
  return { rows, versions: versions ?? 0, quantity: BigInt(quantity), value: BigInt(value), fee: BigInt(fee) };
}
