/** What it takes to tell thousands of clients the same: the feed as shipped beside the loop that a team writes first. */
import { isAsked, type Row, type Suite, type SuiteContext, type SuiteResult } from '../harness/suite.ts';
import { Clients } from './clients/clients.ts';
import { measureLoads } from './loads.ts';
import { measureMemory } from './memory.ts';
import { insistOnOpenFiles } from './open-files.ts';
import {
  BASELINE,
  CONTENDERS,
  LOADS,
  MEMORY,
  QUICK_SCENARIOS,
  SCENARIOS,
  SIDE_CONTENDERS,
  STALLED,
} from './scenarios.ts';
import { measureStalled } from './stalled.ts';
import { targets } from './targets.ts';

const CLIENTS_MAX = 5_000;
/** Everything together is promised to take 15 minutes at most: after so many, only one round is left. */
const SHORTEST_AFTER_MS = 13 * 60_000;

export const feed: Suite = {
  name: 'feed',
  title: 'messages to thousands of clients of the live feed',
  baseline: BASELINE,
  scenarios: SCENARIOS,
  contenders: CONTENDERS,
  shortened: (tookMs) => (tookMs > SHORTEST_AFTER_MS ? { rounds: 1, scenarios: QUICK_SCENARIOS } : {}),
  run,
};

async function run(context: SuiteContext): Promise<SuiteResult> {
  const chosen = context.scenarios.length > 0 ? context.scenarios : context.isQuick ? QUICK_SCENARIOS : SCENARIOS;
  const loads = LOADS.filter(({ name }) => chosen.includes(name));
  const clientsMax = Math.max(chosen.includes(MEMORY) ? CLIENTS_MAX : 0, ...loads.map(({ clients }) => clients));
  insistOnOpenFiles({ clients: clientsMax, contenders: SIDE_CONTENDERS.length });
  const asked = CONTENDERS.filter((name) => isAsked(name, BASELINE, context));
  const aside = SIDE_CONTENDERS.filter((name) => asked.includes(name));
  const rows: Row[] = [];
  const notes: string[] = [];
  const clients = new Clients();
  try {
    const arena = { clients, context };
    if (loads.length > 0) {
      const measured = await measureLoads(loads, asked, arena);
      rows.push(...measured.rows);
      notes.push(...measured.notes);
    }
    if (chosen.includes(MEMORY)) rows.push(...(await measureMemory(aside, arena)));
    if (chosen.includes(STALLED)) {
      const measured = await measureStalled(aside, arena);
      rows.push(...measured.rows);
      notes.push(...measured.notes);
    }
  } finally {
    await clients.close();
  }
  return { rows, targets: targets(rows), notes };
}
