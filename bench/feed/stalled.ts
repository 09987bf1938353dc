/**
 * Some clients stop reading, and the others are looked at: first while those do not read, then after they have read again
 * and everybody does. The server's memory is looked at when everything it could hold for those who do not read is there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Slice } from '../harness/interleave.ts';
import { percentile } from '../harness/statistics.ts';
import type { Row, SuiteContext } from '../harness/suite.ts';
import type { Clients } from './clients/clients.ts';
import type { Tally } from './clients/group.ts';
import { type Contestant, withContestants } from './contestant.ts';
import { STALLED } from './scenarios.ts';
import type { DesignName } from './server/fan-out.ts';
import { ownBytes } from './server/settled-memory.ts';

export const STALLED_WITH = `${STALLED}: others`;
export const STALLED_WITHOUT = `${STALLED}: nobody`;
export const STALLED_MEMORY = `${STALLED}: memory`;

const CLIENTS = 1_000;
const SLEEPERS = 20;
const SLEEPING = 'sleeping';
/** The kernel takes some five megabytes for a client that does not read: so many decisions are well over it. */
const EVENTS = 4_500;
/** Read before the first look at the memory: what the feed remembers of a stream belongs to no client. */
const WARM_UP_EVENTS = 1_000;
const TICKS = 15;
const WARM_UP_TICKS = 4;
const KILOBYTE = 1_000;
/** Who reads again has read everything when nothing more has come for so long. */
const QUIET_MS = 300;
const QUIET_MS_MAX = 10_000;

interface Measured {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

export async function measureStalled(
  designs: readonly DesignName[],
  { clients, context }: { readonly clients: Clients; readonly context: SuiteContext },
): Promise<Measured> {
  const rows: Row[] = [];
  const notes: string[] = [];
  await withContestants(designs, clients, async (one) => {
    context.progress(`feed ${STALLED} ${one.name}`);
    const measured = await measureOne(one);
    rows.push(...measured.rows);
    notes.push(...measured.notes);
  });
  const order = [STALLED_WITH, STALLED_WITHOUT, STALLED_MEMORY];
  rows.sort((a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario));
  context.finished(rows);
  return { rows, notes };
}

async function measureOne(one: Contestant): Promise<Measured> {
  await one.connect(SLEEPING, SLEEPERS);
  await one.begin(SLEEPING);
  await one.push(WARM_UP_EVENTS);
  await quiet(one);
  const before = await one.memory();
  await one.begin(SLEEPING);
  await one.tell('stop-reading', SLEEPING);
  const { dropped } = await one.push(EVENTS);
  const after = await one.memory();
  await one.readersUpTo(CLIENTS - SLEEPERS);
  await one.pace(WARM_UP_TICKS);
  const others = await one.pace(TICKS);
  await one.setAwake(true);
  await one.tell('read-again', SLEEPING);
  const caughtUp = await quiet(one);
  await one.setAwake(false);
  await one.begin(SLEEPING);
  const nobody = await one.pace(TICKS);
  const { fewest, broken } = await one.tally(SLEEPING);
  const { lost, faults } = one.verdict();
  const all = [...faults];
  if (broken > 0) all.push(`${broken} connections of clients that did not read were closed`);
  else if (fewest < TICKS) all.push(`a client that read again heard ${fewest} of the next ${TICKS} messages`);
  if (dropped > 0 && caughtUp.resynced < SLEEPERS) {
    all.push(`of ${SLEEPERS} clients for which messages were dropped ${caughtUp.resynced} got a snapshot`);
  }
  const heldBytes = (ownBytes(after) - ownBytes(before)) / SLEEPERS;
  return {
    rows: [
      { ...rowOf(STALLED_WITH, one, others), lost, ...(all.length === 0 ? {} : { faults: all }) },
      rowOf(STALLED_WITHOUT, one, nobody),
      { ...emptyRow(STALLED_MEMORY, one), figure: { value: heldBytes / KILOBYTE, unit: 'kB/stalled' } },
    ],
    notes: [
      `${STALLED}: ${one.name} dropped ${dropped} of ${EVENTS * SLEEPERS} messages for ${SLEEPERS} that did not read; ` +
        `${caughtUp.resynced} of them got ${caughtUp.snapshots} snapshots when they read again, and ${caughtUp.total} messages`,
    ],
  };
}

/** Waits until those who read again have read all that waited for them. */
async function quiet(one: Contestant): Promise<Tally> {
  const endsAt = performance.now() + QUIET_MS_MAX;
  let before = await one.tally(SLEEPING);
  for (;;) {
    await delay(QUIET_MS);
    const now = await one.tally(SLEEPING);
    if (now.bytes === before.bytes || performance.now() > endsAt) return now;
    before = now;
  }
}

function rowOf(scenario: string, one: Contestant, { operations, elapsedMs, latenciesMs }: Slice): Row {
  const sorted = Float64Array.from(latenciesMs).sort();
  const opsPerSecond = (operations / elapsedMs) * 1_000;
  return {
    ...emptyRow(scenario, one),
    opsPerSecond,
    rates: [opsPerSecond],
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

function emptyRow(scenario: string, { name }: Contestant): Row {
  return { scenario, contender: name, opsPerSecond: null, p50Ms: null, p99Ms: null, lost: null, ratio: null };
}
