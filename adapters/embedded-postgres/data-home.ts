/**
 * Where the data directory lies: in the state folder, else (root, and the account that runs Postgres can't enter the
 * state folder) in a folder of its own that a pointer file in the state folder names. Data that a pointer promises and
 * that is not there is an error, never a reason to start empty.
 */
import { chmod, lchown, lstat, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { canReach, type ServerAccount, serverAccount } from './account.ts';
import { describeError, readTextIfPresent, unlessMissing, writeFileDurably } from './files.ts';

export interface DataHome {
  /** Holds the data directory and, while one is being made, its unfinished form. A real path. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly account: ServerAccount;
  /** False when the data directory is still to be made. */
  readonly hasData: boolean;
}

interface HomeSearch {
  readonly serverFolder: string;
  readonly fallbackFolders: readonly string[];
  readonly log: Log;
}

const POINTER = 'data-directory';

/** Folders for data that can't lie in the state folder, the most lasting first. */
export const DATA_FALLBACK_FOLDERS: readonly string[] = ['/var/lib/coinpilot', '/var/tmp', tmpdir()];

/** The launcher's own folder in the state folder; a real path, so that processes can be compared with it. */
export async function openServerFolder(stateDirectory: string): Promise<string> {
  const folder = join(resolve(stateDirectory), 'postgres');
  await mkdir(folder, { recursive: true });
  // As root: passable for the server's account whatever the umask. Files inside that hold secrets have their own modes.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  return realpath(folder);
}

/** Finds existing data, or prepares a place for new data. */
export async function findDataHome(search: HomeSearch): Promise<DataHome> {
  const pointer = join(search.serverFolder, POINTER);
  const remembered = (await readTextIfPresent(pointer))?.trim();
  const folder = remembered === undefined ? search.serverFolder : await unlessMissing(realpath(remembered));
  const dataFolder = folder === undefined ? undefined : join(folder, 'data');
  const owner = dataFolder === undefined ? undefined : await unlessMissing(lstat(dataFolder));
  if (folder !== undefined && dataFolder !== undefined && owner !== undefined) {
    const account = await accountOfData({ folder, dataFolder, owner });
    return { folder, dataFolder, account, hasData: true };
  }
  if (remembered !== undefined) {
    throw new TerminalError(
      `the Postgres data in ${remembered} is gone, and ${pointer} says it was there: restore it, or remove that file to start empty`,
    );
  }
  return newDataHome(search);
}

/** Called when the data directory is complete, so that a pointer never promises data that was not made. */
export async function rememberDataHome(serverFolder: string, home: DataHome): Promise<void> {
  if (home.folder !== serverFolder) await writeFileDurably(join(serverFolder, POINTER), `${home.folder}\n`, 0o644);
}

async function accountOfData(data: {
  folder: string;
  dataFolder: string;
  owner: { uid: number; gid: number };
}): Promise<ServerAccount> {
  const account = await serverAccount(data.owner);
  if (account.uid !== data.owner.uid) {
    throw new TerminalError(
      `the Postgres data in ${data.dataFolder} belongs to user ${data.owner.uid} and this is user ${account.uid}: run as that user or as root, or use another state folder`,
    );
  }
  if (!(await canReach(data.folder, account))) {
    throw new TerminalError(
      `the Postgres data in ${data.dataFolder} belongs to user ${account.uid}, who can not enter a folder above it: allow that (chmod o+x), or use another state folder`,
    );
  }
  return account;
}

async function newDataHome(search: HomeSearch): Promise<DataHome> {
  const account = await serverAccount();
  const homeIn = (folder: string): DataHome => ({ folder, dataFolder: join(folder, 'data'), account, hasData: false });
  if (!account.changesUser) return homeIn(search.serverFolder);
  const refused: string[] = [];
  try {
    await requireUsable(search.serverFolder, account);
    return homeIn(search.serverFolder);
  } catch (error) {
    refused.push(describeError(error));
  }
  for (const fallback of search.fallbackFolders) {
    try {
      const folder = await makeFallbackHome(fallback, account, search.serverFolder);
      search.log.warn(
        { dataFolder: folder, stateFolder: search.serverFolder },
        'Postgres can not enter the state folder, so its data lies elsewhere and must be kept with it',
      );
      return homeIn(folder);
    } catch (error) {
      refused.push(describeError(error));
    }
  }
  throw new TerminalError(`no folder for the Postgres data; use another state folder. Tried: ${refused.join('; ')}`);
}

/** A folder with a name nobody can have prepared, made by us and writable by us alone. */
async function makeFallbackHome(fallback: string, account: ServerAccount, serverFolder: string): Promise<string> {
  await mkdir(fallback, { recursive: true });
  const folder = await mkdtemp(join(await realpath(fallback), 'coinpilot-postgres-'));
  try {
    await chmod(folder, 0o711);
    await requireUsable(folder, account);
    await writeFile(join(folder, 'state-folder'), `${serverFolder}\n`);
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The account can enter it, and a folder in it can be given to the account (not so on some network mounts). */
async function requireUsable(folder: string, account: ServerAccount): Promise<void> {
  if (!(await canReach(folder, account))) throw new Error(`${folder} can not be entered by user ${account.uid}`);
  const trial = await mkdtemp(join(folder, 'trial-'));
  try {
    await lchown(trial, account.uid, account.gid);
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
