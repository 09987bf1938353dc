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

const SCENARIOS: Readonly<Record<string, (context: SuiteContext) => Promise<Measured>>> = {
  [COMMITS]: measureCommits,
  [JOURNAL]: measureJournal,
  [BUS]: measureBus,
  [LOOPS]: measureLoops,
};

export const limits: Suite = {
  name: 'limits',
  title: 'what disk, database, broker and language give by themselves',
  baseline: COPY_BINARY,
  scenarios: Object.keys(SCENARIOS),
  contenders: [...COMMIT_CONTENDERS, COPY_BINARY, COINPILOT, ...BUS_CONTENDERS, ...LOOP_CONTENDERS],
  run,
};

/** A ceiling says nothing without the others of its scenario, so that `--contender` leaves none out. */
async function run(context: SuiteContext): Promise<SuiteResult> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  const notes: string[] = [];
  for (const [scenario, measure] of Object.entries(SCENARIOS)) {
    if (context.scenarios.length > 0 && !context.scenarios.includes(scenario)) continue;
    const measured = await measure(context);
    rows.push(...measured.rows);
    targets.push(...(measured.targets ?? []));
    notes.push(...(measured.notes ?? []));
    context.finished(measured.rows);
  }
  const isBroken = rows.some(({ lost, faults }) => (lost !== null && lost !== 0) || faults !== undefined);
  return { rows, targets, notes, isBroken };
}
