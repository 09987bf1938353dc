/** The ceilings: what disk, database, broker and language would give if the engine did nothing. */
import type { Row, Suite, SuiteContext, SuiteResult, Target } from '../harness/suite.ts';
import { BUS, BUS_CONTENDERS, measureBus } from './bus.ts';
import { COMMIT_CONTENDERS, COMMITS, measureCommits } from './commits.ts';
import { COINPILOT, COPY_BINARY, JOURNAL, measureJournal } from './journal.ts';
import { LOOP_CONTENDERS, LOOPS, measureLoops } from './loops.ts';

interface Measured {
  readonly rows: readonly Row[];
  readonly targets?: readonly Target[];
  readonly notes?: readonly string[];
}

interface Ceiling {
  readonly scenario: string;
  readonly contenders: readonly string[];
  measure(context: SuiteContext): Promise<Measured>;
}

const CEILINGS: readonly Ceiling[] = [
  { scenario: COMMITS, contenders: COMMIT_CONTENDERS, measure: measureCommits },
  { scenario: JOURNAL, contenders: [COPY_BINARY, COINPILOT], measure: measureJournal },
  { scenario: BUS, contenders: BUS_CONTENDERS, measure: measureBus },
  { scenario: LOOPS, contenders: LOOP_CONTENDERS, measure: measureLoops },
];

export const limits: Suite = {
  name: 'limits',
  title: 'what disk, database, broker and language give by themselves',
  baseline: COPY_BINARY,
  scenarios: CEILINGS.map(({ scenario }) => scenario),
  contenders: CEILINGS.flatMap(({ contenders }) => contenders),
  brokerScenarios: [BUS],
  run,
};

/** A scenario without any of the contenders asked for is left out: what its baseline does alone was not asked. */
async function run(context: SuiteContext): Promise<SuiteResult> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  const notes: string[] = [];
  const isNamed = (asked: readonly string[], names: readonly string[]) =>
    asked.length === 0 || asked.some((name) => names.includes(name));
  for (const { scenario, contenders, measure } of CEILINGS) {
    if (!isNamed(context.scenarios, [scenario]) || !isNamed(context.contenders, contenders)) continue;
    const measured = await measure(context);
    rows.push(...measured.rows);
    targets.push(...(measured.targets ?? []));
    notes.push(...(measured.notes ?? []));
    context.finished(measured.rows);
  }
  return { rows, targets, notes };
}
