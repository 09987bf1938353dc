/**
 * npm packages can't hold symbolic links, so that the package lists its library links in native/pg-symlinks.json and
 * makes them in an install script. Install scripts may be blocked, so that we make them.
 */
import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode, readTextIfPresent } from './files.ts';

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** Safe while others do the same. Throws the file system's error, EROFS or EACCES in a folder that is not ours. */
export async function restoreLibraryLinks(packageFolder: string): Promise<void> {
  const list = await readTextIfPresent(join(packageFolder, 'native/pg-symlinks.json'));
  if (list === undefined) return;
  for (const { source, target } of JSON.parse(list) as LibraryLink[]) {
    try {
      await symlink(basename(source), join(packageFolder, target));
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}
