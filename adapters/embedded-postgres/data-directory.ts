/**
 * Makes the data directory and its password. It is made under another name and renamed when complete: a data directory
 * that exists is a complete one, and what an interrupted start left behind is removed and made again.
 */
import { randomBytes } from 'node:crypto';
import { chown, lchown, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TerminalError } from '../../protocol/errors.ts';
import type { Binaries } from './binaries.ts';
import { runCommand } from './command.ts';
import type { DataHome } from './data-home.ts';
import { readTextIfPresent, syncFolder, writeFileDurably } from './files.ts';

export const SUPERUSER = 'postgres';

const UNFINISHED = 'unfinished-';
const PASSWORD_BYTES = 24;

/** The superuser's password: made with the first data directory, then kept. 0600 in the launcher's folder. */
export async function readPassword(serverFolder: string, home: DataHome): Promise<string> {
  const path = join(serverFolder, 'password');
  const kept = (await readTextIfPresent(path))?.trim();
  if (kept) return kept;
  if (home.hasData) {
    throw new TerminalError(`the password of the Postgres data in ${home.dataFolder} is missing: restore ${path}`);
  }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await writeFileDurably(path, `${password}\n`, 0o600);
  return password;
}

/** The major version that made the data. */
export async function dataMajorVersion(dataFolder: string): Promise<number> {
  return Number((await readFile(join(dataFolder, 'PG_VERSION'), 'utf8')).trim());
}

/** Runs initdb. `isDurable: false` leaves out the final fsync, for test servers. */
export async function initializeData(options: {
  home: DataHome;
  binaries: Binaries;
  password: string;
  isDurable: boolean;
}): Promise<void> {
  const { home, binaries } = options;
  await removeUnfinished(home.folder);
  const unfinished = await mkdtemp(join(home.folder, UNFINISHED));
  const passwordFile = `${unfinished}.password`;
  try {
    await writeFile(passwordFile, `${options.password}\n`, { flag: 'wx', mode: 0o600 });
    if (home.account.changesUser) {
      await chown(passwordFile, home.account.uid, home.account.gid);
      await lchown(unfinished, home.account.uid, home.account.gid);
    }
    const parameters = [
      ['-D', unfinished],
      ['-U', SUPERUSER],
      ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
      ['-E', 'UTF8', '--no-locale', '--data-checksums', '--no-instructions'],
      options.isDurable ? [] : ['--no-sync'],
    ].flat();
    const { succeeded, output } = await runCommand(join(binaries.folder, 'initdb'), parameters, home.account);
    if (!succeeded) throw new TerminalError(`initdb could not make the Postgres data in ${home.folder}: ${output}`);
    await rename(unfinished, home.dataFolder);
    await syncFolder(home.folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    // An initdb that outlived its engine may still be writing; retried until it notices and ends.
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 10 });
  }
}
