/** The table a person reads, and the line a program reads. */
import type { Machine } from './machine.ts';
import type { Row } from './measure.ts';
import type { ScaleRow } from './scale.ts';

export interface Report {
  readonly machine: Machine | undefined;
  readonly rows: readonly Row[];
  readonly scale: readonly ScaleRow[];
}

export function printTable({ machine, rows, scale }: Report): void {
  if (machine !== undefined) {
    const { cores, processor, node, postgres, nats, commit } = machine;
    console.log(`${cores} cores (${processor}), node ${node}, Postgres ${postgres}, nats-server ${nats}, ${commit}`);
  }
  if (rows.length > 0) {
    print([
      ['scenario', 'commands', 'failed', 'lost', 'doubled', 'wrong', 'longest stall', 'target', 'rounds'],
      ...rows.map((row) => [
        row.title,
        ...[row.commands, row.failed, row.lost, row.doubled, row.wrong].map(String),
        `${row.longestStallMs} ms`,
        target(row.longestStallMs, row.targetMs),
        row.stallsMs.join(' '),
      ]),
    ]);
  }
  if (scale.length > 0) {
    print([
      ['scenario', 'symbols', 'Pods', 'took', 'target'],
      ...scale.map((row) => [
        row.scenario,
        String(row.symbols),
        String(row.pods),
        `${row.tookMs} ms`,
        target(row.tookMs, row.targetMs),
      ]),
    ]);
  }
  for (const { scenario, faults } of rows) for (const fault of faults) console.log(`${scenario}: ${fault}`);
}

/** Zero failed, lost, doubled, wrong, and the ledger folds. Times are not judged here: they depend on the machine. */
export function isClean({ rows }: Report): boolean {
  return rows.every((row) => row.failed + row.lost + row.doubled + row.wrong + row.faults.length === 0);
}

function target(measuredMs: number, targetMs: number): string {
  return `≤ ${targetMs} ms ${measuredMs <= targetMs ? 'kept' : 'missed'}`;
}

/** The first column to the left, the others to the right. */
function print(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  console.log('');
  for (const line of lines) console.log(line.map(padded).join('  ').trimEnd());
}
