/** One fill = read, compute, update position, write the journal row, settle cash, durable commit: by every design. */
import { type Contender, closedLoop, interleave } from '../harness/interleave.ts';
import type { Row, Suite, SuiteContext, SuiteResult, Target } from '../harness/suite.ts';
import { coinpilot } from './coinpilot.ts';
import type { Design, RunningDesign } from './contender.ts';
import { forUpdate } from './contenders/for-update.ts';
import { createLedger, ledgerFaults, totalVersion } from './database.ts';
import { makeLoad, SCENARIOS, type Scenario } from './load.ts';

const DESIGNS: readonly Design[] = [forUpdate, coinpilot];
const BASELINE = forUpdate.name;
const QUICK_SCENARIOS = ['hot/1', 'hot/64', 'hot/256', '200/256'];
const SEED = 20_261_123;

interface Opened {
  readonly design: Design;
  readonly url: string;
  readonly running: RunningDesign;
}

export const ledger: Suite = {
  name: 'ledger',
  title: 'fills into a durable ledger',
  baseline: BASELINE,
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const scenarios = chosen(
    SCENARIOS,
    context.scenarios.length > 0 ? context.scenarios : context.isQuick ? QUICK_SCENARIOS : [],
  );
  const designs = DESIGNS.filter(
    ({ name }) => context.contenders.length === 0 || name === BASELINE || context.contenders.includes(name),
  );
  const symbols = Math.max(...scenarios.map((scenario) => scenario.symbols));
  const postgres = await context.postgres();
  const opened: Opened[] = [];
  try {
    for (const design of designs) {
      const url = await createLedger(postgres, `ledger_${design.name.replaceAll('-', '_')}`, symbols);
      opened.push({ design, url, running: await design.open(url, symbols) });
    }
    const rows: Row[] = [];
    for (const scenario of scenarios) {
      context.progress(`ledger ${scenario.name}`);
      rows.push(...(await measure(scenario, opened, context)));
    }
    const safe = new Set(designs.filter(({ isSafe }) => isSafe).map(({ name }) => name));
    return {
      rows,
      targets: targets(rows),
      isBroken: rows.some(({ contender, lost, faults }) => safe.has(contender) && (lost !== 0 || faults !== undefined)),
    };
  } finally {
    for (const { running } of opened) await running.close();
  }
}

async function measure(scenario: Scenario, opened: readonly Opened[], context: SuiteContext): Promise<readonly Row[]> {
  const contenders = await Promise.all(opened.map((one) => contend(scenario, one)));
  return interleave({
    scenario: scenario.name,
    contenders,
    baseline: BASELINE,
    rounds: context.rounds ?? 3,
    warmUpMs: context.isQuick ? 200 : 300,
    sliceMs: context.isQuick ? 400 : 600,
  });
}

async function contend(scenario: Scenario, { design, url, running }: Opened): Promise<Contender> {
  const next = makeLoad(scenario, SEED);
  const before = await totalVersion(url);
  let acknowledged = 0;
  return {
    name: design.name,
    slice: (durationMs) =>
      closedLoop(scenario.callers, durationMs, async () => {
        await running.fill(next());
        acknowledged += 1;
      }),
    verdict: async () => ({
      lost: acknowledged - ((await totalVersion(url)) - before),
      faults: await ledgerFaults(url),
    }),
  };
}

function chosen(all: readonly Scenario[], names: readonly string[]): readonly Scenario[] {
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

function targets(rows: readonly Row[]): readonly Target[] {
  const ratio = (scenario: string, contender: string) =>
    rows.find((row) => row.scenario === scenario && row.contender === contender);
  const found: Target[] = [];
  const against = (scenario: string, other: string, atLeast: number, aim: number) => {
    const ours = ratio(scenario, coinpilot.name)?.opsPerSecond;
    const theirs = ratio(scenario, other)?.opsPerSecond;
    if (ours == null || theirs == null) return;
    found.push({ text: `${scenario} against ${other}`, atLeast, aim, measured: ours / theirs, unit: '×' });
  };
  against('hot/64', 'for-update', 25, 35);
  against('hot/256', 'for-update', 40, 50);
  against('hot/2048', 'for-update', 50, 60);
  against('200/256', 'for-update', 12, 17);
  against('hot/256', 'for-update-call', 15, 25);
  against('hot/1', 'for-update', 1.3, 2);
  return found;
}
