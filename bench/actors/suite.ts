/** What the actors themselves cost: events a second, memory and start of idle symbols, and what more symbols change. */
import { interleave } from '../harness/interleave.ts';
import { isAsked, type Row, type Suite, type SuiteContext, type SuiteResult, type Target } from '../harness/suite.ts';
import { coinpilotCandles, coinpilotFills, coinpilotTicks } from './engine-contenders.ts';
import { growthScenarios, measureGrowth } from './growth.ts';
import { IDLE, measureIdleSymbols } from './idle.ts';
import { coinpilotMachine, reducer, xstateFill, xstateSend } from './plain-contenders.ts';

const EVENTS = 'events';
const BASELINE = 'xstate-send';
const GROWTH = ['memory', 'postgres'] as const;
const ROUNDS = 5;
const SEED = 20_261_125;

const SCENARIOS = [EVENTS, IDLE, ...GROWTH.flatMap(growthScenarios)];
const QUICK_SCENARIOS = SCENARIOS.filter((scenario) => !scenario.endsWith('evenly'));
/** Of `events`: the others compare numbers of symbols. */
const CONTENDERS = [
  'reducer',
  BASELINE,
  'xstate-fill',
  'coinpilot-machine',
  'coinpilot',
  'coinpilot-ticks',
  'coinpilot-candles',
];

export const actors: Suite = {
  name: 'actors',
  title: 'events through mailbox, machine and runner; memory and start of idle symbols; ever more symbols',
  baseline: BASELINE,
  scenarios: SCENARIOS,
  contenders: CONTENDERS,
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const asked = context.scenarios.length > 0 ? context.scenarios : context.isQuick ? QUICK_SCENARIOS : SCENARIOS;
  const isChosen = (scenario: string) =>
    asked.includes(scenario) && (context.contenders.length === 0 || scenario === EVENTS);
  const rows: Row[] = [];
  const targets: Target[] = [];
  const keep = (measured: { readonly rows: readonly Row[]; readonly targets?: readonly Target[] }) => {
    rows.push(...measured.rows);
    targets.push(...(measured.targets ?? []));
    context.finished(measured.rows);
  };
  if (isChosen(EVENTS)) keep({ rows: await measureEvents(context) });
  if (isChosen(IDLE)) keep(await measureIdleSymbols(context));
  for (const ledger of GROWTH) {
    const chosen = growthScenarios(ledger).filter(isChosen);
    if (chosen.length > 0) keep(await measureGrowth(ledger, chosen, context));
  }
  return { rows, targets };
}

async function measureEvents(context: SuiteContext): Promise<readonly Row[]> {
  context.progress(EVENTS);
  const all = [
    reducer(SEED),
    xstateSend(),
    xstateFill(SEED),
    coinpilotMachine(),
    coinpilotFills(SEED),
    coinpilotTicks(),
    coinpilotCandles(),
  ];
  return interleave({
    scenario: EVENTS,
    contenders: all.filter(({ name }) => isAsked(name, BASELINE, context)),
    baseline: BASELINE,
    rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
    // A machine of xstate takes its time until it is compiled.
    warmUpMs: context.isQuick ? 200 : 500,
    sliceMs: context.isQuick ? 100 : 250,
  });
}
