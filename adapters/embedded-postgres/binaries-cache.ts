/**
 * A copy of the Postgres programs that the server's account can reach. They are run by root's engine, so that nobody
 * else may be able to put or change a file there: a cache folder is used only when it, what it holds and (for root)
 * everything above it belong to us and are writable by us alone; a folder somebody made beforehand is refused.
 */
import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ancestorsOf } from './account.ts';
import { errorCode, unlessMissing } from './files.ts';
import { restoreLibraryLinks } from './library-links.ts';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Where copies may go, the best place first. */
export function cacheFolders(serverFolder: string): string[] {
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return ['/var/cache/coinpilot', '/var/lib/coinpilot/cache', join(tmpdir(), 'coinpilot-cache-0')];
  const userCache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return [join(userCache, 'coinpilot'), join(serverFolder, 'cache')];
}

/** Makes the folder when it is not there. Throws when it can't, or when somebody else could write into it. */
export async function openCacheFolder(cacheFolder: string): Promise<void> {
  await mkdir(dirname(cacheFolder), { recursive: true });
  try {
    await mkdir(cacheFolder, { mode: 0o755 });
    // The mode is set again because the umask takes bits away.
    await chmod(cacheFolder, 0o755);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  await requireOnlyOurs(cacheFolder);
}

/** The root of the copy, the same at the next start; made only when it is not there yet. */
export async function copyToCache(options: { packageFolder: string; cacheFolder: string }): Promise<string> {
  const { version } = JSON.parse(await readFile(join(options.packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(options.cacheFolder, `postgres-${version}-${process.platform}-${process.arch}`);
  if ((await unlessMissing(lstat(copy))) === undefined) {
    const incomplete = await mkdtemp(join(options.cacheFolder, '.incomplete-'));
    try {
      await copyTree(join(options.packageFolder, 'native'), join(incomplete, 'native'));
      await restoreLibraryLinks(incomplete);
      await chmod(incomplete, 0o755);
      await rename(incomplete, copy);
    } catch (error) {
      await rm(incomplete, { recursive: true, force: true });
      // Another process finished the same copy first; its is as good.
      if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOTEMPTY') throw error;
    }
  }
  await requireOnlyOurs(copy);
  return copy;
}

export async function removeFromCache(copy: string): Promise<void> {
  await rm(copy, { recursive: true, force: true });
}

/** Regular files and folders, readable by all whatever the modes of the original (npm keeps the installer's umask). */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target);
      await chmod(target, (await lstat(source)).mode & 0o100 ? 0o755 : 0o644);
    }
  }
}

async function requireOnlyOurs(folder: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  const own = await lstat(folder);
  if (!own.isDirectory() || own.uid !== uid || (own.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new Error(`${folder} is not a folder that only this user can write to`);
  }
  if (uid !== 0) return;
  for (const ancestor of ancestorsOf(await realpath(folder)).slice(1)) {
    const above = await lstat(ancestor);
    // In a sticky folder nobody can rename or remove what is root's.
    const replaceable = (above.mode & WRITABLE_BY_OTHERS) !== 0 && (above.mode & STICKY) === 0;
    if (above.uid !== 0 || replaceable) throw new Error(`${folder} lies in ${ancestor}, which is not root's alone`);
  }
}
