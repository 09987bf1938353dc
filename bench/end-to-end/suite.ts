/** Fills from client processes over NATS into a durable ledger and back: what callers get of an engine. */
import { Cluster } from '../../test/support/cluster.ts';
import { ledgerFaults } from '../../test/support/ledger-audit.ts';
import { type Contender, interleave } from '../harness/interleave.ts';
import { isAsked, type Row, type Suite, type SuiteContext, type SuiteResult } from '../harness/suite.ts';
import { createLedger } from '../ledger/database.ts';
import { coinpilot } from './contenders/coinpilot.ts';
import type { Arena, Design, Running } from './contenders/contender.ts';
import { echo } from './contenders/echo.ts';
import { requestForUpdate, requestForUpdateBatched } from './contenders/request-for-update.ts';
import { JournalCheck, refusals } from './journal-check.ts';
import { Clients } from './load/clients.ts';
import { QUICK_SCENARIOS, SCENARIOS, type Scenario, SYMBOLS } from './scenarios.ts';
import { notes, targets } from './targets.ts';

const DESIGNS: readonly Design[] = [requestForUpdate, requestForUpdateBatched, coinpilot, echo];
const BASELINE = requestForUpdate.name;

/** A slow contender takes longer than a slice to finish what it has begun: that counts. */
const TIMES = { rounds: 5, warmUpMs: 400, sliceMs: 500, firstMs: 2_500 };
const QUICK_TIMES = { rounds: 2, warmUpMs: 300, sliceMs: 500, firstMs: 1_200 };

interface Opened {
  readonly design: Design;
  readonly running: Running;
  readonly journal: JournalCheck | undefined;
}

export const endToEnd: Suite = {
  name: 'end-to-end',
  title: 'fills over NATS into a durable ledger and back',
  baseline: BASELINE,
  scenarios: SCENARIOS.map(({ name }) => name),
  contenders: DESIGNS.map(({ name }) => name),
  brokerScenarios: SCENARIOS.map(({ name }) => name),
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const scenarios = scenariosOf(context);
  const designs = DESIGNS.filter(
    ({ name, isFor }) => isAsked(name, BASELINE, context) && (isFor === undefined || scenarios.some(isFor)),
  );
  const arena = await openArena(context);
  const opened: Opened[] = [];
  try {
    opened.push(...(await Promise.all(designs.map((design) => open(design, arena)))));
    const rows: Row[] = [];
    await warmUp(opened, scenarios, context);
    for (const scenario of scenarios) {
      context.progress(`end-to-end ${scenario.name}`);
      const measured = await measure(scenario, opened, context);
      context.finished(measured);
      rows.push(...measured);
    }
    const judged = await audited(rows, opened);
    if (judged.some(({ faults }) => faults !== undefined)) {
      context.progress(`the end of the engine's log: ${arena.cluster.explain()}`);
    }
    return { rows: judged, targets: targets(rows), notes: notes(rows) };
  } finally {
    await arena.clients.close();
    await Promise.all(opened.map(({ running }) => running.close()));
    await arena.cluster.stop();
  }
}

function scenariosOf({ scenarios, isQuick }: SuiteContext): readonly Scenario[] {
  if (scenarios.length > 0) return SCENARIOS.filter(({ name }) => scenarios.includes(name));
  return isQuick ? QUICK_SCENARIOS : SCENARIOS;
}

async function openArena(context: SuiteContext): Promise<Arena> {
  const postgres = await context.postgres();
  const databaseUrl = await createLedger(postgres, 'end_to_end_coinpilot', SYMBOLS.length);
  return { postgres, cluster: await Cluster.start({ databaseUrl, symbols: SYMBOLS }), clients: new Clients() };
}

async function open(design: Design, arena: Arena): Promise<Opened> {
  const running = await design.open(arena);
  const journal = running.databaseUrl === undefined ? undefined : await JournalCheck.begin(running.databaseUrl);
  return { design, running, journal };
}

/** Processes that have just started compile while they work; what they were promised meanwhile counts. */
async function warmUp(opened: readonly Opened[], [first]: readonly Scenario[], context: SuiteContext): Promise<void> {
  if (first === undefined) return;
  context.progress('end-to-end: warming up');
  for (const { running } of opened) {
    const warm = { ...first, inFlight: 64, fillsPerRequest: 1 };
    await running.load.slice(warm, (context.isQuick ? QUICK_TIMES : TIMES).firstMs);
  }
}

function measure(scenario: Scenario, opened: readonly Opened[], context: SuiteContext): Promise<readonly Row[]> {
  const { rounds, warmUpMs, sliceMs } = context.isQuick ? QUICK_TIMES : TIMES;
  return interleave({
    scenario: scenario.name,
    contenders: opened.filter(({ design }) => design.isFor?.(scenario) ?? true).map((one) => contender(scenario, one)),
    baseline: BASELINE,
    rounds: context.rounds ?? rounds,
    warmUpMs,
    sliceMs,
  });
}

function contender(scenario: Scenario, { design, running, journal }: Opened): Contender {
  const { load } = running;
  return {
    name: design.name,
    slice: (durationMs) => load.slice(scenario, durationMs),
    verdict: async () => {
      const acknowledged = await load.acknowledged();
      return journal === undefined ? { lost: null, faults: refusals(acknowledged) } : journal.verdict(acknowledged);
    },
  };
}

/** Folds every ledger once, after all scenarios: what is wrong in it may come from any of them. */
async function audited(rows: readonly Row[], opened: readonly Opened[]): Promise<readonly Row[]> {
  const found = new Map<string, readonly string[]>();
  for (const { design, running } of opened) {
    if (running.databaseUrl !== undefined) found.set(design.name, await ledgerFaults(running.databaseUrl));
  }
  return rows.map((row): Row => {
    const faults = [...(row.faults ?? []), ...(found.get(row.contender) ?? [])];
    return faults.length === 0 ? row : { ...row, faults };
  });
}
