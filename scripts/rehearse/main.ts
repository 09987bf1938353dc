/** `npm run rehearse`: Kubernetes' life cycle with real processes and without a cluster. The table, or JSON, is standard output. */
import { renderOverlay } from '../k8s/render.ts';
import type { KubernetesObject } from './objects.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { rehearse } from './rehearsal.ts';
import { tableOf } from './report.ts';

const FACTOR = 30;
const OVERLAY = 'dev';

async function main(parameters: readonly string[]): Promise<number> {
  const { phases, logs, isJson, isHelp } = parseOptions(parameters);
  if (isHelp) {
    console.log(USAGE);
    return 0;
  }
  if (process.platform !== 'linux')
    throw new UsageError('every Pod has a loopback address of its own: this needs Linux');
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
  const objects = renderOverlay(OVERLAY).objects as unknown as readonly KubernetesObject[];
  const say = (text: string): void => console.error(text);
  const { rows, notes, faults } = await rehearse({ objects, phases, logs, factor: FACTOR, say, signal: ending.signal });
  const all = [...rows.flatMap((row) => row.faults.map((fault) => `${row.title}: ${fault}`)), ...faults];
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  const commands = rows.reduce((sum, row) => sum + row.commands, 0);
  if (isJson) console.log(JSON.stringify({ ok: all.length === 0, rows, notes, faults: all }));
  else {
    console.log(`\n${tableOf(rows)}\n\n${notes.join('\n')}\n`);
    if (all.length > 0) console.log(`faults:\n${all.join('\n')}\n`);
    console.log(`${commands} commands, ${failed} failed, ${all.length} faults: ${all.length === 0 ? 'OK' : 'FAILED'}`);
  }
  return all.length === 0 ? 0 : 1;
}

/** What a phase that was given up still waits for must not keep the process. */
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
    process.exit(isUsage ? 2 : 1);
  },
);
