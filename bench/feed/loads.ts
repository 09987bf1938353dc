/** Deliveries a second and latency: every contender with the same clients, in turn. */
import { type Contender, interleave, type Slice } from '../harness/interleave.ts';
import type { Row, SuiteContext } from '../harness/suite.ts';
import type { Clients } from './clients/clients.ts';
import { Contestant } from './contestant.ts';
import { BASELINE, type LoadScenario } from './scenarios.ts';
import type { DesignName } from './server/fan-out.ts';

const BATCHES_AHEAD_MAX = 2;
/** Of single events as many may wait as of batches. */
const SINGLES_AHEAD_MAX = 32;
const TICK_MS = 100;
const TIMES = { rounds: 3, warmUpMs: 250, sliceMs: 400, pacedRounds: 2, pacedMs: 1_200, pacedWarmUpMs: 300 };
const QUICK_TIMES = { ...TIMES, rounds: 2, sliceMs: 200, pacedMs: 600 };

export async function measureLoads(
  scenarios: readonly LoadScenario[],
  designs: readonly DesignName[],
  { clients, context }: { readonly clients: Clients; readonly context: SuiteContext },
): Promise<{ readonly rows: readonly Row[]; readonly notes: readonly string[] }> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const takesPart = designs.filter((design) => scenarios.some(({ isFor }) => isFor?.(design) ?? true));
  const all = await Promise.all(takesPart.map((design) => Contestant.open(design, clients)));
  try {
    for (const scenario of scenarios) {
      context.progress(`feed ${scenario.name}`);
      const taking = all.filter(({ name }) => scenario.isFor?.(name) ?? true);
      for (const one of taking) await one.readersUpTo(scenario.clients);
      const measured = await measure(scenario, taking, context);
      context.finished(measured);
      rows.push(...measured);
      notes.push(`${scenario.name}: processor time, µs a delivery, server + clients: ${taking.map(costOf).join(', ')}`);
    }
  } finally {
    for (const one of all) await one.close();
  }
  const slow = all.find(({ name, library }) => name === 'coinpilot' && library === 'ws');
  if (slow !== undefined) notes.push('uWebSockets.js does not run here: coinpilot is the same as coinpilot-ws');
  return { rows, notes };
}

function costOf(one: Contestant): string {
  const { server, clients } = one.takeCpuMicros();
  return `${one.name} ${server.toFixed(2)} + ${clients.toFixed(2)}`;
}

function measure(scenario: LoadScenario, all: readonly Contestant[], context: SuiteContext): Promise<readonly Row[]> {
  const times = context.isQuick ? QUICK_TIMES : TIMES;
  const isPaced = scenario.batch === undefined;
  return interleave({
    scenario: scenario.name,
    contenders: all.map((one) => contender(scenario, one)),
    baseline: BASELINE,
    rounds: context.rounds ?? (isPaced ? times.pacedRounds : times.rounds),
    warmUpMs: isPaced ? times.pacedWarmUpMs : times.warmUpMs,
    sliceMs: isPaced ? times.pacedMs : times.sliceMs,
  });
}

function contender({ batch }: LoadScenario, one: Contestant): Contender {
  const slice = (durationMs: number): Promise<Slice> => {
    if (batch === undefined) return one.pace(Math.round(durationMs / TICK_MS));
    return one.saturate({ durationMs, batch, batchesAheadMax: batch === 1 ? SINGLES_AHEAD_MAX : BATCHES_AHEAD_MAX });
  };
  return { name: one.name, slice, verdict: async () => one.verdict() };
}
