/**
 * The verdict on a run: what the clients noted about every id they sent, against what is in the tables. Reads them with
 * plain SQL and shares no code with the engine.
 */
import type { FillReport } from './fill-clients.ts';
import type { FillRecord } from './fill-plan.ts';
import { answerFaults, ledgerFaults, sql, units } from './ledger-audit.ts';

export interface FillVerdict {
  readonly commands: number;
  /** The final answer was no `ok`. */
  readonly failed: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** There more than once, or answered with two different versions. */
  readonly doubled: number;
  /** Answered with a version or a position that its row does not have. */
  readonly wrong: number;
  /** Every broken rule as a sentence, those of the ledger itself included; the first of many. */
  readonly faults: readonly string[];
}

interface JournalRow {
  readonly symbol: string;
  readonly id: string;
  readonly seq: number;
  readonly quantity_after: string;
  readonly cost_after: string;
  readonly realized_after: string;
}

const FAULTS_SHOWN = 20;

export async function judge(url: string, { records }: Pick<FillReport, 'records'>): Promise<FillVerdict> {
  const rows = new Map<string, JournalRow[]>();
  for (const row of await readJournal(url)) rows.set(row.id, [...(rows.get(row.id) ?? []), row]);
  const found = records.map((record) => ({ record, rows: rows.get(record.fill.id) ?? [] }));
  const counted = {
    failed: found.filter(({ record }) => record.outcome !== 'ok'),
    lost: found.filter(({ record, rows }) => record.outcome === 'ok' && rows.length === 0),
    doubled: found.filter(({ record, rows }) => rows.length > 1 || record.versions.length > 1),
    wrong: found.filter(({ record, rows: [row] }) => row !== undefined && !isAnsweredBy(record, row)),
  };
  const told = Object.entries(counted).flatMap(([name, list]) =>
    list.map(({ record, rows }) => `${name}: ${JSON.stringify(record)} is there as ${JSON.stringify(rows)}`),
  );
  const faults = [...(await ledgerFaults(url)), ...(await answerFaults(url, records)), ...told];
  return {
    commands: records.length,
    failed: counted.failed.length,
    lost: counted.lost.length,
    doubled: counted.doubled.length,
    wrong: counted.wrong.length,
    faults: faults.slice(0, FAULTS_SHOWN),
  };
}

/** The command that waited longest for its final answer, of those that had none yet at `since`. */
export function slowest(records: readonly FillRecord[], since: number): FillRecord | undefined {
  const waited = ({ sentAt, answeredAt }: FillRecord) => answeredAt - sentAt;
  return records
    .filter(({ answeredAt }) => answeredAt >= since)
    .reduce<FillRecord | undefined>(
      (longest, record) => (longest === undefined || waited(record) > waited(longest) ? record : longest),
      undefined,
    );
}

function isAnsweredBy({ outcome, version, position }: FillRecord, row: JournalRow): boolean {
  if (outcome !== 'ok') return true;
  if (version !== row.seq) return false;
  if (position === undefined) return true;
  const same = (answered: string, stored: string) => units(answered) === units(stored);
  const isQuantity = same(position.quantity, row.quantity_after) && same(position.cost, row.cost_after);
  return isQuantity && same(position.realizedPnl, row.realized_after);
}

function readJournal(url: string): Promise<JournalRow[]> {
  return sql<JournalRow>(
    url,
    `select symbol, id, seq::int, quantity_after::text, cost_after::text, realized_after::text
     from journal where kind = 'fill'`,
  );
}
