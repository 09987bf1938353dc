/**
 * `coinpilot doctor`: what is there, what is missing, what to do. It only looks: nothing is started, changed or copied,
 * and no password or token is printed.
 */
import { type Check, guarded, note } from './doctor-check.ts';
import { checkStateFolder } from './doctor-engines.ts';
import {
  checkNode,
  checkPorts,
  checkPostgresPrograms,
  checkSettingsFile,
  checkTestPrograms,
} from './doctor-machine.ts';
import { checkBus, checkLedger } from './doctor-services.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { type Sources, STATE_ROOT, setting, stateFolder, stateFolders } from './find-engine.ts';
import { type RawSettings, readSettingsFile } from './settings.ts';

const MARKS = { ok: '✓', problem: '✗', note: '·' } as const;

export async function doctor(flags: RawSettings): Promise<void> {
  const sources: Sources = {
    flags,
    environment: process.env,
    file: settingsOrNone(),
    directory: process.cwd(),
  };
  const checks = await runChecks(sources);
  const problems = checks.filter(({ status }) => status === 'problem').length;
  const shown = flags.json === true ? JSON.stringify({ ok: problems === 0, checks }) : report(checks);
  process.stdout.write(`${shown}\n`);
  process.exitCode = problems === 0 ? EXIT.ok : EXIT.failed;
}

export async function runChecks(sources: Sources): Promise<readonly Check[]> {
  const { environment, directory } = sources;
  const databaseUrl = setting(sources, 'databaseUrl', ['DATABASE_URL']);
  const natsUrl = setting(sources, 'natsUrl', ['NATS_URL']);
  const token = setting(sources, 'natsToken', ['NATS_TOKEN']);
  const prefix = setting(sources, 'prefix', []) ?? 'cp';
  const state = setting(sources, 'state', []);
  const folders = state === undefined ? stateFolders(directory) : [stateFolder(directory, state)];
  const running = folders.filter(({ alive }) => alive);
  const ports = running.flatMap(({ ready }) => [portOf(ready?.nats), portOf(ready?.http)]);
  const groups = await Promise.all([
    guarded('Node', async () => [checkNode()]),
    guarded('settings file', async () => [checkSettingsFile(environment)]),
    guarded('Postgres programs', async () => [await checkPostgresPrograms(databaseUrl === undefined)]),
    guarded('DATABASE_URL', async () =>
      databaseUrl === undefined
        ? [note('DATABASE_URL', 'not set: `up` runs its own Postgres')]
        : checkLedger('DATABASE_URL', databaseUrl),
    ),
    guarded('NATS_URL', async () =>
      natsUrl === undefined
        ? [note('NATS_URL', 'not set: `up` runs its own broker')]
        : checkBus('NATS_URL', {
            url: natsUrl,
            prefix,
            expectsEngine: false,
            ...(token === undefined ? {} : { token }),
          }),
    ),
    ...folders.map((folder) => guarded(folder.path, () => checkStateFolder(folder, prefix))),
    guarded(STATE_ROOT, async () =>
      folders.length > 0
        ? []
        : [note('state folders', `none under ${STATE_ROOT}`, 'coinpilot up makes one and starts')],
    ),
    guarded('ports', () => checkPorts(ports)),
    guarded('test programs', async () => checkTestPrograms(environment)),
  ]);
  return groups.flat();
}

/** A finding a line, what to do below it. */
export function report(checks: readonly Check[]): string {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const shown = checks.flatMap(({ name, status, detail, todo }) => [
    `${MARKS[status]} ${name.padEnd(widest)}  ${detail}`,
    ...(todo === null ? [] : [`  ${' '.repeat(widest)}  → ${todo}`]),
  ]);
  const problems = checks.filter(({ status }) => status === 'problem').length;
  const sum =
    problems === 0 ? 'No problem found.' : `${problems} problem${problems === 1 ? '' : 's'}: see the lines with ✗.`;
  return [...shown, '', sum].join('\n');
}

/** A settings file that can't be read is a finding of its own, and must not keep the doctor from the others. */
function settingsOrNone(): RawSettings {
  try {
    return readSettingsFile(process.env.COINPILOT_CONFIG);
  } catch (error) {
    if (error instanceof UsageError) return {};
    throw error;
  }
}

function portOf(address: string | undefined): number {
  return address === undefined || !URL.canParse(address) ? 0 : Number(new URL(address).port);
}
