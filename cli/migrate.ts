/** `coinpilot migrate`: brings a database to this version. Safe to run anywhere, any number of times, at once. */
import { createLog } from '../adapters/log.ts';
import { migrate } from '../ledger/migrate.ts';
import { EXIT, UsageError } from './exit-codes.ts';

export async function migrateCommand(options: { databaseUrl?: string; json?: boolean }): Promise<void> {
  const url = options.databaseUrl ?? process.env.COINPILOT_DATABASE_URL ?? process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new UsageError('DATABASE_URL: name the Postgres to migrate, such as postgres://user@host/database');
  }
  try {
    const applied = await migrate({ url, log: createLog({ level: 'warn' }) });
    const text = applied.length === 0 ? 'nothing to do: the database is up to date' : `applied ${applied.join(', ')}`;
    process.stdout.write(`${options.json ? JSON.stringify({ ok: true, applied }) : text}\n`);
  } catch (error) {
    const message = (error as Error).message || String((error as { code?: string }).code);
    process.stderr.write(`the database could not be migrated: ${message}\n`);
    process.exitCode = /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/.test(`${(error as { code?: string }).code}`)
      ? EXIT.unavailable
      : EXIT.failed;
  }
}
