/** What a connection takes that is subscribed and hears nothing: growth of a server in a process of its own. */
import type { Row, SuiteContext } from '../harness/suite.ts';
import type { Clients } from './clients/clients.ts';
import { withContestants } from './contestant.ts';
import { MEMORY } from './scenarios.ts';
import type { DesignName } from './server/fan-out.ts';
import { ownBytes } from './server/settled-memory.ts';

export const MEMORY_IN_USE = `${MEMORY}: in use`;
const ORDER = [MEMORY_IN_USE, `${MEMORY}: heap alone`, `${MEMORY}: resident`];

const CLIENTS = 5_000;
const QUICK_CLIENTS = 1_000;
/** Connected before the first look: code is compiled and pools are filled by then, which belongs to no connection. */
const FIRST = 500;
const KILOBYTE = 1_000;

export async function measureMemory(
  designs: readonly DesignName[],
  { clients, context }: { readonly clients: Clients; readonly context: SuiteContext },
): Promise<readonly Row[]> {
  const count = context.isQuick ? QUICK_CLIENTS : CLIENTS;
  const rows: Row[] = [];
  const growth = (count - FIRST) * KILOBYTE;
  await withContestants(designs, clients, async (one) => {
    context.progress(`feed ${MEMORY} ${one.name}`);
    await one.readersUpTo(FIRST);
    const before = await one.memory();
    await one.readersUpTo(count);
    const after = await one.memory();
    rows.push(figure(MEMORY_IN_USE, one.name, (ownBytes(after) - ownBytes(before)) / growth));
    rows.push(figure(`${MEMORY}: heap alone`, one.name, (after.heapBytes - before.heapBytes) / growth));
    rows.push(figure(`${MEMORY}: resident`, one.name, (after.residentBytes - before.residentBytes) / growth));
  });
  rows.sort((a, b) => ORDER.indexOf(a.scenario) - ORDER.indexOf(b.scenario));
  context.finished(rows);
  return rows;
}

function figure(scenario: string, contender: DesignName, value: number): Row {
  return {
    scenario,
    contender,
    opsPerSecond: null,
    p50Ms: null,
    p99Ms: null,
    lost: null,
    ratio: null,
    figure: { value, unit: 'kB/client' },
  };
}
