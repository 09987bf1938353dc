/** The dashboard as it is built, made anew when a source is newer: a test must not look at the page of yesterday. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = join(ROOT, 'gateway/dashboard');
const BUILT = join(PAGE, 'dist/index.html');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
/** What the page is made of beside its own folder. */
const SOURCES = [PAGE, join(ROOT, 'gateway/client'), join(ROOT, 'protocol'), join(ROOT, 'domain')];
const BUILD_MS_MAX = 120_000;

export async function buildDashboard(): Promise<void> {
  const builtAt = existsSync(BUILT) ? statSync(BUILT).mtimeMs : 0;
  if (SOURCES.every((folder) => newestOf(folder) <= builtAt)) return;
  const options = ['build', '--config', 'scripts/vite-dashboard.ts', '--logLevel', 'warn'];
  // Vitest says that this is a test, and Vite would build a page for developers.
  const env = { ...process.env, NODE_ENV: 'production' };
  await run(process.execPath, [VITE, ...options], { cwd: ROOT, timeout: BUILD_MS_MAX, env });
}

/** Milliseconds since the epoch of the newest file below `folder`, what is built left out. */
function newestOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !relative(PAGE, entry.parentPath).startsWith('dist'),
  );
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
