/**
 * `npm run bench:failover`: what clients notice when Pods are killed, drained, frozen, added and removed, and when the
 * broker goes away. Real processes, real Postgres with fsync, real nats-server. Ends with 1 when anything failed, was
 * lost, doubled or wrong; times are shown beside their targets.
 */
import { parseArgs } from 'node:util';
import { ExternalPostgres } from '../../test/support/external-postgres.ts';
import { symbols } from '../../test/support/wire.ts';
import type { LoadSettings } from './load.ts';
import type { Machine } from './machine.ts';
import { measure, type Row } from './measure.ts';
import { isClean, printTable, type Report } from './report.ts';
import { measureScale, type ScaleRow } from './scale.ts';
import { SCENARIOS } from './scenarios.ts';

const SYMBOLS = 24;
const ROUNDS = 5;
const LOAD: LoadSettings = { processes: 2, lanesPerProcess: 16, thinkMs: 40, warmUpMs: 3_000, settleMs: 2_000 };
const QUICK: LoadSettings = { ...LOAD, warmUpMs: 1_500, settleMs: 1_000 };
const MANY_SYMBOLS = 'symbols';
const NAMES = [...SCENARIOS.map(({ name }) => name), MANY_SYMBOLS];

const USAGE = `usage: npm run bench:failover -- [--json] [--quick] [--rounds N] [--scenario ${NAMES.join('|')}]…`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        scenario: { type: 'string', multiple: true, default: NAMES },
      },
    });
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { values: options } = readOptions();
const rounds = Number(options.rounds ?? (options.quick ? 1 : ROUNDS));
const unknown = options.scenario.filter((name) => !NAMES.includes(name));
if (!Number.isInteger(rounds) || rounds < 1 || unknown.length > 0) {
  console.error(USAGE);
  process.exit(2);
}

const postgres = await ExternalPostgres.start({ isDurable: true });
// Pods and broker end with this process; the server outlives it by design.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void postgres.remove().finally(() => process.exit(1)));
}
const rows: Row[] = [];
const scale: ScaleRow[] = [];
let machine: Machine | undefined;
const report = (): Report => ({ machine, rows, scale });
try {
  await run();
  process.exitCode = isClean(report()) ? 0 : 1;
} finally {
  // A scenario that could not run ends the process with its error; what was measured before it is worth reading.
  printTable(report());
  await postgres.remove();
}
if (options.json) console.log(JSON.stringify(report()));

async function run(): Promise<void> {
  for (const scenario of SCENARIOS) {
    if (!options.scenario.includes(scenario.name)) continue;
    console.error(`measuring: ${scenario.title}, ${rounds} rounds`);
    const load = options.quick ? QUICK : LOAD;
    const measured = await measure(scenario, { postgres, symbols: symbols(SYMBOLS), rounds, load });
    machine = measured.machine;
    rows.push(measured.row);
  }
  if (options.scenario.includes(MANY_SYMBOLS)) {
    console.error('measuring: many symbols');
    scale.push(...(await measureScale(postgres)));
  }
}
