/** One fill = read, compute, update position, write the journal row, settle cash, durable commit: by every design. */
import { type Contender, closedLoop, interleave } from '../harness/interleave.ts';
import { isAsked, type Row, type Suite, type SuiteContext, type SuiteResult } from '../harness/suite.ts';
import type { Design, RunningDesign } from './contender.ts';
import { auditorFaults, createLedger, ledgerFaults } from './database.ts';
import { BASELINE, DESIGNS } from './designs.ts';
import { serverFaults, unflushedFaults } from './durability.ts';
import { makeLoad, SCENARIOS, type Scenario } from './load.ts';
import { Promises } from './promises.ts';
import { targets } from './targets.ts';

const QUICK_SCENARIOS = ['hot/1', 'hot/64', 'hot/256', '200/256'];
const SEED = 20_261_123;

/** Meant for eight minutes for everything, of which scenarios with 2,048 callers take about half whatever stands here. */
/** Before the first scenario: what has just started compiles while it works. */
const FIRST_MS = 1_500;
const TIMES = { rounds: 3, warmUpMs: 200, sliceMs: 300 };
const QUICK_TIMES = { rounds: 2, warmUpMs: 300, sliceMs: 250 };
/** With more of them a slow design needs seconds until each has had its turn, which a slice has to wait for. */
const WARM_UP_CALLERS_MAX = 256;

/** A design at work. */
interface Opened {
  readonly design: Design;
  readonly url: string;
  readonly running: RunningDesign;
  readonly promises: Promises;
  /** Over all scenarios. */
  acknowledged: number;
}

export const ledger: Suite = {
  name: 'ledger',
  title: 'fills into a durable ledger',
  baseline: BASELINE,
  scenarios: SCENARIOS.map(({ name }) => name),
  contenders: DESIGNS.map(({ name }) => name),
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const scenarios = scenariosOf(context);
  const symbols = Math.max(...scenarios.map((scenario) => scenario.symbols));
  const opened: Opened[] = [];
  try {
    for (const design of designsOf(context)) opened.push(await open(design, symbols, context));
    const rows: Row[] = [];
    for (const scenario of scenarios) {
      context.progress(`ledger ${scenario.name}`);
      const measured = await measure(scenario, { opened, isFirst: rows.length === 0, context });
      context.finished(measured);
      rows.push(...measured);
    }
    return {
      rows,
      targets: targets(rows),
      notes: lossNotes(rows, opened),
    };
  } finally {
    for (const { running } of opened) await running.close();
  }
}

function scenariosOf({ scenarios, isQuick }: SuiteContext): readonly Scenario[] {
  const names = scenarios.length === 0 && isQuick ? QUICK_SCENARIOS : scenarios;
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
}

function designsOf(context: SuiteContext): readonly Design[] {
  return DESIGNS.filter(({ name }) => isAsked(name, BASELINE, context));
}

async function open(design: Design, symbols: number, context: SuiteContext): Promise<Opened> {
  const postgres = await context.postgres();
  const url = await createLedger(postgres, `ledger_${design.name.replaceAll('-', '_')}`, symbols);
  const promises = await Promises.begin(url);
  return { design, url, running: await design.open(url, symbols), promises, acknowledged: 0 };
}

interface Arena {
  readonly opened: readonly Opened[];
  readonly isFirst: boolean;
  readonly context: SuiteContext;
}

async function measure(scenario: Scenario, { opened, isFirst, context }: Arena): Promise<readonly Row[]> {
  const { rounds, warmUpMs, sliceMs } = context.isQuick ? QUICK_TIMES : TIMES;
  return interleave({
    scenario: scenario.name,
    contenders: opened.map((one) => contend(scenario, one, isFirst)),
    baseline: BASELINE,
    rounds: context.rounds ?? rounds,
    warmUpMs,
    sliceMs,
  });
}

function contend(scenario: Scenario, opened: Opened, isFirst: boolean): Contender {
  const { design, running, promises } = opened;
  const next = makeLoad(scenario, SEED);
  const fill = async () => {
    const one = next();
    await running.fill(one);
    promises.acknowledged(one);
    opened.acknowledged += 1;
  };
  const load = (callers: number, durationMs: number) => closedLoop(callers, durationMs, fill);
  return {
    name: design.name,
    isLossy: !design.isSafe,
    warmUp: (durationMs) => load(Math.min(scenario.callers, WARM_UP_CALLERS_MAX), isFirst ? FIRST_MS : durationMs),
    slice: (durationMs) => load(scenario.callers, durationMs),
    verdict: async () => {
      // How it commits does not change from scenario to scenario.
      const undurable = isFirst ? await durabilityFaults(opened, fill) : [];
      const { lost, faults } = await promises.verdict();
      return { lost, faults: [...undurable, ...faults, ...(await foldFaults(opened, isFirst))] };
    },
  };
}

async function durabilityFaults({ url }: Opened, fill: () => Promise<void>): Promise<readonly string[]> {
  return [...(await serverFaults(url)), ...(await unflushedFaults(url, fill))];
}

/** The auditor recomputes every rounding while the journal is short; afterwards the folds are the server's work. */
async function foldFaults({ design, url }: Opened, isFirst: boolean): Promise<readonly string[]> {
  // Its positions never fold again after the first update lost; how many it loses is what it is here to show.
  if (!design.isSafe) return [];
  const faults = await ledgerFaults(url);
  return isFirst && faults.length === 0 ? auditorFaults(url) : faults;
}

/** What went wrong where that was to be expected. */
function lossNotes(rows: readonly Row[], opened: readonly Opened[]): readonly string[] {
  return opened
    .filter(({ design }) => !design.isSafe)
    .map(({ design, acknowledged }) => {
      const lost = rows.reduce((sum, row) => sum + (row.contender === design.name ? (row.lost ?? 0) : 0), 0);
      return `${design.name} acknowledged ${acknowledged} fills in this run and lost ${lost} of them`;
    });
}
