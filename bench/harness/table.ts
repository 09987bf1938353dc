/** The tables a person reads: the rows of a suite, then its targets, then what is to be said about both. */
import { numeral, percent, times } from './numerals.ts';
import type { Report } from './report.ts';
import { byScenario } from './row-groups.ts';
import type { Row, Suite, Target } from './suite.ts';

const SCENARIO = 'scenario';

interface Column {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** Whether this row has something to show: a column that is empty throughout is left out. */
  readonly isFilled: (row: Row) => boolean;
  readonly isLeft?: boolean;
}

export function describe(suite: Pick<Suite, 'title'>, report: Report): string {
  const parts = [headOf(suite, report)];
  if (report.rows.length > 0) parts.push(rowTable(report.rows));
  if (report.targets.length > 0) parts.push(targetTable(report.targets));
  const faults = report.rows.flatMap(({ scenario, contender, faults = [] }) =>
    faults.map((fault) => `${scenario} ${contender}: ${fault}`),
  );
  const said = [...report.notes, ...(report.cutShort === undefined ? [] : [`cut short: ${report.cutShort}`])];
  if (said.length > 0) parts.push(said.join('\n'));
  if (faults.length > 0) parts.push(['faults:', ...new Set(faults)].join('\n'));
  if (report.isBroken) parts.push(`FAILED: ${report.suite}`);
  return `${parts.join('\n\n')}\n`;
}

function headOf({ title }: Pick<Suite, 'title'>, report: Report): string {
  const { cores, processor, node, postgres, nats } = report.machine;
  const servers = [
    ...(postgres === '' ? [] : [`Postgres ${postgres}`]),
    ...(nats === '' ? [] : [`nats-server ${nats}`]),
    ...(report.fsyncDelayMs === 0 ? [] : [`each fsync ${report.fsyncDelayMs} ms later`]),
  ];
  const run = report.quick ? ['a quick run, not to quote'] : [];
  const machine = [`${cores} cores (${processor})`, `node ${node}`, ...servers, report.commit, ...run].join(', ');
  return `${report.suite}: ${title}\n${machine}`;
}

function rowTable(rows: readonly Row[]): string {
  const columns = columnsFor(rows).filter(({ isFilled }) => rows.some(isFilled));
  const lines: (readonly string[])[] = [columns.map(({ head }) => head)];
  const groups = byScenario(rows);
  const isSpaced = [...groups.values()].some(({ length }) => length > 1);
  for (const group of groups.values()) {
    if (isSpaced) lines.push([]);
    for (const [index, row] of group.entries()) {
      lines.push(columns.map(({ head, cell }) => (index > 0 && head === SCENARIO ? '' : cell(row))));
    }
  }
  return layOut(
    lines,
    columns.map(({ isLeft = false }) => isLeft),
  );
}

function columnsFor(rows: readonly Row[]): readonly Column[] {
  const isRated = rows.some(({ opsPerSecond }) => opsPerSecond !== null);
  return [
    { head: SCENARIO, cell: ({ scenario }) => scenario, isFilled: () => true, isLeft: true },
    { head: 'contender', cell: nameOf, isFilled: () => true, isLeft: true },
    {
      head: isRated ? 'ops/s' : 'figure',
      cell: ({ figure, opsPerSecond }) =>
        figure === undefined ? numeral(opsPerSecond) : `${numeral(figure.value)} ${figure.unit}`,
      isFilled: () => true,
    },
    { head: 'spread', cell: ({ spread }) => percent(spread), isFilled: ({ spread }) => spread !== undefined },
    {
      head: 'ratio',
      cell: ({ isBaseline, ratio }) => (isBaseline ? 'baseline' : times(ratio)),
      isFilled: ({ ratio }) => ratio !== null,
    },
    {
      head: 'ratio spread',
      cell: ({ ratioSpread }) => percent(ratioSpread),
      isFilled: ({ ratioSpread }) => ratioSpread !== undefined,
    },
    { head: 'p50 ms', cell: ({ p50Ms }) => numeral(p50Ms), isFilled: ({ p50Ms }) => p50Ms !== null },
    { head: 'p99 ms', cell: ({ p99Ms }) => numeral(p99Ms), isFilled: ({ p99Ms }) => p99Ms !== null },
    {
      head: 'CPU µs/op',
      cell: ({ cpuMicros }) => numeral(cpuMicros),
      isFilled: ({ cpuMicros }) => cpuMicros !== undefined,
    },
    { head: 'lost', cell: ({ lost }) => numeral(lost), isFilled: ({ lost }) => lost !== null },
  ];
}

/** What is wrong stands below the table; whose row it is shows in it. */
function nameOf({ contender, faults }: Row): string {
  return faults === undefined ? contender : `${contender} ✗`;
}

function targetTable(targets: readonly Target[]): string {
  const isCeiling = targets.every((target) => target.isCeiling === true);
  const bound = (target: Target, value: number) => {
    // Where floors and ceilings stand in one table, the ceilings say so.
    const mark = target.isCeiling === true && !isCeiling ? '≤ ' : '';
    return `${mark}${withUnit(value, target.unit)}`;
  };
  return layOut(
    [
      ['target', 'measured', isCeiling ? 'at most' : 'at least', 'aim', 'reached'],
      ...targets.map((target) => [
        target.text,
        withUnit(target.measured, target.unit),
        bound(target, target.atLeast),
        bound(target, target.aim),
        verdictOn(target),
      ]),
    ],
    [true],
  );
}

/** `aim`, `yes`, `no`, or a dash where this run does not show it. */
export function verdictOn({ measured, atLeast, aim, isCeiling = false }: Target): string {
  if (!Number.isFinite(measured)) return '–';
  const keeps = (bound: number) => (isCeiling ? measured <= bound : measured >= bound);
  if (keeps(aim)) return 'aim';
  return keeps(atLeast) ? 'yes' : 'no';
}

function withUnit(value: number, unit: string): string {
  return Number.isFinite(value) && unit !== '' ? `${numeral(value)} ${unit}` : numeral(value);
}

/** Columns two spaces apart, to the right unless `isLeft` says otherwise. An empty line stays empty. */
function layOut(lines: readonly (readonly string[])[], isLeft: readonly boolean[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const padded = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return isLeft[column] === true ? cell.padEnd(width) : cell.padStart(width);
  };
  return lines.map((line) => line.map(padded).join('  ').trimEnd()).join('\n');
}
