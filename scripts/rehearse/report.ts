/** What a rehearsal has shown: a row a phase, made from what clients noted and what happened to Pods, as a table or as JSON. */
import { table } from '../../cli/table.ts';
import type { FillRecord } from '../../test/support/fill-plan.ts';
import type { Phase } from './phases.ts';
import type { PodEvent, PodEventKind } from './pod.ts';
import type { Visit } from './service-client.ts';

/** A phase that was run; milliseconds since 1970. */
export interface PhaseRun {
  readonly phase: Pick<Phase, 'name' | 'title' | 'expected' | 'mayMissVisits'>;
  readonly from: number;
  readonly to: number;
  readonly remark: string;
  /** Why it was given up. */
  readonly problem?: string;
}

export interface Seen {
  readonly records: readonly FillRecord[];
  readonly events: readonly PodEvent[];
  readonly visits: readonly Visit[];
  readonly candlesAt: readonly number[];
}

export interface Row {
  readonly phase: string;
  readonly title: string;
  readonly durationMs: number;
  /** Answered in it, whatever the answer. */
  readonly commands: number;
  /** Whose last answer was no `ok`. */
  readonly failed: number;
  /** The longest that a caller waited. */
  readonly longestStallMs: number;
  readonly p99Ms: number;
  /** The longest time without an acknowledgement, of all symbols together and of the one that had the longest. */
  readonly silenceMs: number;
  readonly symbolSilenceMs: number;
  /** The longest time without a candle of any symbol. */
  readonly marketSilenceMs: number;
  readonly visits: number;
  readonly visitsFailed: number;
  readonly pods: Readonly<Record<PodEventKind, number>>;
  readonly remark: string;
  /** Sentences: what must not be. */
  readonly faults: readonly string[];
}

const FAULTS_SHOWN = 5;
const ALWAYS_EXPECTED: readonly PodEventKind[] = ['started', 'ended'];

/** `isLast`: what happens while everything is ended belongs to it. */
export function rowOf({ phase, from, to, remark, problem }: PhaseRun, seen: Seen, isLast = false): Row {
  const isWithin = (at: number): boolean => at >= from && (isLast || at < to);
  const records = seen.records.filter(({ answeredAt }) => isWithin(answeredAt));
  const visits = seen.visits.filter(({ at }) => isWithin(at));
  const events = seen.events.filter(({ at }) => isWithin(at));
  const waited = records.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((one, other) => one - other);
  const failed = records.filter(({ outcome }) => outcome !== 'ok');
  const failedVisits = visits.filter(({ problem }) => problem !== undefined);
  const unexpected = events.filter(({ kind }) => !ALWAYS_EXPECTED.includes(kind) && !phase.expected.includes(kind));
  const silence = (moments: readonly number[]): number => longestGap(moments, { from, to });
  return {
    phase: phase.name,
    title: phase.title,
    durationMs: Math.round(to - from),
    commands: records.length,
    failed: failed.length,
    longestStallMs: Math.round(waited.at(-1) ?? 0),
    p99Ms: Math.round(waited[Math.floor(waited.length * 0.99)] ?? 0),
    silenceMs: silence(answersOf(seen.records)),
    symbolSilenceMs: Math.max(0, ...bySymbol(seen.records).map((records) => silence(answersOf(records)))),
    marketSilenceMs: silence(seen.candlesAt),
    visits: visits.length,
    visitsFailed: failedVisits.length,
    pods: countKinds(events),
    remark,
    faults: [
      ...(problem === undefined ? [] : [problem]),
      ...some(failed, ({ symbol, fill, outcome, code }) => `fill ${fill.id} of ${symbol}: ${outcome}, ${code}`),
      ...some(phase.mayMissVisits ? [] : failedVisits, ({ problem }) => `a request to the gateway: ${problem}`),
      ...some(unexpected, ({ pod, kind, detail }) => `Pod ${pod} ${kind}: ${detail}`),
    ],
  };
}

interface Column {
  readonly head: string;
  readonly cell: (row: Row) => string;
  readonly isText?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: 'phase', cell: ({ title }) => title, isText: true },
  { head: 'time', cell: ({ durationMs }) => `${(durationMs / 1_000).toFixed(1)} s` },
  { head: 'commands', cell: ({ commands }) => String(commands) },
  { head: 'failed', cell: ({ failed }) => String(failed) },
  { head: 'longest stall', cell: ({ longestStallMs }) => `${longestStallMs} ms` },
  { head: 'p99', cell: ({ p99Ms }) => `${p99Ms} ms` },
  { head: 'one symbol silent', cell: ({ symbolSilenceMs }) => `${symbolSilenceMs} ms` },
  { head: 'all silent', cell: ({ silenceMs }) => `${silenceMs} ms` },
  { head: 'no candle', cell: ({ marketSilenceMs }) => `${marketSilenceMs} ms` },
  { head: 'pages missed', cell: ({ visits, visitsFailed }) => `${visitsFailed} of ${visits}` },
  { head: 'Pods started', cell: ({ pods }) => String(pods.started) },
  { head: 'SIGKILLed', cell: ({ pods }) => String(pods.killed) },
  { head: 'remarks', cell: ({ remark }) => remark, isText: true },
];

export function tableOf(rows: readonly Row[]): string {
  const numbers = COLUMNS.filter(({ isText = false }) => !isText);
  return table(
    COLUMNS.map(({ head }) => head),
    rows.map((row) => COLUMNS.map(({ cell }) => cell(row))),
    numbers.map(({ head }) => head),
  );
}

/** Of a time in which something should go on: from the first moment there ever was, gaps into and out of it cut off. */
function longestGap(moments: readonly number[], { from, to }: Pick<PhaseRun, 'from' | 'to'>): number {
  const ordered = moments.filter((at) => at < to).sort((one, other) => one - other);
  const gaps = ordered.map((at, index) => (ordered[index + 1] ?? to) - Math.max(at, from));
  return Math.round(
    Math.max(
      0,
      ...gaps.slice(
        Math.max(
          0,
          ordered.findLastIndex((at) => at < from),
        ),
      ),
    ),
  );
}

function answersOf(records: readonly FillRecord[]): number[] {
  return records.filter(({ outcome }) => outcome === 'ok').map(({ answeredAt }) => answeredAt);
}

function bySymbol(records: readonly FillRecord[]): FillRecord[][] {
  const symbols = new Map<string, FillRecord[]>();
  for (const record of records) {
    const own = symbols.get(record.symbol);
    if (own === undefined) symbols.set(record.symbol, [record]);
    else own.push(record);
  }
  return [...symbols.values()];
}

function countKinds(events: readonly PodEvent[]): Readonly<Record<PodEventKind, number>> {
  const counts = { started: 0, ended: 0, failed: 0, killed: 0, crashed: 0, unhealthy: 0, lost: 0 };
  for (const { kind } of events) counts[kind] += 1;
  return counts;
}

function some<T>(list: readonly T[], say: (item: T) => string): string[] {
  const said = list.slice(0, FAULTS_SHOWN).map(say);
  return list.length > FAULTS_SHOWN ? [...said, `… and ${list.length - FAULTS_SHOWN} more like the last`] : said;
}
