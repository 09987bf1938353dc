/** `coinpilot migrate`: brings a database to this version. Safe to run anywhere, any number of times, at once. */
import { createLog } from '../adapters/log.ts';
import { migrate } from '../ledger/migrate.ts';
import { refuse } from '../protocol/errors.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { setting } from './find-engine.ts';
import { Problem, postgresUrl, type RawSettings, readSettingsFile } from './settings.ts';

const AWAY = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/;

export async function migrateCommand(flags: RawSettings): Promise<void> {
  const url = databaseUrl(flags);
  try {
    const applied = await migrate({ url, log: createLog({ level: 'warn' }) });
    const text = applied.length === 0 ? 'nothing to do: the database is up to date' : `applied ${applied.join(', ')}`;
    process.stdout.write(`${flags.json === true ? JSON.stringify({ ok: true, applied }) : text}\n`);
  } catch (error) {
    const code = String((error as { code?: string }).code);
    const message = `the database could not be migrated: ${(error as Error).message || code}`;
    const away = AWAY.test(code);
    if (flags.json === true)
      process.stdout.write(`${JSON.stringify(refuse(away ? 'UNAVAILABLE' : 'REFUSED', message))}\n`);
    else process.stderr.write(`${message}\n`);
    process.exitCode = away ? EXIT.unavailable : EXIT.failed;
  }
}

/** From the flag, the environment or coinpilot.yaml. Throws UsageError when it is missing or no address of a Postgres. */
function databaseUrl(flags: RawSettings): string {
  const file = readSettingsFile(process.env.COINPILOT_CONFIG);
  const sources = { flags, environment: process.env, file, directory: process.cwd() };
  const typed = setting(sources, 'databaseUrl', ['DATABASE_URL']);
  if (typed === undefined)
    throw new UsageError('DATABASE_URL: name the Postgres to migrate, such as postgres://user@host/database');
  const url = postgresUrl(typed);
  if (url instanceof Problem) throw new UsageError(`DATABASE_URL: ${url.expected}`);
  return url;
}
