/**
 * The same load over ever more symbols. Each number of symbols is a Pod in a process of its own, because part of what
 * many symbols cost is a larger heap; their slices are interleaved like those of any contenders.
 */
import { Child } from '../harness/child.ts';
import type { Law } from '../harness/draw.ts';
import { type Contender, interleave } from '../harness/interleave.ts';
import type { Row, SuiteContext, Target } from '../harness/suite.ts';
import { createLedger } from '../ledger/database.ts';
import type { FromPod, ToPod } from './pod-protocol.ts';

export type GrowthLedger = 'memory' | 'postgres';

const SYMBOLS = [100, 1_000, 10_000];
const FEW = 100;
const MANY = 10_000;
/** A quick run does not wait for the start of many: it shows the way, not the figure that is promised. */
const QUICK_SYMBOLS = [100, 1_000];
const LAWS: readonly Law[] = ['evenly', 'zipf'];
const CALLERS = 2_048;
const ROUNDS = 4;
const SEED = 20_261_124;

interface Grown {
  readonly symbols: number;
  readonly pod: Child<ToPod, FromPod>;
}

/** The scenarios over this ledger: the laws by which symbols are drawn. */
export function growthScenarios(ledger: GrowthLedger): readonly string[] {
  return LAWS.map((law) => scenarioOf(ledger, law));
}

/** Measures those of the ledger's scenarios that are `chosen`. */
export async function measureGrowth(
  ledger: GrowthLedger,
  chosen: readonly string[],
  context: SuiteContext,
): Promise<{ rows: readonly Row[]; targets: readonly Target[] }> {
  const grown: Grown[] = [];
  const rows: Row[] = [];
  const targets: Target[] = [];
  try {
    for (const symbols of context.isQuick ? QUICK_SYMBOLS : SYMBOLS) {
      context.progress(`${ledger} ledger: ${symbols} symbols start`);
      const pod: Grown['pod'] = new Child('./pod-process.ts', import.meta.url);
      grown.push({ symbols, pod });
      const databaseUrl =
        ledger === 'memory' ? undefined : await createLedger(await context.postgres(), `growth_${symbols}`, symbols);
      await pod.ask({ type: 'open', symbols, databaseUrl, seed: SEED }, 'opened');
    }
    for (const law of LAWS) {
      const scenario = scenarioOf(ledger, law);
      if (!chosen.includes(scenario)) continue;
      context.progress(scenario);
      const measured = await measureLaw(scenario, law, grown, context);
      rows.push(...measured);
      if (grown.some(({ symbols }) => symbols === MANY)) targets.push(targetOf(scenario, measured));
    }
    return { rows, targets };
  } finally {
    await Promise.all(grown.map(({ pod }) => pod.stop({ type: 'stop' })));
  }
}

function measureLaw(
  scenario: string,
  law: Law,
  grown: readonly Grown[],
  context: SuiteContext,
): Promise<readonly Row[]> {
  return interleave({
    scenario,
    contenders: grown.map((one) => contend(one, law)),
    baseline: nameOf(FEW),
    rounds: context.rounds ?? (context.isQuick ? 2 : ROUNDS),
    warmUpMs: context.isQuick ? 300 : 500,
    sliceMs: context.isQuick ? 250 : 400,
  });
}

function contend({ symbols, pod }: Grown, law: Law): Contender {
  return {
    name: nameOf(symbols),
    slice: async (durationMs) => (await pod.ask({ type: 'load', law, callers: CALLERS, durationMs }, 'loaded')).slice,
    verdict: async () => (await pod.ask({ type: 'audit' }, 'audited')).verdict,
  };
}

function targetOf(scenario: string, rows: readonly Row[]): Target {
  const ratio = rows.find(({ contender }) => contender === nameOf(MANY))?.ratio ?? Number.NaN;
  return {
    text: `${nameOf(MANY)} against ${FEW}, ${scenario}`,
    atLeast: 70,
    aim: 90,
    measured: 100 * ratio,
    unit: '%',
  };
}

function scenarioOf(ledger: GrowthLedger, law: Law): string {
  return `growth/${ledger}/${law}`;
}

function nameOf(symbols: number): string {
  return `${symbols} symbols`;
}
