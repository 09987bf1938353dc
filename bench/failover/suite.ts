/**
 * What clients notice when Pods are killed, drained, frozen, added and removed, and when the broker goes away. Real
 * processes, real Postgres with fsync, real nats-server. Nothing may be failed, lost, doubled or wrong; times never decide.
 */

import { symbols } from '../../test/support/wire.ts';
import { spread } from '../harness/statistics.ts';
import type { Row, Suite, SuiteContext, SuiteResult, Target } from '../harness/suite.ts';
import type { LoadSettings } from './load.ts';
import { type Measured, measure } from './measure.ts';
import { measureScale, type ScaleRow } from './scale.ts';
import { SCENARIOS } from './scenarios.ts';

const CONTENDER = 'coinpilot';
const SYMBOLS = 24;
const ROUNDS = 5;
const LOAD: LoadSettings = { processes: 2, lanesPerProcess: 16, thinkMs: 40, warmUpMs: 3_000, settleMs: 2_000 };
const QUICK: LoadSettings = { ...LOAD, warmUpMs: 1_500, settleMs: 1_000 };
const MANY_SYMBOLS = 'symbols';
const NAMES = [...SCENARIOS.map(({ name }) => name), MANY_SYMBOLS];
const QUICK_NAMES = ['kill', 'term', 'broker'];
/** Everything together is promised to take 15 minutes at most: after so many, only what ends soonest is left to run. */
const SHORTEST_AFTER_MS = 10 * 60_000;

export const failover: Suite = {
  name: 'failover',
  title: 'longest stall of a client while Pods and broker fail',
  baseline: CONTENDER,
  scenarios: NAMES,
  contenders: [CONTENDER],
  brokerScenarios: NAMES,
  shortened: (tookMs) => ({ rounds: 1, ...(tookMs > SHORTEST_AFTER_MS ? { scenarios: QUICK_NAMES } : {}) }),
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const chosen = chosenNames(context);
  const rounds = context.rounds ?? (context.isQuick ? 1 : ROUNDS);
  const postgres = await context.postgres();
  const rows: Row[] = [];
  const targets: Target[] = [];
  const notes: string[] = [];
  const finish = (row: Row, target: Target) => {
    rows.push(row);
    targets.push(target);
    context.finished([row]);
  };
  for (const scenario of SCENARIOS) {
    if (!chosen.includes(scenario.name)) continue;
    context.progress(`${scenario.name}: ${scenario.title}, rounds: ${rounds}`);
    const load = context.isQuick ? QUICK : LOAD;
    const measured = await measure(scenario, { postgres, symbols: symbols(SYMBOLS), rounds, load });
    finish(rowOf(measured), targetOf(measured.title, measured.longestStallMs, measured.targetMs));
    notes.push(
      `${scenario.name}: ${measured.commands} commands, longest stall of each round ${measured.stallsMs.join(' ')} ms`,
    );
  }
  if (chosen.includes(MANY_SYMBOLS)) {
    context.progress(`${MANY_SYMBOLS}: start, then a kill`);
    for (const row of await measureScale(postgres)) finish(scaleRowOf(row), scaleTargetOf(row));
  }
  const leftOut = NAMES.filter((name) => !chosen.includes(name));
  if (leftOut.length > 0) notes.push(`left out: ${leftOut.join(', ')}`);
  return { rows, targets, notes };
}

function chosenNames({ scenarios, isQuick }: SuiteContext): readonly string[] {
  if (scenarios.length > 0) return NAMES.filter((name) => scenarios.includes(name));
  return isQuick ? QUICK_NAMES : NAMES;
}

function rowOf(measured: Measured): Row {
  const { scenario, failed, lost, doubled, wrong, stallsMs, longestStallMs } = measured;
  const counts = Object.entries({ failed, lost, doubled, wrong }).filter(([, count]) => count > 0);
  // Told beside the first of them: of very many only some are.
  const faults = [...counts.map(([what, count]) => `${count} ${what}`), ...measured.faults];
  return {
    ...figureRow(scenario, longestStallMs),
    lost,
    ...(stallsMs.length > 1 ? { spread: spread(stallsMs) } : {}),
    ...(faults.length === 0 ? {} : { faults }),
  };
}

function figureRow(scenario: string, valueMs: number): Row {
  return {
    scenario,
    contender: CONTENDER,
    opsPerSecond: null,
    p50Ms: null,
    p99Ms: null,
    lost: null,
    ratio: null,
    figure: { value: valueMs, unit: 'ms' },
  };
}

function scaleRowOf({ scenario, tookMs }: ScaleRow): Row {
  return figureRow(`${MANY_SYMBOLS}: ${scenario}`, tookMs);
}

function scaleTargetOf({ scenario, symbols: count, pods, tookMs, targetMs }: ScaleRow): Target {
  return targetOf(`${scenario}, ${count} symbols, ${pods} Pods`, tookMs, targetMs);
}

/** The design promises one figure each and hopes for no other. */
function targetOf(text: string, measured: number, targetMs: number): Target {
  return { text, measured, atLeast: targetMs, aim: targetMs, isCeiling: true, unit: 'ms' };
}
