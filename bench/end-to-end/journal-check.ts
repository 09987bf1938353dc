/** Compares what clients were promised with the journal, scenario by scenario: each verdict begins where the last ended. */
import { sql } from '../../test/support/ledger-audit.ts';
import type { Verdict } from '../harness/interleave.ts';
import type { Acknowledged } from './load/client-process.ts';

interface StoredFill {
  readonly id: string;
  readonly symbol: string;
  readonly version: number;
}

export class JournalCheck {
  readonly #url: string;
  /** Of each symbol, the version up to which everything has been looked at. */
  readonly #heads = new Map<string, number>();

  /** What is in the journal by now is none of the clients' business. */
  static async begin(url: string): Promise<JournalCheck> {
    const check = new JournalCheck(url);
    await check.#read();
    return check;
  }

  private constructor(url: string) {
    this.#url = url;
  }

  async verdict(acknowledged: readonly Acknowledged[]): Promise<Verdict> {
    return judge(acknowledged, await this.#read());
  }

  /** The fills stored since the last time. */
  async #read(): Promise<readonly StoredFill[]> {
    const stored = await sql<StoredFill>(
      this.#url,
      `select id, symbol, seq::int as version from journal j
       left join unnest($1::text[], $2::bigint[]) as looked(symbol, head) using (symbol)
       where kind = 'fill' and seq > coalesce(head, 0)`,
      [[...this.#heads.keys()], [...this.#heads.values()]],
    );
    for (const { symbol, version } of stored) {
      this.#heads.set(symbol, Math.max(version, this.#heads.get(symbol) ?? 0));
    }
    return stored;
  }
}

export function judge(acknowledged: readonly Acknowledged[], stored: readonly StoredFill[]): Verdict {
  const versions = new Map<string, number>();
  let doubled = 0;
  for (const { id, version } of stored) {
    if (versions.has(id)) doubled += 1;
    versions.set(id, version);
  }
  let promised = 0;
  let lost = 0;
  let wrong = 0;
  for (const { ids, versions: told } of acknowledged) {
    promised += ids.length;
    for (const [index, id] of ids.entries()) {
      const version = versions.get(id);
      if (version === undefined) lost += 1;
      else if (version !== told[index]) wrong += 1;
    }
  }
  // A refusal may be a time-out, and what it was about may have happened.
  const mayBeStored = promised + sumOf(acknowledged.flatMap(({ refused }) => Object.values(refused)));
  const faults = [
    ...(wrong > 0 ? [`${wrong} fills are in the journal under another version than was acknowledged`] : []),
    ...(doubled > 0 ? [`${doubled} fills are in the journal twice`] : []),
    ...(stored.length > mayBeStored ? [`${stored.length - mayBeStored} fills are stored that nobody sent`] : []),
    ...refusals(acknowledged),
  ];
  return { lost, faults };
}

/** There is cash and quantity for everything: nothing may be refused. */
export function refusals(acknowledged: readonly Acknowledged[]): readonly string[] {
  const codes = new Set(acknowledged.flatMap(({ refused }) => Object.keys(refused)));
  return [...codes].map((code) => {
    const count = sumOf(acknowledged.map(({ refused }) => refused[code] ?? 0));
    return `${count} fills were refused: ${code}`;
  });
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
